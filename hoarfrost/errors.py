"""Every exception of Hoarfrost. An exception stops something; what does not stop anything is a Finding.

The tree, with the exit code of the command line (from the nearest class that sets one)::

    HoarfrostError                       1
    ├── UsageError                       2
    │   ├── MappingError
    │   ├── PlanError
    │   └── NoSuchRun
    ├── Partial                          3
    ├── AnotherRun                      11
    ├── RepositoryError                  1
    │   ├── NoRepository                10
    │   ├── RepositoryInUse             11
    │   ├── WrongKey                    12
    │   ├── RoleForbids
    │   ├── Damaged
    │   │   └── Missing
    │   ├── NoSuchBackup                 2
    │   └── StoreError
    │       ├── StoreFull
    │       ├── StoreRefused
    │       ├── StoreUnavailable
    │       └── NameTaken
    ├── CloudError                       1
    │   ├── NoSuchCloud              2
    │   ├── AuthenticationFailed
    │   ├── MissingService
    │   ├── Refused
    │   │   ├── Forbidden
    │   │   ├── NotFound
    │   │   └── Conflict
    │   ├── QuotaExceeded
    │   ├── Unavailable
    │   ├── Incomplete
    │   ├── TimedOut
    │   └── WentWrong
    └── Cancelled                      130

Each class decides: ``code`` (stable, for scripts and documentation), ``exit_code``, ``may_retry`` and a default
``hint``; the first line of its docstring is its meaning in the reference.
"""

from __future__ import annotations

import os


class HoarfrostError(Exception):
    """What no other code names.

    Base of all. ``sentence`` says what happened, ``hint`` what to do about it.
    ``request_id`` is the OpenStack request id (``x-openstack-request-id``) where an answer of a cloud caused it.
    """

    code = "error"
    exit_code = 1
    may_retry = False
    default_hint = ""

    def __init__(self, sentence: str, *, hint: str = "", request_id: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint or self.default_hint
        self.request_id = request_id


def cause(error: BaseException) -> str:
    """What the operating system said first of all, such as "Connection refused"; else the name of the error."""
    while below := error.__cause__ or error.__context__:
        error = below
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    if isinstance(error, OSError) and error.strerror:  # of a name server, whose numbers are negative
        return error.strerror
    return "timed out" if isinstance(error, TimeoutError) else type(error).__name__


class UsageError(HoarfrostError):
    """Something is wrong with the command line, a setting, or a file that the user wrote."""

    code = "usage"
    exit_code = 2


class MappingError(UsageError):
    """A mapping names something that is not there."""

    code = "mapping"


class PlanError(UsageError):
    """A plan does not fit the backup or the cloud, or cannot be understood."""

    code = "plan"
    default_hint = "Make a new plan with `hoarfrost restore plan`."


class NoSuchRun(UsageError):
    """Nothing is known on this machine of any run of the plan."""

    code = "no-such-run"


class Partial(HoarfrostError):
    """Done, except for something that nobody decided to leave out; the findings name it.

    Never raised: a command that ends so has a result to print first. What a plan skips, what a rule forgets, what only
    administrators may, is left out by decision and no reason for it.
    """

    code = "partial"
    exit_code = 3


class AnotherRun(HoarfrostError):
    """Another backup of this project, or run of this plan, is at work on this machine."""

    code = "another-run"
    exit_code = 11
    may_retry = True
    default_hint = "Wait for it to end, or stop it."


class RepositoryError(HoarfrostError):
    """The repository fails in a way that no other code names."""

    code = "repository"


class NoRepository(RepositoryError):
    """There is no repository at this URL."""

    code = "no-repository"
    exit_code = 10
    default_hint = "Check the URL, or make a repository there with `hoarfrost repository init`."


class RepositoryInUse(RepositoryError):
    """Another prune, or init, is at work in the repository."""

    code = "repository-in-use"
    exit_code = 11
    may_retry = True
    default_hint = "Wait for the other run to end, then try again."


class WrongKey(RepositoryError):
    """The passphrase or age identity does not open the repository."""

    code = "wrong-key"
    exit_code = 12
    default_hint = "Check HOARFROST_PASSPHRASE_FILE or HOARFROST_PASSPHRASE_COMMAND."


class RoleForbids(RepositoryError):
    """The role of the key that opened the repository is not for this."""

    code = "role"
    default_hint = (
        "Open the repository with a key of another role: docs/how-to/give-out-keys.md says what each may do."
    )


class Damaged(RepositoryError):
    """Bytes in the repository are not those that were written, or are missing."""

    code = "damaged"


class Missing(Damaged):
    """A file of the repository is missing."""

    code = "missing"


class NoSuchBackup(RepositoryError):
    """There is no backup by that id."""

    code = "no-such-backup"
    exit_code = 2
    default_hint = "List what is there with `hoarfrost backup list`."


class StoreError(RepositoryError):
    """The place where the bytes lie refuses or fails."""

    code = "store"


class StoreFull(StoreError):
    """The store has no space left, or a quota is reached."""

    code = "store-full"
    default_hint = "Free some space where the repository lies; nothing that was committed is affected."


class StoreRefused(StoreError):
    """The store refuses: credentials, rights, a host key, a setting."""

    code = "store-refused"
    default_hint = "Check the credentials for the store, and what they may do."


class StoreUnavailable(StoreError):
    """The store does not answer: time-out, connection lost, 5xx."""

    code = "store-unavailable"
    may_retry = True
    default_hint = "Nothing that was committed is affected. Run the same command again."


class NameTaken(StoreError):
    """A file that must be new is there already."""

    code = "name-taken"


class CloudError(HoarfrostError):
    """The cloud fails in a way that no other code names."""

    code = "cloud"


class NoSuchCloud(CloudError):
    """Neither clouds.yaml nor the OS_* variables name a usable cloud."""

    code = "no-such-cloud"
    exit_code = 2
    default_hint = (
        "Name an entry of clouds.yaml with --os-cloud or --identity-cloud, or set the OS_* variables."
    )


class AuthenticationFailed(CloudError):
    """The identity service refuses the credentials."""

    code = "authentication"
    default_hint = "Check user, password and project, or whether the application credential has expired."


class MissingService(CloudError):
    """The catalog has no endpoint for a service that is needed."""

    code = "missing-service"


class Refused(CloudError):
    """The cloud refuses a request (4xx) for a reason that no other code names."""

    code = "refused"


class Forbidden(Refused):
    """The role of these credentials may not do that (403)."""

    code = "forbidden"
    default_hint = (
        "By OpenStack's policies as they come a reader only looks, and a member does what is not an operator's affair:"
        " ask for another role."
    )


class NotFound(Refused):
    """What was asked for is not there (404)."""

    code = "not-found"


class Conflict(Refused):
    """The state of a resource does not allow it, or its name is taken (409)."""

    code = "conflict"


class QuotaExceeded(CloudError):
    """The quota of the project does not allow it."""

    code = "quota"
    default_hint = "Ask for a larger quota, or remove what is not needed, and run again."


class Unavailable(CloudError):
    """A service of the cloud does not answer: 5xx, time-out, connection lost."""

    code = "unavailable"
    may_retry = True


class TimedOut(CloudError):
    """A resource did not reach its state in time."""

    code = "timed-out"
    may_retry = True


class WentWrong(CloudError):
    """A resource went into an error state."""

    code = "went-wrong"


class Cancelled(HoarfrostError):
    """Stopped by Ctrl-C or SIGTERM."""

    code = "cancelled"
    exit_code = 130
    default_hint = "Run the same command again: it goes on where it stopped."
