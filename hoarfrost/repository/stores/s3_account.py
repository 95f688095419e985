"""Where an S3 store is and with what it is opened: the environment and the files that every S3 tool reads.

In this order: ``HOARFROST_S3_*``, so that the repository need not share the account of other tools; ``AWS_*``; the
profile in ``~/.aws``. Without keys in any of them the library below looks for the role of the machine, on AWS only.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hoarfrost.errors import UsageError


class S3Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """Empty: not said, the library's default holds."""

    endpoint: str = ""
    region: str = ""
    access_key_id: str = ""
    secret_access_key: str = ""
    session_token: str = ""

    def __repr__(self) -> str:
        return f"S3Account(endpoint={self.endpoint!r}, region={self.region!r}, ...)"


def find_account(environment: Mapping[str, str]) -> S3Account:
    """Raises UsageError."""
    own = "HOARFROST_S3_"
    profile_name = environment.get(own + "PROFILE") or environment.get("AWS_PROFILE") or ""
    profile = _profile(environment, profile_name)

    def first(field: str, *names: str) -> str:
        said = [environment.get(own + field.upper(), ""), *(environment.get(name, "") for name in names)]
        return next((value for value in said if value), "")

    endpoint = first("endpoint", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    region = first("region", "AWS_REGION", "AWS_DEFAULT_REGION")
    keys = [
        (
            environment.get(prefix + "ACCESS_KEY_ID", ""),
            environment.get(prefix + "SECRET_ACCESS_KEY", ""),
            token,
        )
        for prefix, token in (
            (own, environment.get(own + "SESSION_TOKEN", "")),
            ("AWS_", environment.get("AWS_SESSION_TOKEN", "")),
        )
    ]
    keys.append(
        (
            profile.get("aws_access_key_id", ""),
            profile.get("aws_secret_access_key", ""),
            profile.get("aws_session_token", ""),
        )
    )
    if environment.get(own + "PROFILE"):
        keys = keys[-1:]  # named for us: it outranks what is in the environment for others
    access, secret, token = next((key for key in keys if key[0]), ("", "", ""))
    if access and not secret:
        raise UsageError("An access key for S3 is given without its secret key.")
    found = S3Account(
        endpoint=(endpoint or profile.get("endpoint_url", "")).rstrip("/"),
        region=region or profile.get("region", ""),
        access_key_id=access,
        secret_access_key=secret,
        session_token=token,
    )
    if found.endpoint:
        _check_address(found.endpoint)
    if found.endpoint and not access:
        hint = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with AWS_PROFILE."
        raise UsageError("There are no credentials for S3.", hint=hint)
    return found


def _check_address(endpoint: str) -> None:
    """Raises UsageError, which repeats nothing of what may hold a password; the errors of requests would."""
    if not endpoint.startswith(("http://", "https://")):
        raise UsageError("The endpoint of S3 must begin with https:// or http://.")
    if any(mark in endpoint for mark in "@?#"):
        hint = "It is https://host:port, and perhaps a path; keys for S3 have variables of their own."
        raise UsageError(
            "The endpoint of S3 holds more than an address; credentials do not belong in it.", hint=hint
        )


def _profile(environment: Mapping[str, str], name: str) -> dict[str, str]:
    """A profile of the two files: settings in the one, keys in the other. Raises UsageError."""
    home = Path(environment.get("HOME", "~")).expanduser() / ".aws"
    settings = Path(environment.get("AWS_CONFIG_FILE") or home / "config")
    keys = Path(environment.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials")
    wanted = name or "default"
    found: dict[str, str] = {}
    for path, section in ((settings, wanted if wanted == "default" else f"profile {wanted}"), (keys, wanted)):
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read(path, encoding="utf-8")
        except (OSError, UnicodeDecodeError, configparser.Error) as error:
            raise UsageError(f"{path} cannot be read: it is not a file of profiles.") from error
        if parser.has_section(section):
            found.update(parser.items(section))
    if name and not found:
        raise UsageError(f"There is no profile {name!r} in {settings} or {keys}.")
    return found
