"""A project with secrets, firewalls, tunnels and load balancers: made and removed by raw REST.

Nothing of the product is used here, so that what it says can be held against what is there.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import openstack

Body = dict[str, Any]
LIMIT = 240.0


class Raw:
    """One project, called as it is."""

    def __init__(self, cloud: str) -> None:
        connection = openstack.connect(cloud=cloud)
        self.session = connection.session
        access = self.session.auth.get_access(self.session)
        self.project, self.user = str(access.project_id), str(access.user_id)
        self._roots = {
            service: str(access.service_catalog.url_for(service_type=service, interface="public")).rstrip("/")
            for service in ("network", "load-balancer", "key-manager")
        }

    def call(self, method: str, service: str, path: str, body: Any = None) -> Any:
        root = self._roots[service]
        version = {"network": "/v2.0", "load-balancer": "/v2", "key-manager": "/v1"}[service]
        root = root if root.endswith(version) else root + version
        answer = self.session.request(root + path, method, json=body, raise_exc=False)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        told = "json" in answer.headers.get("Content-Type", "")
        return answer.json() if told and answer.content else answer.content

    def make(self, path: str, key: str, **said: Any) -> Body:
        service = "load-balancer" if path.startswith("/lbaas") else "network"
        made: Body = self.call("POST", service, path, {key: said})[key]
        return made

    def list(self, path: str) -> list[Body]:
        """Those of the project."""
        service = "load-balancer" if path.startswith("/lbaas") else "network"
        ((_, found),) = (
            (key, value)
            for key, value in self.call("GET", service, f"{path}?project_id={self.project}").items()
            if not key.endswith("_links")
        )
        return list(found)

    def secrets(self, kind: str) -> list[Body]:
        found = self.call("GET", "key-manager", f"/{kind}?limit=100")[kind]
        return [one | {"id": one[f"{kind[:-1]}_ref"].rpartition("/")[2]} for one in found]

    def settle(self) -> None:
        """Wait until no load balancer is at work."""
        self.until(lambda: all(one["provisioning_status"] == "ACTIVE" for one in self.list(BALANCERS)))

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + LIMIT
        while not true():
            assert time.monotonic() < end, "it did not come to be in time"
            time.sleep(0.5)


BALANCERS = "/lbaas/loadbalancers"
FIREWALL = ("/fwaas/firewall_groups", "/fwaas/firewall_policies", "/fwaas/firewall_rules")
TUNNEL = (
    "/vpn/ipsec-site-connections",
    "/vpn/vpnservices",
    "/vpn/endpoint-groups",
    "/vpn/ikepolicies",
    "/vpn/ipsecpolicies",
)
BALANCED = ("/lbaas/listeners", "/lbaas/pools", "/lbaas/healthmonitors", "/lbaas/l7policies")


def build(raw: Raw) -> None:
    refs = secrets(raw)
    ids = network(raw)
    firewall(raw, ids)
    tunnel(raw, ids)
    balancers(raw, ids, refs)
    raw.settle()


def secrets(raw: Raw) -> dict[str, str]:
    """Text, bytes, none; two of one name; one that expires; one that only some users may read."""

    def secret(**said: Any) -> str:
        return str(raw.call("POST", "key-manager", "/secrets", said)["secret_ref"])

    def below(ref: str, what: str, body: Body) -> None:
        raw.call("PUT", "key-manager", f"{ref[ref.index('/secrets') :]}/{what}", body)

    soon = (datetime.now(UTC) + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%S")
    text = {"payload_content_type": "text/plain"}
    binary = {"payload_content_type": "application/octet-stream", "payload_content_encoding": "base64"}
    phrase = secret(name="Schlüssel 1/2", payload="pässwörd ☃\n", secret_type="passphrase", **text)
    below(phrase, "metadata", {"metadata": {"zweck": "für alles", "k": "v"}})
    below(phrase, "acl", {"read": {"users": [raw.user, "0" * 32], "project-access": False}})
    key = secret(
        name="",
        payload=base64.b64encode(bytes(range(256)) * 3).decode(),
        secret_type="symmetric",
        algorithm="aes",
        bit_length=256,
        mode="cbc",
        expiration=soon,
        **binary,
    )
    twins = [secret(name="twin", payload=f"twin {n}", **text) for n in "12"]
    secret(name="empty")
    certificate, private = pair()
    held = secret(
        name="cert", payload=base64.b64encode(certificate).decode(), secret_type="certificate", **binary
    )
    opened = secret(name="key", payload=private.decode(), secret_type="private", **text)
    bundle = [("certificate", held), ("private_key", opened)]
    containers = []
    for said in (
        {
            "name": "tls ü",
            "type": "certificate",
            "secret_refs": [{"name": n, "secret_ref": r} for n, r in bundle],
        },
        {
            "name": "",
            "type": "generic",
            "secret_refs": [{"secret_ref": key}, {"name": "t", "secret_ref": twins[1]}],
        },
        {"name": "none", "type": "generic", "secret_refs": []},
    ):
        containers.append(raw.call("POST", "key-manager", "/containers", said)["container_ref"])
    return {"tls": str(containers[0])}


def pair() -> tuple[bytes, bytes]:
    """A certificate that signs itself, and its key, in PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.example.org")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=100))
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(encoding, form, serialization.NoEncryption())
    return certificate.public_bytes(encoding), private


def network(raw: Raw) -> dict[str, str]:
    """A net with two subnets on a router to the world."""
    outside = next(
        one["id"]
        for one in raw.call("GET", "network", "/networks?router:external=true")["networks"]
        if one["subnets"]
    )
    net = raw.make("/networks", "network", name="front")["id"]
    subnets = [
        raw.make("/subnets", "subnet", network_id=net, cidr=f"10.77.{n}.0/24", ip_version=4, name=f"sub{n}")[
            "id"
        ]
        for n in (1, 2)
    ]
    router = raw.make("/routers", "router", name="gate", external_gateway_info={"network_id": outside})["id"]
    legs = [
        raw.call("PUT", "network", f"/routers/{router}/add_router_interface", {"subnet_id": one})["port_id"]
        for one in subnets
    ]
    fixed = [{"subnet_id": subnets[0], "ip_address": "10.77.1.50"}]
    vip = raw.make("/ports", "port", network_id=net, name="vip of mine", fixed_ips=fixed)["id"]
    return {"outside": outside, "net": net, "sub1": subnets[0], "sub2": subnets[1], "router": router} | {
        "leg1": legs[0],
        "leg2": legs[1],
        "vip": vip,
    }


def firewall(raw: Raw, ids: dict[str, str]) -> None:
    """Rules at the edges, two alike; policies in an order that is not theirs; groups on legs of the router."""

    def rule(**said: Any) -> str:
        return str(raw.make(FIREWALL[2], "firewall_rule", **said)["id"])

    web = rule(
        name="wéb", action="allow", protocol="tcp", destination_port="80:443", source_ip_address="0.0.0.0/0"
    )
    rest = rule(name="", action="deny", protocol=None, description="was übrig bleibt")
    six = rule(
        name="six", ip_version=6, action="reject", protocol="udp", source_port="1:65535", enabled=False
    )
    twins = [
        rule(name="twin", action="allow", protocol="icmp", destination_ip_address="10.0.0.1") for _ in "12"
    ]
    policy = raw.make(
        FIREWALL[1],
        "firewall_policy",
        name="ordered",
        firewall_rules=[rest, twins[0], web, six],
        audited=True,
    )["id"]
    loose = raw.make(FIREWALL[1], "firewall_policy", name="", description="no rules", firewall_rules=[])["id"]
    raw.make(
        FIREWALL[0],
        "firewall_group",
        name="edge",
        ingress_firewall_policy_id=policy,
        egress_firewall_policy_id=loose,
        ports=[ids["leg1"], ids["leg2"]],
    )
    raw.make(
        FIREWALL[0], "firewall_group", name="idle", admin_state_up=False, egress_firewall_policy_id=policy
    )


def tunnel(raw: Raw, ids: dict[str, str]) -> None:
    """Two services with a tunnel each: by endpoint groups, and as it was done before those."""
    ike = raw.make(
        TUNNEL[3],
        "ikepolicy",
        name="ike",
        description="Schlüssel",
        auth_algorithm="sha512",
        encryption_algorithm="aes-256",
        ike_version="v2",
        pfs="group20",
        lifetime={"units": "seconds", "value": 7200},
    )["id"]
    ipsec = raw.make(
        TUNNEL[4],
        "ipsecpolicy",
        name="",
        auth_algorithm="sha256",
        encryption_algorithm="aes-192",
        transform_protocol="esp",
        encapsulation_mode="tunnel",
        pfs="group14",
        lifetime={"units": "seconds", "value": 1800},
    )["id"]
    near = raw.make(
        TUNNEL[2], "endpoint_group", name="near", type="subnet", endpoints=[ids["sub1"], ids["sub2"]]
    )
    far = raw.make(
        TUNNEL[2], "endpoint_group", name="far", type="cidr", endpoints=["10.200.1.0/24", "10.200.0.0/24"]
    )
    service = raw.make(TUNNEL[1], "vpnservice", name="hüb", router_id=ids["router"], description="d")["id"]
    raw.make(
        TUNNEL[0],
        "ipsec_site_connection",
        name="site",
        description="zur Zentrale",
        vpnservice_id=service,
        ikepolicy_id=ike,
        ipsecpolicy_id=ipsec,
        peer_address="198.51.100.9",
        peer_id="peer@example.org",
        local_id="us@example.org",
        local_ep_group_id=near["id"],
        peer_ep_group_id=far["id"],
        psk="geheim-ü-77",
        initiator="response-only",
        mtu=1400,
        dpd={"action": "restart", "interval": 20, "timeout": 60},
        admin_state_up=False,
    )


def balancers(raw: Raw, ids: dict[str, str], refs: dict[str, str]) -> None:
    """One that knows HTTP, on a port of ours and a second address; one that knows TCP, with a floating address."""
    monitor = {"type": "HTTP", "delay": 9, "timeout": 5, "max_retries": 4, "max_retries_down": 2}
    monitor |= {"url_path": "/gesund?a=1", "expected_codes": "200-204", "http_method": "HEAD", "name": "mön"}
    monitor |= {"http_version": 1.1, "domain_name": "www.example.org"}
    members = [
        {"address": "10.77.1.20", "protocol_port": 80, "weight": 0, "backup": True, "subnet_id": ids["sub1"]},
        {"address": "192.0.2.7", "protocol_port": 65535, "weight": 256, "name": "zwei", "tags": ["t"]},
    ]
    members[1] |= {"monitor_port": 9, "monitor_address": "192.0.2.8"}
    web = {"name": "web", "protocol": "HTTP", "lb_algorithm": "LEAST_CONNECTIONS", "members": members}
    web |= {"healthmonitor": monitor, "session_persistence": {"type": "APP_COOKIE", "cookie_name": "sid"}}
    spare = {"name": "", "protocol": "HTTP", "lb_algorithm": "SOURCE_IP", "description": "nameless"}
    spare |= {"session_persistence": {"type": "SOURCE_IP"}, "admin_state_up": False}
    header = {"type": "HEADER", "compare_type": "REGEX", "key": "X-Was", "value": "^ä.*$", "invert": True}
    path = {"type": "PATH", "compare_type": "STARTS_WITH", "value": "/api", "tags": ["r"]}
    policies = [
        {
            "name": "l7",
            "action": "REDIRECT_TO_URL",
            "redirect_url": "https://x.example/",
            "redirect_http_code": 308,
        },
        {"name": "l7", "action": "REJECT", "rules": [header], "admin_state_up": False},
    ]
    plain = {
        "name": "plain",
        "protocol": "HTTP",
        "protocol_port": 80,
        "connection_limit": 500,
        "l7policies": policies,
    }
    plain |= {"insert_headers": {"X-Forwarded-For": "true"}, "allowed_cidrs": ["10.0.0.0/8", "192.0.2.0/24"]}
    plain |= {"timeout_client_data": 12345, "timeout_tcp_inspect": 7, "default_pool": web, "tags": ["a", "ü"]}
    tls = {"name": "", "protocol": "TERMINATED_HTTPS", "protocol_port": 443, "admin_state_up": False}
    tls |= {
        "default_tls_container_ref": refs["tls"],
        "sni_container_refs": [refs["tls"]],
        "hsts_max_age": 100,
    }
    tls |= {"tls_versions": ["TLSv1.2", "TLSv1.3"], "tls_ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256"}
    tls |= {"alpn_protocols": ["h2", "http/1.1"], "hsts_preload": True}
    balancer = raw.make(
        BALANCERS,
        "loadbalancer",
        name="web é",
        description="für alle",
        provider="amphora",
        vip_port_id=ids["vip"],
        additional_vips=[{"subnet_id": ids["sub2"], "ip_address": "10.77.2.60"}],
        tags=["x", "ü"],
        listeners=[plain, tls],
    )
    member = {"address": "10.77.1.30", "protocol_port": 5432, "subnet_id": ids["sub1"], "name": "m"}
    tcp = {"name": "db", "protocol": "TCP", "lb_algorithm": "SOURCE_IP_PORT", "members": [member]}
    listener = {"name": "db", "protocol": "TCP", "protocol_port": 5432, "default_pool": tcp}
    inner = raw.make(
        BALANCERS,
        "loadbalancer",
        name="",
        provider="ovn",
        vip_subnet_id=ids["sub1"],
        vip_address="10.77.1.2",
        listeners=[listener],
    )
    raw.settle()
    listeners = {one["name"]: one["id"] for one in raw.list("/lbaas/listeners")}
    pool = raw.make("/lbaas/pools", "pool", loadbalancer_id=balancer["id"], **spare)["id"]
    raw.settle()
    second = {"action": "REDIRECT_TO_POOL", "redirect_pool_id": pool, "position": 2}
    policy = raw.make("/lbaas/l7policies", "l7policy", listener_id=listeners["plain"], **second)["id"]
    raw.settle()
    raw.make(f"/lbaas/l7policies/{policy}/rules", "rule", **path)
    raw.make("/floatingips", "floatingip", floating_network_id=ids["outside"], port_id=inner["vip_port_id"])


def remove(raw: Raw, ids: set[str]) -> None:
    """What of these services is among ``ids``, then its network. The last first; each waits for what it holds."""

    def ours(path: str) -> list[Body]:
        return [one for one in raw.list(path) if one["id"] in ids]

    def gone(path: str) -> None:
        for one in ours(path):
            raw.call("DELETE", "network", f"{path}/{one['id']}")
        raw.until(lambda: not ours(path))

    gone("/floatingips")
    raw.settle()
    for one in ours(BALANCERS):
        raw.call("DELETE", "load-balancer", f"{BALANCERS}/{one['id']}?cascade=true")
    for one in ours(FIREWALL[0]):
        raw.call("PUT", "network", f"{FIREWALL[0]}/{one['id']}", {"firewall_group": {"ports": []}})
    raw.until(lambda: all(one["status"] in ("INACTIVE", "DOWN") for one in ours(FIREWALL[0])))
    for path in (*FIREWALL, *TUNNEL):
        gone(path)
    raw.until(lambda: not ours(BALANCERS))
    for kind in ("containers", "secrets"):
        for one in raw.secrets(kind):
            if one["id"] in ids:
                raw.call("DELETE", "key-manager", f"/{kind}/{one['id']}")
    for router in ours("/routers"):
        for port in raw.list("/ports"):
            if port["device_id"] == router["id"]:
                away = f"/routers/{router['id']}/remove_router_interface"
                raw.call("PUT", "network", away, {"port_id": port["id"]})
    for path in ("/routers", "/ports", "/networks"):
        gone(path)
