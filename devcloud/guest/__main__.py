"""Builds the guest image ahead of its first use; `./dev setup` calls this."""

from devcloud import guest
from devcloud.settings import LOG, STATE

for folder in (LOG, STATE):
    folder.mkdir(parents=True, exist_ok=True)
guest.image()
