"""One authenticated project on one cloud, through openstacksdk's own configuration.

clouds.yaml, ``OS_*``, application credentials, regions, interfaces and CA files are the SDK's business; here
only their errors become sentences, and services become `Rest`.
"""

from __future__ import annotations

import threading
from copy import copy
from typing import TYPE_CHECKING, Any

from hoarfrost.cloud.meter import Meter
from hoarfrost.cloud.rest import Rest
from hoarfrost.cloud.unreached import unreached
from hoarfrost.clouds_yaml import SHAPELESS, address, unusable, why_unusable
from hoarfrost.errors import AuthenticationFailed, MissingService, NoSuchCloud, Unavailable

if TYPE_CHECKING:
    from hoarfrost.model import CloudPrint

PATIENCE = 60.0
"""Seconds for a login or a list of versions, unless clouds.yaml has an api_timeout; the SDK would wait for ever."""


class Cloud:
    """Safe to use from several threads. Made by `connect`.

    ``onlooker``: another login, to which the identity service shows more (a domain's reader): see `looking`.
    """

    def __init__(self, connection: Any, onlooker: Cloud | None = None) -> None:
        self._connection = connection
        self._config = connection.config
        access = connection.session.auth.get_access(connection.session)
        self.auth_url: str = str(self._config.auth["auth_url"])
        self.region: str = self._config.region_name or ""
        self.project_id: str = access.project_id or ""
        self.project_name: str = access.project_name or ""
        self.user_id: str = access.user_id
        self.user_name: str = access.username
        self.roles: tuple[str, ...] = tuple(sorted(access.role_names))
        self._catalog = access.service_catalog
        identity = (one.get("id", "") for one in self._catalog.catalog if one["type"] == "identity")
        self.keystone: str = str(min(identity, default=""))  # a catalog has no order
        self.services: tuple[str, ...] = tuple(sorted({one["type"] for one in self._catalog.catalog}))
        self._adapters: dict[str, tuple[Any, str, tuple[int, ...] | None]] = {}
        self._extensions: list[frozenset[str]] = []
        self._meter = Meter()
        self._lock = threading.RLock()
        self._onlooker = onlooker

    @classmethod
    def connect(cls, name: str | None = None, identity: str | None = None) -> Cloud:
        """``name``: of clouds.yaml; without it OS_CLOUD or OS_*. ``identity``: that of the `looking` login, if any.

        Raises NoSuchCloud, AuthenticationFailed, Unavailable.
        """
        cloud = cls._connected(name)
        if not cloud.project_id:
            raise NoSuchCloud(
                f"{_shown(name)} gives a token without a project.",
                hint="Name a project in clouds.yaml or OS_PROJECT_NAME.",
            )
        if identity:
            cloud._onlooker = onlooker = cls._connected(identity)
            if not onlooker.has("identity"):
                raise NoSuchCloud(
                    f"{_shown(identity)} gives a token that shows no identity service.",
                    hint="Name a domain or a project, and the region, in its entry of clouds.yaml.",
                )
            if len({cloud.keystone, onlooker.keystone} - {""}) > 1:
                raise NoSuchCloud(
                    f"{_shown(identity)} is not the same cloud as {_shown(name)}.",
                    hint="--identity-cloud names another login to the same cloud: elsewhere nobody has this project.",
                )
        return cloud

    @classmethod
    def _connected(cls, name: str | None) -> Cloud:
        import keystoneauth1.exceptions as refused
        import openstack
        import openstack.config.loader
        import openstack.exceptions

        import hoarfrost

        shown, version = _shown(name), hoarfrost.__version__
        wrong = (openstack.exceptions.ConfigException, refused.AuthPluginException)
        try:
            connection = openstack.connect(cloud=name, app_name="hoarfrost", app_version=version)
        except (*wrong, *SHAPELESS) as error:
            flaw = why_unusable(name, openstack.config.loader, error)
            raise NoSuchCloud(f"{shown} is not configured: {flaw.sentence}.", hint=flaw.hint) from error
        if found := unusable(connection.config.config):
            raise NoSuchCloud(f"{shown} is not configured: {found.sentence}.", hint=found.hint)
        connection.session.timeout = connection.session.timeout or PATIENCE
        try:
            return cls(connection)
        except (refused.Unauthorized, refused.Forbidden) as error:
            raise AuthenticationFailed(f"{shown} refuses the credentials: {error.message}") from error
        except wrong as error:
            raise NoSuchCloud(f"{shown} is not configured: {error}") from error
        except (refused.ClientException, OSError) as error:
            raise unreached(shown, address(connection.config.auth["auth_url"]), error) from error

    def rest(self, service: str, microversion: str = "") -> Rest:
        """``service``: its type ("block-storage"). Raises MissingService."""
        adapter, endpoint, known = self._service(service)
        return Rest(adapter, service, endpoint, known, microversion, self._meter)

    def looking(self, service: str) -> Rest:
        """As `rest`, to look at what is not for every member: by the onlooker's login where there is one."""
        adapter, endpoint, known = (self._onlooker or self)._service(service)
        return Rest(adapter, service, endpoint, known, "", self._meter)

    @property
    def looks(self) -> bool:
        """Whether there is a login for `looking`."""
        return self._onlooker is not None

    def metered(self) -> Cloud:
        """The same cloud; its `requests` are counted from zero. What is known once is known to both."""
        same = copy(self)
        same._meter = Meter()
        return same

    @property
    def requests(self) -> int:
        """How many went out through this one (discovery and tokens apart)."""
        return self._meter.count

    def has(self, service: str) -> bool:
        """Whether the catalog has an endpoint for it, in our region and interface. Asks nobody."""
        from keystoneauth1.exceptions import CatalogException

        if self._config.get_endpoint(service):
            return True
        try:
            found = self._catalog.endpoint_data_for(
                service, self._config.get_interface(service), self._config.get_region_name(service)
            )
        except CatalogException:
            return False
        return found is not None

    def extensions(self) -> frozenset[str]:
        """The aliases of Neutron's extensions; asked for once."""
        with self._lock:
            if not self._extensions:
                listed = self.rest("network").list("/v2.0/extensions", "extensions")
                self._extensions.append(frozenset(one["alias"] for one in listed))
            return self._extensions[0]

    def highest(self, service: str) -> str:
        """The highest microversion the service knows ("2.104"), "" if it has none. Raises MissingService."""
        return ".".join(str(part) for part in self._service(service)[2] or ())

    def probe(self) -> CloudPrint:
        from hoarfrost.cloud.probe import probe

        return probe(self)

    def _service(self, service: str) -> tuple[Any, str, tuple[int, ...] | None]:
        """The SDK's adapter, the discovered endpoint, the highest microversion; discovered once."""
        from keystoneauth1.exceptions import ClientException

        with self._lock:
            if service in self._adapters:
                return self._adapters[service]
            if not self.has(service):
                raise MissingService(f"This cloud has no {service} service (in region {self.region!r}).")
            adapter = self._config.get_session_client(service)
            try:
                data = adapter.get_endpoint_data()
                endpoint = data.url if data else adapter.get_endpoint()
            except (
                ClientException,
                TypeError,
                KeyError,
                ValueError,
            ) as error:  # the last three: not a version list
                # The SDK itself says the version of a load balancer service; at that address is no list of them.
                data, endpoint = None, adapter.endpoint_override
                if not endpoint:
                    raise Unavailable(f"The {service} service does not say its versions: {error}") from error
            if not endpoint:
                raise MissingService(
                    f"This cloud has no usable {service} service (in region {self.region!r})."
                )
            self._adapters[service] = (adapter, endpoint, getattr(data, "max_microversion", None))
            return self._adapters[service]


def _shown(name: str | None) -> str:
    return f"The cloud {name!r}" if name else "The cloud of the environment"
