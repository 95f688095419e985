"""A secret -> a key ring, by the key slots in a store. Decides what is said of slots that are damaged or another's."""

from __future__ import annotations

from hoarfrost.errors import Damaged, Missing, RepositoryError, StoreError, WrongKey
from hoarfrost.repository.layout import FORMAT, KEYS
from hoarfrost.repository.passphrase import AgeIdentity
from hoarfrost.repository.ring import Ring, Role
from hoarfrost.repository.slots import Secret, Slot, open_slot, opens
from hoarfrost.repository.stores.store import Store, listed


def read_slot(store: Store, name: str) -> Slot | Damaged | StoreError:
    """Or why there is none: whose it was cannot be told, and the other slots open as ever. Raises Missing, StoreError.

    A StoreError is of one that the store does not give: it may be whole. One that may pass is raised.
    """
    id = name.removeprefix(KEYS)
    hint = (
        f"Put keys/{id} back from a copy; or open the repository by another key, add this one anew,"
        f" and take the damaged one away: `hoarfrost repository key remove {id}`."
    )
    try:
        return Slot.decode(store.get(name))
    except Missing:
        raise  # removed since it was listed
    except Damaged:
        return Damaged(f"The key slot {id} is damaged.", hint=hint)
    except StoreError as error:
        if error.may_retry:
            raise
        hint = f"It may be whole: see why the store does not give it. If it is lost: {hint}"
        return StoreError(f"The key slot {id} cannot be read: {error.sentence}", hint=hint)


def open_ring(store: Store, secret: Secret, repository: bytes) -> Ring:
    """From the first slot that the secret opens, of the newest epoch. Raises WrongKey, Damaged."""
    names = sorted(name for name, _ in listed(store, KEYS))
    if not names:
        hint = "It was shredded, or its keys/ are lost: only a copy of a key slot from before opens it."
        raise Damaged(f"The repository at {store.describe()} has no key slot.", hint=hint)
    damaged: list[Damaged | StoreError] = []
    wrong: list[WrongKey] = []
    own: list[Damaged] = []
    found: dict[str, Ring] = {}
    alike: set[tuple[str, Role, str]] = set()
    for name in names:
        try:
            slot = read_slot(store, name)
            if not isinstance(slot, Slot):
                damaged.append(slot)
            # After one that opens, only a twin is tried: a rotation that died has left the same slot twice
            elif opens(secret, slot) and (not found or (slot.kind, slot.role, slot.label) in alike):
                found[name] = open_slot(slot, secret, repository)
                alike.add((slot.kind, slot.role, slot.label))
        except Missing:
            continue
        except WrongKey as error:
            wrong.append(error)
        except Damaged as error:
            said = f"The secret is that of the key {name.removeprefix(KEYS)}. {error.sentence}"
            hint = (
                f"If {FORMAT} was written anew, its id is another than `hoarfrost repository init` printed."
            )
            own.append(Damaged(said, hint=hint))
    if found:
        return max(found.values(), key=lambda ring: ring.epoch)
    if own:
        raise own[0]
    raise _refusal(secret, wrong, damaged, len(names))


def _refusal(
    secret: Secret, wrong: list[WrongKey], damaged: list[Damaged | StoreError], slots: int
) -> RepositoryError:
    """Every slot that is whole is another's. Of one that is damaged nobody can say whether the secret was its own."""
    if len(damaged) == slots:
        return damaged[0]
    age = isinstance(secret, AgeIdentity)
    said = (
        wrong[0].sentence if wrong else f"No key slot is for {'an age identity' if age else 'a passphrase'}."
    )
    hint = "Check HOARFROST_AGE_IDENTITY_FILE." if age else WrongKey.default_hint
    if damaged:
        named = " ".join(one.sentence for one in damaged)
        this = "It" if len(damaged) == 1 else "One of them"
        said += f" {named} {this} may be what the {'identity' if age else 'passphrase'} is for."
        hint = f"{hint} If it is right, see to the key slot: {damaged[0].hint}"
    return WrongKey(said, hint=hint)
