"""Servers. Their ports and volumes are kinds of their own and come before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hoarfrost.cloud import Borrow, Cloud, wait_until
from hoarfrost.errors import NotFound, WentWrong
from hoarfrost.kinds.each import each
from hoarfrost.kinds.field import Drop, Keep, Late, Note, Ref, Secret
from hoarfrost.kinds.freezing import Progress, Together
from hoarfrost.kinds.hostname import HOSTNAME, is_made_of, to_ask_for
from hoarfrost.kinds.kind import Chosen, Kind, Resolve, Severity
from hoarfrost.kinds.role import Powers
from hoarfrost.kinds.server_disk import by_device, disk, frozen_volumes, has_agent, pairs, root_volume
from hoarfrost.model import Body, Finding, Frozen, Reference, Resource

AS_ONE = ("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED")
"""The states in which Nova takes an image of a server."""

RUNS = ("active", "paused", "suspended", "rescued", "resized")
"""The vm_state of servers that are restored as running; all others come back switched off."""

STOP_LIMIT = 300.0
"""Seconds for a guest to shut down; Nova pulls the plug after a time of its own."""


class Server(Kind):
    """A server with its ports in the guest's order and its volumes in the order of devices.

    A disk that is not a volume comes as an image that the mover lends. Ports are made before the server and
    given to it, so deleting the restored server leaves them.

    A server that boots from a volume is frozen by one call (createImage), which makes Nova freeze the guest's file
    systems, if it has an agent, and Cinder take snapshots of all its volumes; its answer alone says the boot order
    (``+devices``). A host name that is none for DNS ("straße") becomes one where the target's network service works
    with DNS. What is done about states:

    * ACTIVE and SHUTOFF come back as they are.
    * PAUSED and SUSPENDED are frozen as they are and come back running: their memory is not kept.
    * SHELVED and SHELVED_OFFLOADED: the disk comes from the image that shelving made, the server comes back switched
      off. Volumes of an offloaded server cannot be read until it is unshelved, which is an error of the backup.
    * RESCUE: Nova takes no image of it, so a disk that is no volume is not read, which is an error of the backup;
      volumes are read one by one. It comes back running from its own disk.
    * ERROR: a disk that is no volume is not read; volumes are, one by one. It comes back switched off.
    * Any other state passes by itself: what Nova refuses meanwhile is an error of the backup.

    Added to the body: ``+flavor_id`` (the newer
    API embeds the flavor without its id), ``+ports`` ({port, tag} in the guest's order), ``+volumes`` (the
    attachments in the order of devices, as /os-volume_attachments gives them), ``+server_group``.
    """

    service, path, key, plural = "compute", "/servers", "server", "servers"
    listing = "/servers/detail"
    microversion = "2.100"
    sdk = "openstack.compute.v2.server.Server"
    natural = ("name", "+ports[].port")
    mover, freezes, through, quota = "server", True, "image", "instances"
    further = 2

    kept = Keep("name", "description", "metadata", "tags", "accessIPv4", "accessIPv6", "OS-DCF:diskConfig")
    hostname = Keep(HOSTNAME)
    config_drive = Keep("config_drive")
    user_data = Secret("OS-EXT-SRV-ATTR:user_data", why="only an administrator can read it")
    flavor = Ref("+flavor_id", to="flavor")
    ports = Ref("+ports[].port", to="port")
    volumes = Ref("+volumes[].volumeId", to="volume")
    keypair = Ref("key_name", to="keypair", optional=True)
    group = Ref("+server_group", to="server_group", optional=True)
    zone = Ref("pinned_availability_zone", to="availability_zone", optional=True)
    image = Ref("image.id", to="image", note=True, lineage=True)
    project = Ref("tenant_id", to="project", note=True)
    user = Ref("user_id", to="user", note=True)
    power = Late("OS-EXT-STS:vm_state", why="there is no creating without starting")
    lock = Late("locked", "locked_reason", why="a locked server could not be stopped")
    noted = Note(
        "id",
        "status",
        "created",
        "updated",
        "links",
        "hostId",
        "host_status",
        "progress",
        "fault",
        "addresses",
        "security_groups",
        "server_groups",
        "OS-EXT-AZ:availability_zone",
        "OS-EXT-STS:power_state",
        "OS-EXT-STS:task_state",
        "OS-SRV-USG:launched_at",
        "OS-SRV-USG:terminated_at",
        "os-extended-volumes:volumes_attached",
    )
    of_the_host = Note(
        "OS-EXT-SRV-ATTR:host",
        "OS-EXT-SRV-ATTR:hypervisor_hostname",
        "OS-EXT-SRV-ATTR:instance_name",
        "OS-EXT-SRV-ATTR:kernel_id",
        "OS-EXT-SRV-ATTR:launch_index",
        "OS-EXT-SRV-ATTR:ramdisk_id",
        "OS-EXT-SRV-ATTR:reservation_id",
        "OS-EXT-SRV-ATTR:root_device_name",
    )
    of_the_attachment = Note(
        "+volumes[].attachment_id", "+volumes[].bdm_uuid", "+volumes[].id", "+volumes[].serverId"
    )
    embedded = Note("flavor", why="by its id, and as it was when the server was made")
    devices = Note("+devices", why="boot order and buses, as createImage says them; sent with the volumes")
    hints = Keep("scheduler_hints")
    neighbours = Ref(
        "scheduler_hints.different_host[]", "scheduler_hints.same_host[]", to="server", optional=True
    )
    hinted_group = Note("scheduler_hints.group", why="as +server_group")
    hints_of_the_cloud = Drop(
        "scheduler_hints.build_near_host_ip",
        "scheduler_hints.cidr",
        "scheduler_hints.query",
        "scheduler_hints.target_cell",
        why="they name hosts of the old cloud",
    )
    certificates = Drop("trusted_image_certificates", why="the restored disk is not a signed image")
    asking_only = Drop(
        "OS-SCH-HNT:scheduler_hints",
        "adminPass",
        "block_device_mapping_v2",
        "flavorRef",
        "host",
        "imageRef",
        "max_count",
        "min_count",
        "networks",
        "personality",
        why="only said when a server is asked for",
    )

    # -- reading ---------------------------------------------------------------------------------------------

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        flavors = {
            one["id"]: one["flavor"]["id"] for one in self._older(cloud).list(self.listing, self.plural)
        }
        groups = _groups(cloud)
        bodies = [one for one in super().enumerate(cloud) if one["id"] in flavors]

        def whole(body: Body) -> Body | None:
            return self._whole(cloud, body, flavors[body["id"]], groups.get(body["id"]))

        yield from (one for one in each(whole, bodies) if one is not None)

    def show(self, cloud: Cloud, id: str) -> Body:
        body = super().show(cloud, id)
        flavor = self._older(cloud).get(f"{self.path}/{id}")["server"]["flavor"]["id"]
        found = self._whole(cloud, body, flavor, _groups(cloud).get(id))
        if found is None:
            raise NotFound(f"the server {id} went away while it was looked at")
        return found

    def _older(self, cloud: Cloud) -> Any:
        """The last microversion that gives the id of a server's flavor."""
        return cloud.rest(self.service, "2.46")

    def _whole(self, cloud: Cloud, body: Body, flavor: str, group: str | None) -> Body | None:
        """Device tags are in no list, so each server is asked for its ports and volumes. None: it is gone."""
        rest = self._rest(cloud)
        try:
            nics = rest.get(f"{self.path}/{body['id']}/os-interface")["interfaceAttachments"]
            volumes = rest.get(f"{self.path}/{body['id']}/os-volume_attachments")["volumeAttachments"]
        except NotFound:
            return None
        order = [one.get("OS-EXT-IPS-MAC:mac_addr") for net in body["addresses"].values() for one in net]
        nics.sort(key=lambda nic: order.index(nic["mac_addr"]) if nic["mac_addr"] in order else len(order))
        ports = [{"port": one["port_id"]} | ({"tag": one["tag"]} if one.get("tag") else {}) for one in nics]
        volumes.sort(key=by_device)
        added = {"+flavor_id": flavor, "+ports": ports, "+volumes": volumes}
        return body | added | ({"+server_group": group} if group else {})

    def recall(self, body: Body, reference: Reference) -> Body | None:
        """A flavor may be deleted while servers have it; they know its shape."""
        if reference.kind != "flavor":
            return None
        shape = body["flavor"]
        return {
            "id": reference.id,
            "name": shape["original_name"],
            "OS-FLV-EXT-DATA:ephemeral": shape["ephemeral"],
            **{key: shape[key] for key in ("vcpus", "ram", "disk", "swap", "extra_specs") if key in shape},
        }

    def takes(self, body: Body, chosen: Chosen) -> Iterator[tuple[str, int]]:
        yield from super().takes(body, chosen)
        if flavor := chosen(self.flavor.to, body["+flavor_id"]):
            yield "cores", int(flavor["vcpus"])
            yield "MiB of memory", int(flavor["ram"])

    def lost(self, body: Body, cloud: Powers) -> Iterator[tuple[str, str]]:
        yield from super().lost(body, cloud)
        name = body.get(HOSTNAME) or ""
        new = to_ask_for(name, cloud.extensions())
        if new and new != name:
            yield (
                HOSTNAME,
                f"no name for DNS, with which the target's network service works: it becomes {new}",
            )
        elif name and not new and not is_made_of(name, self.title(body)):
            yield HOSTNAME, "Nova takes none but ASCII letters: it makes one of the server's name"

    # -- freezing --------------------------------------------------------------------------------------------

    def freeze(self, cloud: Cloud, borrow: Borrow, resource: Resource) -> Frozen | Finding | None:
        """An image of the root disk; ephemeral and swap disks are in no image. Volumes are frozen as volumes."""
        body = resource.body
        if root_volume(body):
            return None
        if body["status"] == "ERROR":
            severity: Severity = (
                "error" if body.get("hostId") else "warning"
            )  # without a host it never had a disk
            return self.note(body, severity, "not-frozen", "{} is in the state ERROR: its disk is not read.")
        if body["status"].startswith("SHELVED"):
            return self._shelved(cloud, resource)

        image = borrow.take("image", lambda name: self._imaged(cloud, resource, name))
        asked = body["status"] == "ACTIVE" and has_agent(body)
        return Frozen(
            address=resource.address,
            source=image.what,
            id=image.id,
            requested="",
            consistency="quiesce requested" if asked else "crash-consistent",
        )

    def leads(self, body: Body) -> tuple[str, ...]:
        if body["status"] not in AS_ONE or not root_volume(body):
            return ()
        return tuple(f"{self.volumes.to}/{one['volumeId']}" for one in body["+volumes"])

    def freeze_together(self, cloud: Cloud, borrow: Borrow, resource: Resource) -> Together:
        """An image of 0 bytes, which says the whole mapping of devices, with a snapshot for each volume."""
        image = borrow.take("image", lambda name: self._imaged(cloud, resource, name))
        return frozen_volumes(cloud, borrow, image, resource.body)

    def _imaged(self, cloud: Cloud, resource: Resource, name: str) -> str:
        action = {"createImage": {"name": name}}
        return str(self._rest(cloud).post(f"{self.path}/{resource.id}/action", action)["image_id"])

    def _shelved(self, cloud: Cloud, resource: Resource) -> Frozen | Finding:
        """Shelving has made an image already, which names the server as its origin."""
        query = {"owner": cloud.project_id, "name": f"{resource.name}-shelved"}
        for one in cloud.rest("image").list("/v2/images", "images", **query):
            if one.get("instance_uuid") == resource.id:
                return Frozen(address=resource.address, source="image", id=one["id"], requested="")
        sentence = "{} is shelved, and the image with its disk was not found."
        return self.note(resource.body, "error", "not-frozen", sentence, "Unshelve it.")

    def frozen(self, cloud: Cloud, moment: Frozen) -> Progress:
        """The disk stands still once Nova has begun to send it to Glance. A snapshot that fails just vanishes."""
        try:
            status = cloud.rest("image").get(f"/v2/images/{moment.id}")["status"]
        except NotFound:
            status = "gone"
        if status == "active":
            return "ready"
        if status not in ("queued", "saving"):
            raise WentWrong(f"the image of the server is {status}")
        return "frozen" if status == "saving" else "asked"

    # -- making ----------------------------------------------------------------------------------------------

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        root = root_volume(body)
        said = {one["volumeId"]: one for one in body.get("+devices") or ()}
        disks = [disk(old, new, root, said.get(old["volumeId"], {})) for old, new in pairs(body, wanted)]
        wanted.pop("+volumes", None)
        renamed = {
            "flavorRef": wanted.pop("+flavor_id"),
            "networks": wanted.pop("+ports", None) or "none",
            "block_device_mapping_v2": sorted(disks, key=lambda one: one["boot_index"] != 0),
            "hostname": wanted.pop(HOSTNAME, None),
            "user_data": wanted.pop("OS-EXT-SRV-ATTR:user_data", None),
            "availability_zone": wanted.pop("pinned_availability_zone", None),
            "config_drive": wanted.pop("config_drive", "") == "True",
        }
        return wanted | {key: value for key, value in renamed.items() if value not in (None, [])}

    def create(self, cloud: Cloud, request: Body) -> Body:
        """``imageRef`` (from the mover) must be said a second time, as the disk to boot from."""
        server = dict(request)
        name = to_ask_for(server.pop("hostname", ""), cloud.extensions())
        server |= {"hostname": name} if name else {}
        group = server.pop("+server_group", None)
        if image := server.get("imageRef"):
            root = {
                "boot_index": 0,
                "uuid": image,
                "source_type": "image",
                "destination_type": "local",
                "delete_on_termination": True,
            }
            server["block_device_mapping_v2"] = [root, *server.get("block_device_mapping_v2", ())]
        hints = server.pop("scheduler_hints", {}) | ({"group": group} if group else {})
        answer = self._rest(cloud).post(
            self.path, {"server": server} | ({"os:scheduler_hints": hints} if hints else {})
        )
        return dict(answer["server"])

    def late(self, body: Body, resolve: Resolve) -> Body:
        """``delete_with``: volumes that go when the server goes; ``stop``; ``lock`` with its reason."""
        doomed = [one["volumeId"] for one in body["+volumes"] if one.get("delete_on_termination")]
        found = [new for old in doomed if (new := resolve("volume", old))]
        wanted: Body = {"delete_with": found} if found else {}
        if body.get("OS-EXT-STS:vm_state") not in RUNS:
            wanted["stop"] = True
        if body.get("locked"):
            wanted["lock"] = body.get("locked_reason") or ""
        return wanted

    def finish(self, cloud: Cloud, id: str, update: Body) -> None:
        """A locked server refuses all of this, so one that an earlier run locked is unlocked first."""
        rest, now = self._rest(cloud), super().show(cloud, id)
        if now["locked"]:
            rest.post(f"{self.path}/{id}/action", {"unlock": None})
        for volume in update.get("delete_with", ()):
            said = {"volumeId": volume, "delete_on_termination": True}
            rest.put(f"{self.path}/{id}/os-volume_attachments/{volume}", {"volumeAttachment": said})
        if update.get("stop") and now["status"] != "SHUTOFF":
            rest.post(f"{self.path}/{id}/action", {"os-stop": None})
            wait_until(lambda: self._stopped(cloud, id), what=f"Stopping the server {id}", limit=STOP_LIMIT)
        if "lock" in update:
            reason = {"locked_reason": update["lock"]} if update["lock"] else None
            rest.post(f"{self.path}/{id}/action", {"lock": reason})

    def _stopped(self, cloud: Cloud, id: str) -> bool | None:
        body = self.open(self._rest(cloud).get(f"{self.path}/{id}"))
        return (self.settled(body) and body["status"] == "SHUTOFF") or None

    def settled(self, body: Body) -> bool:
        if body["status"] == "ERROR":
            fault = (body.get("fault") or {}).get("message", "no reason is given")
            raise WentWrong(f"the server {self.title(body)} is in the state ERROR: {fault}")
        return body["status"] in ("ACTIVE", "SHUTOFF") and not body.get("OS-EXT-STS:task_state")

    def delete(self, cloud: Cloud, id: str) -> None:
        """A locked one is unlocked first. Returns when it is gone: until then it holds its volumes."""
        rest = self._rest(cloud)
        try:
            if super().show(cloud, id)["locked"]:
                rest.post(f"{self.path}/{id}/action", {"unlock": None})
        except NotFound:
            return
        super().delete(cloud, id)
        wait_until(lambda: self._gone(cloud, id), what=f"Deleting the server {id}", limit=STOP_LIMIT)

    def _gone(self, cloud: Cloud, id: str) -> bool | None:
        try:
            self._rest(cloud).get(f"{self.path}/{id}")
        except NotFound:
            return True
        return None

    def findings(self, body: Body) -> Iterator[Finding]:
        if "OS-EXT-SRV-ATTR:user_data" not in body:
            yield self.note(
                body,
                "info",
                "unreadable",
                "The user data of {}, if it has any, can only be read by an administrator.",
            )
        if body.get("OS-EXT-STS:vm_state") in ("paused", "suspended"):
            yield self.note(
                body, "warning", "not-kept", f"{{}} is {body['status']}; its memory is not in the backup."
            )
        lost = {path.partition(".")[2] for path in self.hints_of_the_cloud.paths}
        others = sorted(set(body.get("scheduler_hints") or {}) & lost)
        if others:
            yield self.note(
                body, "info", "not-kept", f"{{}} comes back without its hints {', '.join(others)}."
            )
        if body.get("trusted_image_certificates"):
            yield self.note(body, "info", "not-kept", "{} comes back without its trusted image certificates.")


def _groups(cloud: Cloud) -> dict[str, str]:
    """Server id -> id of its server group."""
    listed = cloud.rest("compute").list("/os-server-groups", "server_groups")
    return {server: one["id"] for one in listed for server in one["members"]}
