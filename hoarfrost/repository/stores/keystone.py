"""Where a Swift is and with what it is opened: clouds.yaml and ``OS_*``, as every OpenStack client reads them.

The one place in `repository` that knows OpenStack's clients (docs/adr/0007-a-store-on-swift.md). Passwords,
application credentials, regions, CA files, the catalogue and the renewal of tokens are keystoneauth's business.
``HOARFROST_SWIFT_CLOUD`` names the cloud of the repository, which should not be the one that is backed up.
"""

from __future__ import annotations

import os
from typing import Any

from keystoneauth1 import exceptions as refused
from openstack.config import OpenStackConfig, loader
from openstack.exceptions import ConfigException
from requests.exceptions import RequestException

from hoarfrost.clouds_yaml import SHAPELESS, Flaw, address, unusable, why_unusable
from hoarfrost.errors import HoarfrostError, StoreRefused, StoreUnavailable, UsageError, cause

_TOO_MANY = 429  # HTTP status: may be tried again, as all from 500 on
UNANSWERED = (refused.ClientException, RequestException, OSError)  # what a request raises
_HINT = "Name a cloud of clouds.yaml in HOARFROST_SWIFT_CLOUD or OS_CLOUD, or set the OS_* variables."

_PATIENCE = 60.0  # seconds for a login, unless clouds.yaml says another api_timeout


def connect() -> tuple[Any, str]:
    """A session and the address of the account. Raises UsageError, StoreRefused, StoreUnavailable."""
    name = os.environ.get("HOARFROST_SWIFT_CLOUD") or None
    try:
        region = OpenStackConfig(app_name="hoarfrost").get_one(cloud=name)
    except (ConfigException, refused.AuthPluginException, *SHAPELESS) as error:
        raise _misconfigured(why_unusable(name, loader, error)) from error
    if found := unusable(region.config):
        raise _misconfigured(found)
    try:
        session = region.get_session()
        session.timeout = session.timeout or _PATIENCE
        endpoint = session.get_endpoint(
            service_type="object-store",
            interface=region.get_interface("object-store"),
            region_name=region.get_region_name("object-store"),
        )
    except refused.ClientException as error:
        raise translated(error, f"log in at {address(region.config['auth']['auth_url'])}") from error
    if not endpoint:
        raise StoreRefused("The cloud of the repository has no object store.", hint=_HINT)
    return session, str(endpoint).rstrip("/")


def _misconfigured(flaw: Flaw) -> UsageError:
    said = f"The cloud of the repository is not configured: {flaw.sentence}."
    return UsageError(said, hint=f"{flaw.hint} {_HINT}".strip())


def translated(error: Exception, doing: str) -> HoarfrostError:
    """What is raised when no answer came, or none of the object store."""
    if isinstance(error, refused.Unauthorized | refused.Forbidden):
        return StoreRefused(f"Cannot {doing}: the identity service refuses the credentials.")
    if isinstance(error, refused.SSLError):
        hint = "Set OS_CACERT, or cacert in clouds.yaml."
        return StoreRefused(f"Cannot {doing}: the certificate of the cloud is not trusted.", hint=hint)
    if isinstance(error, refused.AuthPluginException):
        return UsageError(f"The cloud of the repository is not configured: {error}", hint=_HINT)
    if isinstance(error, refused.CatalogException):
        return StoreRefused("The cloud of the repository has no object store.", hint=_HINT)
    if isinstance(error, refused.HttpError) and error.http_status < 500 and error.http_status != _TOO_MANY:
        return StoreRefused(f"Cannot {doing}: the cloud refuses ({error.http_status}).")
    return StoreUnavailable(f"Cannot {doing}: the cloud does not answer: {cause(error)}.")
