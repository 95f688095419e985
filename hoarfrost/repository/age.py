"""Key slots for the holders of age key pairs (age-encryption.org/v1), X25519 ones. pyrage does the work."""

from __future__ import annotations

from hoarfrost.errors import UsageError, WrongKey
from hoarfrost.repository.passphrase import AgeIdentity, AgeRecipient


def sealed_for(recipient: AgeRecipient, data: bytes) -> bytes:
    """Raises UsageError."""
    import pyrage

    try:
        return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(recipient.text)]))
    except pyrage.RecipientError as error:
        raise UsageError(
            f"{recipient.text!r} is no age recipient.", hint="It begins with age1; age-keygen prints it."
        ) from error


def opened_by(identity: AgeIdentity, sealed: bytes) -> bytes:
    """Raises WrongKey, UsageError. Damage and another's key look the same to age."""
    import pyrage

    try:
        key = pyrage.x25519.Identity.from_str(identity.reveal().decode())
    except pyrage.IdentityError:
        hint = "It begins with AGE-SECRET-KEY-1; age-keygen makes one."
        raise UsageError("This is no age identity.", hint=hint) from None
    try:
        return bytes(pyrage.decrypt(sealed, [key]))
    except pyrage.DecryptError as error:
        raise WrongKey("The age identity does not open the key slot.") from error
