"""Platform 1: one authenticated project on one cloud. The only importer of openstacksdk besides the movers.

Importing this package costs little: the SDK itself is imported by `Cloud.connect`.
"""

from hoarfrost.cloud.borrow import Borrow, Borrowed, Ledger, leftovers
from hoarfrost.cloud.connect import Cloud
from hoarfrost.cloud.rest import Headers, Rest
from hoarfrost.cloud.route import quote_path
from hoarfrost.cloud.wait import wait_until

__all__ = [
    "Borrow",
    "Borrowed",
    "Cloud",
    "Headers",
    "Ledger",
    "Rest",
    "leftovers",
    "quote_path",
    "wait_until",
]
