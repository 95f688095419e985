"""Servers, volumes, images, key pairs and containers on bodies of a real cloud."""

import json
from typing import Any

import pytest

from hoarfrost.errors import Conflict, NotFound, WentWrong
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.server_disk import root_volume
from hoarfrost.model import Reference

Bodies = dict[str, dict[str, dict[str, Any]]]


def same(kind: str, id: str) -> str | None:
    return id


def new(kind: str, id: str) -> str | None:
    return f"new-{id}"


def test_a_server_gets_its_ports_in_the_order_of_the_guest(bodies: Bodies) -> None:
    body = bodies["server"]["web"]
    wanted = KINDS["server"].request(body, new)
    assert wanted["networks"][0] == {"port": f"new-{bodies['port']['web-0']['id']}", "tag": "nic0"}
    assert len(wanted["networks"]) == 2
    assert wanted["flavorRef"] == "new-flavor-1"
    assert wanted["key_name"] == "new-ada-key"
    assert wanted["hostname"] == "web-host"
    assert wanted["config_drive"] is True


def test_a_server_without_ports_asks_for_none(bodies: Bodies) -> None:
    assert KINDS["server"].request(bodies["server"]["web"] | {"+ports": []}, new)["networks"] == "none"


def test_a_request_of_a_server_names_nothing_of_the_old_cloud(bodies: Bodies) -> None:
    for body in bodies["server"].values():
        wanted = json.dumps(KINDS["server"].request(body, lambda kind, id: f"{kind}-here"))
        for gone in (
            body["id"],
            body["hostId"],
            body["+ports"][0]["port"],
            body["+volumes"][0]["volumeId"],
            "nova",
        ):
            assert gone not in wanted


def test_volumes_of_a_server_booted_from_an_image(bodies: Bodies) -> None:
    body = bodies["server"]["web"]
    assert root_volume(body) is None
    (disk,) = KINDS["server"].request(body, new)["block_device_mapping_v2"]
    assert (disk["boot_index"], disk["tag"], disk["delete_on_termination"]) == (-1, "dbdisk", False)


def test_a_server_booted_from_a_volume_boots_from_it_again(bodies: Bodies) -> None:
    body = bodies["server"]["fromvol"]
    root = body["+volumes"][0]["volumeId"]
    assert root_volume(body) == root
    (disk,) = KINDS["server"].request(body, new)["block_device_mapping_v2"]
    assert (disk["boot_index"], disk["uuid"]) == (0, f"new-{root}")


def test_the_root_volume_comes_first_wherever_it_is_listed(bodies: Bodies) -> None:
    body = bodies["server"]["fromvol"]
    data = {"volumeId": "v2", "device": "/dev/vdb", "delete_on_termination": False}
    wanted = KINDS["server"].request(body | {"+volumes": [data, *body["+volumes"]]}, new)
    assert [one["boot_index"] for one in wanted["block_device_mapping_v2"]] == [0, -1]


def test_an_image_that_names_volumes_does_not_hide_the_root_volume(bodies: Bodies) -> None:
    """Nova shows the image of a server that was booted from a snapshot image, though its root is a volume."""
    assert root_volume(bodies["server"]["fromvol"] | {"image": {"id": "i"}}) is not None


def test_late_updates_of_a_server(bodies: Bodies) -> None:
    body = bodies["server"]["fromvol"]
    late = KINDS["server"].late(body, new)
    assert late == {
        "delete_with": [f"new-{body['+volumes'][0]['volumeId']}"],
        "stop": True,
        "lock": "do not touch",
    }
    assert KINDS["server"].late(bodies["server"]["web"], new) == {}


class Compute:
    """Takes one server and shows it."""

    asked: dict[str, Any]

    def rest(self, service: str, microversion: str) -> Any:
        return self

    def extensions(self) -> frozenset[str]:
        return frozenset()

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked = body
        return {"server": {"id": "made"}}

    def get(self, path: str) -> dict[str, Any]:
        return {"server": {"id": "made", "status": "BUILD"}}


def test_the_image_of_the_mover_becomes_the_disk_to_boot_from(bodies: Bodies) -> None:
    cloud: Any = Compute()
    request = KINDS["server"].request(bodies["server"]["web"], new) | {
        "imageRef": "lent",
        "+server_group": "g",
    }
    assert KINDS["server"].create(cloud, request)["id"] == "made"
    first, second = cloud.asked["server"]["block_device_mapping_v2"]
    assert (first["boot_index"], first["source_type"], first["uuid"]) == (0, "image", "lent")
    assert second["source_type"] == "volume"
    assert cloud.asked["os:scheduler_hints"] == {"group": "g"}


def test_a_server_in_error_says_why(bodies: Bodies) -> None:
    body = bodies["server"]["web"] | {"status": "ERROR", "fault": {"message": "No valid host was found."}}
    with pytest.raises(WentWrong, match="No valid host"):
        KINDS["server"].settled(body)
    assert KINDS["server"].settled(bodies["server"]["web"])
    assert not KINDS["server"].settled(bodies["server"]["web"] | {"status": "BUILD"})


def test_the_shape_of_a_deleted_flavor_is_recalled(bodies: Bodies) -> None:
    body = bodies["server"]["web"]
    flavor = KINDS["server"].recall(body, Reference(field="+flavor_id", kind="flavor", id="gone"))
    assert flavor is not None
    assert (flavor["id"], flavor["name"], flavor["vcpus"], flavor["ram"]) == ("gone", "m1.small", 1, 128)
    assert KINDS["server"].recall(body, Reference(field="key_name", kind="keypair", id="gone")) is None


def test_unreadable_user_data_is_told(bodies: Bodies) -> None:
    codes = {one.code for one in KINDS["server"].findings(bodies["server"]["web"])}
    assert codes == {"unreadable"}
    readable = bodies["server"]["web"] | {"OS-EXT-SRV-ATTR:user_data": "aGFsbG8="}
    assert list(KINDS["server"].findings(readable)) == []
    assert KINDS["server"].request(readable, same)["user_data"] == "aGFsbG8="


def test_metadata_that_cinder_writes_is_not_sent(bodies: Bodies) -> None:
    assert "metadata" not in KINDS["volume"].request(bodies["volume"]["lone"], same)
    assert KINDS["volume"].request(bodies["volume"]["data"], same)["metadata"] == {"purpose": "db"}


def test_a_volume_may_lose_its_zone_but_says_its_type(bodies: Bodies) -> None:
    wanted = KINDS["volume"].request(
        bodies["volume"]["data"], lambda kind, id: None if kind == "volume_zone" else f"new-{kind}"
    )
    assert "availability_zone" not in wanted
    assert wanted["volume_type"] == "new-volume_type"


class Actions:
    """Records what is done to a volume that was made from an image."""

    def __init__(self) -> None:
        self.done: list[dict[str, Any]] = []

    def rest(self, service: str, microversion: str) -> Any:
        return self

    def get(self, path: str) -> dict[str, Any]:
        return {"volume": {"volume_image_metadata": {"image_name": "hoarfrost-tmp-1", "license": "0"}}}

    def post(self, path: str, body: dict[str, Any]) -> None:
        self.done.append(body)


def test_marks_of_the_mover_s_image_give_way_to_ours(bodies: Bodies) -> None:
    cloud: Any = Actions()
    KINDS["volume"].made(cloud, "made", bodies["volume"]["lone"], same)
    assert cloud.done == [
        {"os-unset_image_metadata": {"key": "image_name"}},
        {"os-set_image_metadata": {"metadata": {"license": "42"}}},
        {"os-set_bootable": {"bootable": False}},
        {"os-update_readonly_flag": {"readonly": True}},
    ]


def test_a_volume_in_error_is_told() -> None:
    with pytest.raises(WentWrong):
        KINDS["volume"].settled({"id": "v", "name": "", "status": "error"})


def test_an_image_keeps_its_properties_and_is_protected_last(bodies: Bodies) -> None:
    body = bodies["image"]["own"]
    wanted = KINDS["image"].request(body, same)
    assert wanted["hw_qemu_guest_agent"] == "no"
    assert wanted["protected"] is False
    assert KINDS["image"].late(body, same) == {"protected": True}
    assert not {"id", "size", "checksum", "os_hash_value", "status", "owner", "stores", "file"} & set(wanted)


def test_reserved_properties_and_publicity_are_not_asked_for(bodies: Bodies) -> None:
    body = bodies["image"]["own"] | {
        "os_glance_stage_host": "h",
        "img_signature": "s",
        "visibility": "public",
    }
    wanted = KINDS["image"].request(body, same)
    assert not {"os_glance_stage_host", "img_signature"} & set(wanted)
    assert wanted["visibility"] == "private"
    assert {one.code for one in KINDS["image"].findings(body)} == {"needs-admin", "not-kept"}


def test_a_key_pair_is_recognised_only_with_the_same_key(bodies: Bodies) -> None:
    body = bodies["keypair"]["ada-key"]
    assert KINDS["keypair"].id(body) == "ada-key"
    assert KINDS["keypair"].likeness(body) != KINDS["keypair"].likeness(body | {"fingerprint": "other"})
    assert set(KINDS["keypair"].request(body, same)) == {"name", "public_key", "type"}


def test_a_container_is_made_bare_and_dressed_later(bodies: Bodies) -> None:
    kind, body = KINDS["container"], bodies["container"]["photos"]
    assert kind.request(body, same) == {"name": "photos", "storage_policy": "Policy-0"}
    assert kind.late(body, same) == {
        "x-container-meta-colour": "blue",
        "x-container-meta-quota-count": "100",
        "x-container-read": ".r:*,.rlistings",
    }
    assert kind.late(bodies["container"]["versioned"], same) == {"x-versions-enabled": "True"}


def test_access_lists_are_rewritten_where_there_is_a_counterpart(bodies: Bodies) -> None:
    acl = {"+headers": {"x-container-write": "old:*,old:ada,other:*,.r:*"}}
    known = {("project", "old"): "here", ("user", "ada"): "eve"}
    late = KINDS["container"].late(
        bodies["container"]["photos"] | acl, lambda kind, id: known.get((kind, id))
    )
    assert late == {"x-container-write": "here:*,here:eve,other:*,.r:*"}
    (finding,) = KINDS["container"].findings(bodies["container"]["photos"] | acl)
    assert "old:ada" in finding.sentence


def test_mapped_kinds_are_never_asked_for(bodies: Bodies) -> None:
    for name, kind in KINDS.items():
        if kind.mapped:
            assert all(kind.request(body, same) == {} for body in bodies.get(name, {}).values())


class Swift:
    """An account with one container."""

    def __init__(self) -> None:
        self.made: list[tuple[str, dict[str, str]]] = []

    def rest(self, service: str, microversion: str) -> Any:
        return self

    def head(self, path: str) -> dict[str, str]:
        if path != "/taken":
            raise NotFound("404")
        return {}

    def put(self, path: str, headers: dict[str, str]) -> None:
        self.made.append((path, headers))


def test_a_container_that_is_there_is_not_made_again() -> None:
    """Swift would say 202, the restore would write over its objects, and undo would remove all of them."""
    cloud: Any = Swift()
    with pytest.raises(Conflict):
        KINDS["container"].create(cloud, {"name": "taken"})
    assert KINDS["container"].create(cloud, {"name": "a b", "storage_policy": "p"}) == {"name": "a b"}
    assert cloud.made == [("/a%20b", {"X-Storage-Policy": "p"})]


@pytest.mark.parametrize(("host", "severity"), [("abc", "error"), ("", "warning")])
def test_a_server_in_error_that_had_a_disk_makes_the_backup_partial(
    bodies: Bodies, host: str, severity: str
) -> None:
    body = next(iter(bodies["server"].values())) | {"status": "ERROR", "hostId": host, "+volumes": []}
    nothing: Any = None
    finding: Any = KINDS["server"].freeze(nothing, nothing, KINDS["server"].resource(body))
    assert (finding.severity, finding.code) == (severity, "not-frozen")


@pytest.mark.parametrize("kind", ("zone", "recordset"))
def test_an_empty_description_of_a_zone_is_one_and_none_is_none(kind: str) -> None:
    body = {"id": "r", "+parent": "z", "name": "www.example.", "type": "A", "records": ["192.0.2.1"]}
    for said in ("", None):
        assert KINDS[kind].request(body | {"description": said}, same)["description"] == said
