"""No token came: why, in a sentence with the address that was asked, and what to look at."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from hoarfrost.errors import CloudError, NoSuchCloud, Unavailable, cause

_ADDRESS = "Check auth_url in clouds.yaml (or OS_AUTH_URL)"
_FILES = "the files that cacert, cert and key name in clouds.yaml (or OS_CACERT, OS_CERT, OS_KEY)"
_TOO_MANY, _SERVER = 429, 500  # HTTP statuses: the first, and all from there on, are no fault of the address


def unreached(shown: str, where: str, error: Exception) -> CloudError:
    """``shown``: the cloud, as the start of a sentence; ``where``: its auth_url, without secrets."""
    import keystoneauth1.exceptions as refused

    chain = list(_chain(error))
    last = chain[-1]
    if isinstance(last, ssl.SSLError):
        return _without_tls(shown, where, last)
    if isinstance(last, ConnectionError | TimeoutError | socket.gaierror) or isinstance(
        error, refused.ConnectionError
    ):
        hint = f"{_ADDRESS}, and whether this machine reaches it."
        return Unavailable(f"{shown} does not answer at {where}: {cause(error)}.", hint=hint)
    status = max((one.http_status or 0 for one in chain if isinstance(one, refused.HttpError)), default=0)
    if status == _TOO_MANY or status >= _SERVER:
        hint = "Its identity service, or what stands before it, is at fault or busy: try again later."
        return Unavailable(f"{shown} answers at {where} with HTTP {status}.", hint=hint)
    if isinstance(error, refused.DiscoveryFailure | refused.EndpointNotFound | refused.NotFound):
        hint = f"{_ADDRESS}: as a rule it ends with /v3, or with the port."
        return NoSuchCloud(f"{shown} has no identity service (version 3) at {where}.", hint=hint)
    if isinstance(error, refused.ClientException):
        hint = f"{_ADDRESS}, and user and project with their domains."
        return CloudError(f"{shown} cannot be used: {error}", hint=hint)
    return NoSuchCloud(f"{shown} cannot be asked at {where}: {type(last).__name__}.", hint=f"Check {_FILES}.")


def _without_tls(shown: str, where: str, error: ssl.SSLError) -> NoSuchCloud:
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "Set cacert in clouds.yaml, or OS_CACERT, to the file with the certificate of its authority."
        why = f"is not trusted: {error.verify_message}"
        return NoSuchCloud(f"The certificate of {shown[0].lower()}{shown[1:]} at {where} {why}.", hint=hint)
    if error.reason == "WRONG_VERSION_NUMBER":
        return NoSuchCloud(f"{shown} speaks no TLS at {where}.", hint=f"{_ADDRESS}: http instead of https?")
    why = str(error.reason or "error").replace("_", " ").lower()
    return NoSuchCloud(f"{shown} cannot be asked at {where} by TLS: {why}.", hint=f"Check {_FILES}.")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """With what it came from, down to the first cause."""
    below: BaseException | None = error
    while below:
        yield below
        below = below.__cause__ or below.__context__
