"""Volumes made of images that hold LUKS: as back ends of block devices make them, so does the NFS driver here.

The driver would set the size of the file with qemu-img, which does not open LUKS without its key; and it would take the
header for a part that is missing.
"""

from cinder.image import image_utils
from cinder.volume.drivers import remotefs

_plain = remotefs.RemoteFSDriver.copy_image_to_volume


def _copy(self, context, volume, image_service, image_id, disable_sparse=False):
    if not volume.encryption_key_id:
        return _plain(self, context, volume, image_service, image_id, disable_sparse)
    return image_utils.fetch_to_raw(
        context,
        image_service,
        image_id,
        self.local_path(volume),
        self.configuration.volume_dd_blocksize,
        size=volume.size,
        run_as_root=self._execute_as_root,
        disable_sparse=disable_sparse,
    )


def install() -> None:
    """Into the driver's base, before a service loads it."""
    remotefs.RemoteFSDriver.copy_image_to_volume = _copy
