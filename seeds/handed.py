"""Secrets of application credentials that their owner still knows: handed in at a restore, and tried after it.

The API never gives such a secret, so only a login shows whether the one that came back is the right one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from keystoneauth1 import session
from keystoneauth1.exceptions import ClientException
from keystoneauth1.identity import v3

from seeds.blueprint import Blueprint
from seeds.rest import Rest


def known(blueprint: Blueprint) -> dict[str, str]:
    """Name -> secret."""
    return {one.body["name"]: one.body["secret"] for one in blueprint.of("application_credential")}


def arguments(secrets: Mapping[str, str], folder: Path) -> list[str]:
    """For `restore apply`, with a file in ``folder`` for each."""
    said: list[str] = []
    for number, (name, secret) in enumerate(secrets.items()):
        file = folder / f"app-secret-{number}"
        file.touch(mode=0o600)
        file.write_text(f"{secret}\n", encoding="utf-8")
        said += ["--app-secret", f"{name}={file}"]
    return said


def shut(rest: Rest, secrets: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each application credential of the user that its secret does not open."""
    for body in rest.all("application_credential"):
        if secret := secrets.get(body["name"]):
            login = v3.ApplicationCredential(
                auth_url=rest.cloud.session.auth.auth_url,
                application_credential_id=body["id"],
                application_credential_secret=secret,
            )
            try:
                session.Session(login).get_token()
            except ClientException as refused:
                yield f"application_credential {body['name']} does not open with its secret: {refused}"
