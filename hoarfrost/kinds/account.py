"""The Swift account of a project: what holds for all of its containers. It is there by itself, and never made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Asked, Late, Note, Secret, without
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.role import Powers, only_reads
from hoarfrost.model import Body, Finding

SAID = ("x-account-meta-", "x-account-access-control", "x-account-quota-")
"""How the headers begin that speak of the account; the others count, or speak of the answer."""

OPERATOR = "ResellerAdmin"


class Account(Kind):
    """The metadata of the object store's account, with the keys of temporary URLs.

    Every project has an account, so the target's own one gets our metadata; what it has besides stays. The name
    of an account is part of every URL: links to objects work again under the new account's name, and temporary
    ones only if they are signed anew, as the path is part of what is signed. A quota is set by the operator (role
    ResellerAdmin).
    """

    service, path, key, plural = "object-store", "", "", ""
    sdk = "openstack.object_store.v1.account.Account"

    headers = Late("+headers", why="as the HEAD of the account says them, in lower case")
    access = Late("+headers.x-account-access-control")
    secrets = Secret("+headers.x-account-meta-temp-url-key", "+headers.x-account-meta-temp-url-key-2")
    limit = Asked("+headers.x-account-meta-quota-bytes", roles=(OPERATOR,))
    noted = Note("id", "name", "+roles")
    counted = Note(
        "+headers.x-account-bytes-used",
        "+headers.x-account-container-count",
        "+headers.x-account-object-count",
        "+headers.x-timestamp",
    )

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        yield self.show(cloud, "")

    def show(self, cloud: Cloud, id: str) -> Body:
        rest = self._rest(cloud)
        head = {key.lower(): value for key, value in rest.head("").items()}
        return {
            "id": rest.endpoint.rstrip("/").rpartition("/")[2],
            "name": "account",
            "+headers": {key: head[key] for key in sorted(head) if key.startswith(SAID)},
            "+roles": list(cloud.roles),
        }

    def standing(self, body: Body) -> bool:
        return True

    def may(self, powers: Powers) -> Callable[[str], bool]:
        """An administrator is no operator of Swift."""
        return lambda path: OPERATOR in powers.roles

    def adopt(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        may, wanted = self.may(cloud), {"+headers": dict(body["+headers"])}
        for path in self.limit.paths:
            if not may(path):
                without(wanted, path)
        if wanted["+headers"]:
            self._rest(cloud).post("", headers=wanted["+headers"])

    def delete(self, cloud: Cloud, id: str) -> None:
        """An account is never removed: it was there before."""

    def findings(self, body: Body) -> Iterator[Finding]:
        if only_reads(body["+roles"]):
            yield self.note(
                body,
                "warning",
                "unreadable",
                "The role reader is not shown the access lists, sync keys and TempURL keys of {} and of its"
                " containers: if there are any, they are not in the backup.",
                "Make the backup as a member.",
            )
        if any(header.endswith("temp-url-key") for header in body["+headers"]):
            yield self.note(
                body,
                "info",
                "new-urls",
                "The TempURL keys of {} come back; links that were signed with them hold only under the same"
                " account name.",
            )
        if "x-account-meta-quota-bytes" in body["+headers"]:
            yield self.note(body, "info", "needs-admin", "Only an operator can restore the quota of {}.")
