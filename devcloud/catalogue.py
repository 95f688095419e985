"""What keystone knows: the projects and users of the cloud, the services' users, and the catalogue of
endpoints.

Also writes clouds.yaml, as every entry of it is one of these users.
"""

import yaml

from devcloud.identity import Login
from devcloud.settings import CLOUDS, KEYSTONE_URL, PASSWORD, REGION, Port, url

PROJECTS = {
    "tenant": {"tenant-member": "member", "tenant-manager": "manager", "tenant-reader": "reader"},
    "neighbour": {"neighbour-member": "member"},
}
"""Each project with its users and their roles."""

CLOUD_NAMES = {
    "devcloud-admin": ("admin", "admin"),
    "devcloud-member": ("tenant-member", "tenant"),
    "devcloud-manager": ("tenant-manager", "tenant"),
    "devcloud-reader": ("tenant-reader", "tenant"),
    "devcloud-other": ("neighbour-member", "neighbour"),
}
"""Each entry of clouds.yaml with its user and project; devcloud-appcred, of tenant-member, comes on top."""

ENDPOINTS = (
    ("glance", "image", url(Port.GLANCE)),
    ("swift", "object-store", url(Port.SWIFT, "/v1/AUTH_%(project_id)s")),
    ("cinder", "block-storage", url(Port.CINDER, "/v3")),
    ("barbican", "key-manager", url(Port.BARBICAN)),
    ("placement", "placement", url(Port.PLACEMENT)),
    ("nova", "compute", url(Port.NOVA, "/v2.1")),
    ("neutron", "network", url(Port.NEUTRON)),
    ("octavia", "load-balancer", url(Port.OCTAVIA)),
    ("designate", "dns", url(Port.DESIGNATE)),
)


def populate() -> None:
    admin = Login()
    roles = {role["name"]: role["id"] for role in admin.call("GET", "/roles")["roles"]}
    roles |= {"ResellerAdmin": admin.ensure("/roles", "role", name="ResellerAdmin")["id"]}
    service = admin.ensure("/projects", "project", name="service", domain_id="default")["id"]
    have = {(e["service_id"], e["interface"]) for e in admin.call("GET", "/endpoints")["endpoints"]}
    for name, kind, address in ENDPOINTS:
        _user(admin, name, service, [roles["admin"], roles["service"]])
        made = admin.ensure("/services", "service", name=name, type=kind)["id"]
        for interface in ("public", "internal"):
            if (made, interface) not in have:
                endpoint = {"interface": interface, "service_id": made, "url": address, "region_id": REGION}
                admin.call("POST", "/endpoints", {"endpoint": endpoint})
    for project, users in PROJECTS.items():
        made = admin.ensure("/projects", "project", name=project, domain_id="default")["id"]
        for name, role in users.items():
            _user(admin, name, made, [roles[role]])
    _write_clouds(_application_credential())


def _user(admin: Login, name: str, project: str, roles: list[str]) -> None:
    made = {"name": name, "domain_id": "default", "password": PASSWORD, "default_project_id": project}
    user = admin.ensure("/users", "user", **made)["id"]
    for role in roles:
        admin.call("PUT", f"/projects/{project}/users/{user}/roles/{role}")


def _application_credential() -> str:
    member = Login("tenant-member", "tenant")
    made = {"name": "devcloud", "secret": PASSWORD}
    return str(
        member.ensure(f"/users/{member.user_id}/application_credentials", "application_credential", **made)[
            "id"
        ]
    )


def _write_clouds(application_credential: str) -> None:
    common = {"region_name": REGION, "identity_api_version": 3, "interface": "public"}
    clouds: dict[str, object] = {}
    for cloud, (user, project) in CLOUD_NAMES.items():
        login = {"auth_url": KEYSTONE_URL, "username": user, "password": PASSWORD, "project_name": project}
        clouds[cloud] = common | {
            "auth": login | {"user_domain_id": "default", "project_domain_id": "default"}
        }
    credential = {
        "application_credential_id": application_credential,
        "application_credential_secret": PASSWORD,
    }
    clouds["devcloud-appcred"] = common | {
        "auth_type": "v3applicationcredential",
        "auth": {"auth_url": KEYSTONE_URL} | credential,
    }
    CLOUDS.write_text(yaml.safe_dump({"clouds": clouds}, sort_keys=False))
