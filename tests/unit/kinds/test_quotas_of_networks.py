"""The quotas that the operator gave to this project alone; those that every project has are not its own."""

from __future__ import annotations

from typing import Any

from hoarfrost.kinds import KINDS

QUOTA = KINDS["network_quota"]


class Cloud:
    project_id, roles = "p", ("member",)

    def __init__(self, *roles: str) -> None:
        self.roles, self.said = roles, list[Any]()

    def extensions(self) -> frozenset[str]:
        return frozenset()

    def rest(self, service: str, microversion: str = "") -> Cloud:
        return self

    def get(self, path: str) -> Any:
        assert path in ("/v2.0/quotas/p", "/v2.0/quotas/p/default"), "a list is refused"
        return {"quota": {"network": 100, "port": 500} | ({} if path.endswith("default") else {"port": 900})}

    def put(self, path: str, body: Any) -> None:
        self.said.append((path, body))


def test_only_what_is_not_usual_is_recorded() -> None:
    cloud: Any = Cloud("member")
    assert list(QUOTA.enumerate(cloud)) == list(QUOTA.visible(cloud)) == [{"port": 900, "id": "p"}]


def test_an_administrator_sets_what_differs() -> None:
    body, cloud = {"id": "old", "network": 100, "port": 700, "vpnservice": 3}, Cloud("admin")
    QUOTA.adopt(cloud, "p", body, lambda kind, id: None)  # type: ignore[arg-type]
    assert cloud.said == [("/v2.0/quotas/p", {"quota": {"port": 700}})]


def test_a_member_sets_nothing() -> None:
    cloud: Any = Cloud("member")
    QUOTA.adopt(cloud, "p", {"id": "old", "port": 700}, lambda kind, id: None)
    assert cloud.said == []
