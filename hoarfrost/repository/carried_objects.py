"""What every repository carries along, to be read without this product. Decides what a check says of it.

Nothing seals it, and an older version has put an older one there, which reads the repository as well. So what differs
from the one of this version is told and is no damage; only what is not there is.
"""

from __future__ import annotations

from importlib.resources import files

from hoarfrost.errors import Damaged, Missing, StoreError
from hoarfrost.repository.damage import Note
from hoarfrost.repository.format_object import NOTE, read_format
from hoarfrost.repository.layout import DECODER, FORMAT, HOW_TO
from hoarfrost.repository.stores.store import Store

CARRIED = (HOW_TO, DECODER)
_ANEW = "make a new repository of this version in an empty folder (`hoarfrost repository init`)"


def carried(name: str) -> bytes:
    """As this version puts it into a new repository."""
    return files("hoarfrost.repository").joinpath("carried", name).read_bytes()


def look_at_carried(store: Store) -> tuple[list[Damaged | StoreError], list[Note]]:
    """What is not there or cannot be read, and what differs. Raises a StoreError that may pass."""
    lacking: list[Damaged | StoreError] = []
    notes = []
    for name in CARRIED:
        hint = f"Put the current one there: {_ANEW}, and copy its {name} to this one."
        try:
            if store.get(name) != carried(name):
                notes.append(Note(_differs(name), hint))
        except Missing:
            said = f"{name} is not there: all is whole, but who has only the store lacks it."
            lacking.append(Damaged(said, hint=hint))
        except StoreError as error:
            if error.may_retry:
                raise
            lacking.append(StoreError(f"{name} cannot be read: {error.sentence}", hint=hint))
    if read_format(store).note != NOTE:
        hint = f"Only people read it: {_ANEW}, and copy the line of its {FORMAT} into this one. Leave the id as it is."
        notes.append(Note(_differs(f"The note in {FORMAT}"), hint))
    return lacking, notes


def _differs(what: str) -> str:
    return f"{what} differs from the one of this version: another version made it, or it was changed."
