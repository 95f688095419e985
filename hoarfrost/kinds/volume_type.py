"""Volume types: found on the target, or made there by an administrator who saw them whole.

Decides what a type is made of: its extra specs, how it encrypts, and its QoS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import CloudError, Forbidden, NotFound, Refused
from hoarfrost.kinds.field import Note
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.role import holds
from hoarfrost.kinds.stand_in import Ask, Rule, same_name
from hoarfrost.model import Body

PUBLIC = "os-volume-type-access:is_public"

_ENCRYPTS = ("provider", "cipher", "key_size", "control_location")


def default_type(ask: Ask) -> tuple[Body, str] | None:
    """What Cinder itself takes when a volume names no type (GET /types/default)."""
    if ask.kind.by_value(ask.resource.body) and holds(ask.cloud.roles, ask.kind.makes):
        return None  # it is made as it was
    try:
        default = ask.cloud.rest(ask.kind.service, ask.kind.microversion).get("/types/default")["volume_type"]
    except CloudError:  # no default set, or not readable: then this rule has nothing to say
        return None
    return default, "a guess: the default type"


class VolumeType(Kind):
    """A volume type that a volume has: one of the same name, else the default one.

    An administrator's backup records it by value, with extra specs, encryption (``+encryption``) and QoS (``+qos``).
    Then an administrator's restore makes it where none has its name; its extra specs may name back ends that the other
    cloud does not have. A private one is open to the project of the restore. QoS specs of the same name are taken as
    they are; those that it makes go when the types that it made are gone, unless another type has them by then.
    """

    service, path, key, plural = "block-storage", "/types", "volume_type", "volume_types"
    microversion = "3.70"
    sdk = "openstack.block_storage.v3.type.Type"
    query: ClassVar[dict[str, str]] = {"is_public": "None"}  # private ones too, where an administrator asks
    mapped, owned = True, False
    makes = ("admin",)
    stand_ins: ClassVar[tuple[Rule, ...]] = (same_name, default_type)

    noted = Note("id", "name", "description", "extra_specs", "is_public", PUBLIC)
    qos = Note("qos_specs_id")
    value = Note("+encryption", "+qos", why="only an administrator is shown them")

    def show(self, cloud: Cloud, id: str) -> Body:
        body = super().show(cloud, id)
        if not holds(cloud.roles, self.makes):
            return body
        rest, qos = self._rest(cloud), body.get("qos_specs_id")
        try:
            said = {"+qos": rest.get(f"/qos-specs/{qos}")["qos_specs"]} if qos else {}
            return body | said | {"+encryption": rest.get(f"{self.place(id)}/encryption")}
        except (Forbidden, NotFound):  # this cloud shows it to somebody else
            return body

    def by_value(self, body: Body) -> bool:
        return "+encryption" in body

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        if not self.by_value(body):
            return {}
        said = {key: body[key] for key in ("name", "description", "extra_specs", PUBLIC) if key in body}
        return {key: value for key, value in said.items() if value is not None}

    def beside(self, cloud: Cloud, id: str, body: Body) -> str | None:
        """QoS specs, unless there are some of that name: another type may be about to make the same."""
        rest, wanted = self._rest(cloud), body.get("+qos")
        if not wanted or super().show(cloud, id).get("qos_specs_id") or _qos(rest, wanted["name"]):
            return None
        said = wanted.get("specs", {}) | {"name": wanted["name"], "consumer": wanted["consumer"]}
        try:
            return str(rest.post("/qos-specs", {"qos_specs": said})["qos_specs"]["id"])
        except Refused:
            if _qos(rest, wanted["name"]):
                return None
            raise

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """What is there from an earlier run is left as it is."""
        rest, now = self._rest(cloud), super().show(cloud, id)
        encrypts = {key: body["+encryption"][key] for key in _ENCRYPTS if body["+encryption"].get(key)}
        if encrypts and not rest.get(f"{self.place(id)}/encryption"):
            rest.post(f"{self.place(id)}/encryption", {"encryption": encrypts})
        if "+qos" in body and not now.get("qos_specs_id"):
            qos = _qos(rest, body["+qos"]["name"])[0]
            rest.get(f"/qos-specs/{qos}/associate", vol_type_id=id)
        if body.get(PUBLIC) is False:
            opened = {"addProjectAccess": {"project": cloud.project_id}}
            if cloud.project_id not in _open_to(rest, self.place(id)):
                rest.post(f"{self.place(id)}/action", opened)

    def take_along(self, cloud: Cloud, beside: str) -> None:
        rest = self._rest(cloud)
        try:
            if not rest.get(f"/qos-specs/{beside}/associations")["qos_associations"]:
                rest.delete(f"/qos-specs/{beside}")
        except NotFound:
            return


def _open_to(rest: Any, place: str) -> set[str]:
    listed = rest.list(f"{place}/os-volume-type-access", "volume_type_access")
    return {one["project_id"] for one in listed}


def _qos(rest: Any, name: str) -> list[str]:
    """The id of those of that name, of which Cinder lets there be one."""
    return [one["id"] for one in rest.list("/qos-specs", "qos_specs") if one["name"] == name]
