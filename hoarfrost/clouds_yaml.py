"""What is wrong with clouds.yaml or the ``OS_*`` variables, where openstacksdk says it in the words of its own code, or
passes over a file that it cannot read.

Decides only what is said, once the SDK has failed or no request could be made. Of what stands in a file only names are
repeated (of clouds, keys and files): any value may be a password.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from hoarfrost.pattern import listed
from hoarfrost.written import NotYaml, parsed

_SHAPE = (
    "It should read `clouds:`, below it the name of a cloud, below that `auth:`, and there auth_url, username,"
    " password, project_name, user_domain_name and project_domain_name."
)
_APPLICATION = "Add `auth_type: v3applicationcredential` beside `auth:`, or set OS_AUTH_TYPE to that."

_TYPE = "Correct the name, or add the `auth_type:` that it belongs to; without one it is `password`."

_AUTH_TYPE = (
    "Correct `auth_type:` in clouds.yaml, or OS_AUTH_TYPE: `password`, `v3applicationcredential` or another."
)

SHAPELESS = (TypeError, AttributeError, ValueError, LookupError)
"""What the SDK raises, beside its own errors, over a clouds.yaml that is not shaped as it expects."""


class Flaw(NamedTuple):
    sentence: str
    hint: str


def why_unusable(name: str | None, loader: Any, error: Exception) -> Flaw:
    """Why the SDK made nothing of the cloud ``name`` (None: that of the environment).

    ``loader``: its module that knows where the files may lie; ``error``: what it raised.
    """
    if found := _passed_over():
        return found
    name = name or os.environ.get("OS_CLOUD")
    files = _places("OS_CLIENT_CONFIG_FILE", loader.CONFIG_FILES)
    secure = _places("OS_CLIENT_SECURE_FILE", loader.SECURE_FILES)
    clouds = [path for path in map(Path, files) if path.exists()]
    if name and not clouds:
        folders = listed(str(path.parent) for path in map(Path, files))
        return Flaw(
            "there is no clouds.yaml", f"Write one, or set OS_CLIENT_CONFIG_FILE. Looked for in {folders}."
        )
    for path in clouds if name else ():
        content = _content(path)
        found = content if isinstance(content, Flaw) else _in_clouds(path, content, str(name))
        if found:
            return found
        break  # the SDK takes the first that it can read
    beside = [_content(path) for path in map(Path, secure) if name and path.exists()][:1]
    return next((one for one in beside if isinstance(one, Flaw)), None) or _in_error(error, name)


def unusable(config: Mapping[str, Any]) -> Flaw | None:
    """What of a cloud's configuration, as the SDK has gathered it, keeps every request from being made.

    Or from where it should not have gathered it.
    """
    if found := _passed_over():
        return found
    auth = config.get("auth") or {}
    url = str(auth.get("auth_url") or "")
    if not re.match(r"https?://[^/]", url, re.IGNORECASE):
        hint = "It is the address of the identity service, such as https://cloud.example.org:5000/v3."
        return Flaw("its auth_url does not begin with https:// or http://", hint)
    if re.match(r"https?://[^/?#]*@", url, re.IGNORECASE):  # plans and backups say where they are of
        hint = "Take out what stands before the @: user and password have settings of their own."
        return Flaw("its auth_url holds a user or a password", hint)
    if config.get("auth_type") in ("password", "v3password"):
        for key, other in (("username", "user_id"), ("password", "")):
            if not (auth.get(key) or auth.get(other)):
                hint = f"Add `{key}:` below `auth:` in clouds.yaml or secure.yaml, or set OS_{key.upper()}."
                return Flaw(f"it has no {key}", hint)
    trusts_all = config.get("insecure") or not config.get("verify", True)
    for key in ("cert", "key") if trusts_all else ("cacert", "cert", "key"):
        path = str(config.get(key) or "")
        if path and not Path(path).expanduser().exists():
            return Flaw(f"{path}, which its {key} names, is not there", f"Correct it, or OS_{key.upper()}.")
    return None


def address(url: str) -> str:
    """As much of a URL as may be shown: no user, no password, no query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _passed_over() -> Flaw | None:
    """The SDK then takes the next clouds.yaml, in which the same name may be another cloud."""
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if not named:
        return None
    try:
        Path(named).open("rb").close()
    except OSError as error:
        hint = "Correct it, or unset it to have clouds.yaml looked for in the usual places."
        why = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        return Flaw(f"{named}, which OS_CLIENT_CONFIG_FILE names, {why}", hint)
    return None


def _places(variable: str, usual: Iterable[str]) -> list[str]:
    """In the SDK's order."""
    named = os.environ.get(variable)
    return [named, *usual] if named else list(usual)


def _content(path: Path) -> dict[Any, Any] | Flaw:
    """The SDK passes over a file that it cannot read; one that it can has to be a mapping."""
    try:
        content = parsed(path.read_text(encoding="utf-8"))
    except OSError as error:
        return Flaw(f"{path} cannot be read: {error.strerror}", "Make it readable for this user.")
    except UnicodeDecodeError:
        return Flaw(f"{path} is no text in UTF-8", "Save it anew with that encoding.")
    except NotYaml as error:
        return Flaw(
            f"{path} is no YAML{error}",
            "Mind indentation, tabs, quotes and colons there, or just before.",
        )
    return content if isinstance(content, dict) else Flaw(f"{path} is no list of clouds", _SHAPE)


def _in_clouds(path: Path, content: Mapping[Any, Any], name: str) -> Flaw | None:
    clouds = content.get("clouds")
    if not isinstance(clouds, dict):
        return Flaw(f"{path} is no list of clouds", _SHAPE)
    if name not in clouds:
        return Flaw(
            f"{path} has no cloud of that name", f"It has {listed(map(str, clouds), name) or 'none'}."
        )
    entry = clouds[name]
    if not entry:
        return Flaw(f"what {path} says of it is empty", _SHAPE)
    if not (isinstance(entry, dict) and isinstance(entry.get("auth") or {}, dict)):
        return Flaw(f"what {path} says of it is no mapping of names to values", _SHAPE)
    return None


def _in_error(error: Exception, name: str | None) -> Flaw:
    """An error of the SDK in words for who wrote the file."""
    if found := re.search(r"unexpected keyword argument '(\w+)'", str(error)):
        key = found[1]
        hint = _APPLICATION if key.startswith("application_credential") else _TYPE
        return Flaw(f"its auth_type does not go with {key}", hint)
    if options := getattr(error, "options", None):  # keystoneauth1's MissingRequiredOptions
        names = [str(one.dest) for one in options]
        variables = ", ".join(f"OS_{one.upper()}" for one in names)
        entry = "Add it below `auth:` in" if name else "Name an entry of"
        hint = f"{entry} clouds.yaml{'' if name else ' with --os-cloud or OS_CLOUD'}, or set {variables}."
        return Flaw(f"{' and '.join(names)} is missing", hint)
    if type(error).__name__ == "NoMatchingPlugin":
        return Flaw("there is no auth_type of that name", _AUTH_TYPE)
    if type(error).__module__.startswith(("openstack.", "keystoneauth1.")):
        return Flaw(str(error).rstrip("."), "")
    return Flaw(f"openstacksdk cannot read it ({type(error).__name__})", _SHAPE)
