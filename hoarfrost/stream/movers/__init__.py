"""One file for each way in which bytes leave a cloud and enter one. A kind names its mover."""

from __future__ import annotations

from hoarfrost.kinds.mover import Mover
from hoarfrost.stream.movers.container import ContainerMover
from hoarfrost.stream.movers.image import ImageMover
from hoarfrost.stream.movers.server import ServerMover
from hoarfrost.stream.movers.volume import VolumeMover

MOVERS: dict[str, Mover] = {
    "container": ContainerMover(),
    "image": ImageMover(),
    "server": ServerMover(),
    "volume": VolumeMover(),
}
