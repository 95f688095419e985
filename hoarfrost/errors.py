"""Every exception of Hoarfrost. An exception stops something; what does not stop anything is a Finding.

The tree, with the exit code of the command line (from the nearest class that sets one)::

    HoarfrostError                       1
    ├── UsageError                       2    the command line, a setting or a file the user wrote
    │   ├── MappingError                      a mapping names something that is not there
    │   └── PlanError                         a plan that does not fit the backup or the cloud
    ├── Partial                          3    finished, but not everything is in it
    ├── AnotherRun                      11    another backup of this project, or run of this plan, on this machine
    ├── RepositoryError                  1
    │   ├── NoRepository                10    nothing at this URL, or nothing of ours
    │   ├── RepositoryInUse             11    another collector, or init, is at work
    │   ├── WrongKey                    12    the passphrase opens no key slot
    │   ├── RoleForbids                       the key that opened the repository is not for this
    │   ├── Damaged                           bytes that fail authentication or are missing
    │   │   └── Missing                       no object of this name in the store
    │   ├── NoSuchBackup                      no backup by that name
    │   └── StoreError                        the place where the bytes lie refuses or fails
    │       ├── StoreFull                     no space left, or a quota reached
    │       ├── StoreRefused                  credentials, rights, a host key, a setting
    │       ├── StoreUnavailable              time-out, connection lost, 5xx; may be tried again
    │       └── NameTaken                     put_new() of a name that exists
    ├── CloudError                       1
    │   ├── NoSuchCloud                       clouds.yaml and OS_* do not name a usable cloud
    │   ├── AuthenticationFailed              the identity service refuses the credentials
    │   ├── MissingService                    the catalog has no endpoint for a service that is needed
    │   ├── Refused                           4xx that no other class names
    │   │   ├── Forbidden                     403: this role may not
    │   │   ├── NotFound                      404
    │   │   └── Conflict                      409
    │   ├── QuotaExceeded                     the project's quota does not allow it
    │   ├── Unavailable                       5xx, time-out, connection lost; may be tried again
    │   ├── Incomplete                        most of it came over (in `stream.incomplete`)
    │   ├── TimedOut                          a resource did not reach its state within the limit
    │   └── WentWrong                         a resource reached an error state
    └── Cancelled                      130    Ctrl-C or SIGTERM

Each class decides: ``code`` (stable, for scripts and documentation), ``exit_code``, ``may_retry`` and a default
``hint``.
"""

from __future__ import annotations


class HoarfrostError(Exception):
    """Base of all. ``sentence`` says what happened, ``hint`` what to do about it.

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


class UsageError(HoarfrostError):
    code = "usage"
    exit_code = 2


class MappingError(UsageError):
    code = "mapping"


class PlanError(UsageError):
    code = "plan"
    default_hint = "Make a new plan with `hoarfrost restore plan`."


class Partial(HoarfrostError):
    """Raised by the command line, after the work, so that the exit code tells the truth."""

    code = "partial"
    exit_code = 3


class AnotherRun(HoarfrostError):
    code = "another-run"
    exit_code = 11
    may_retry = True
    default_hint = "Wait for it to end, or stop it."


class RepositoryError(HoarfrostError):
    code = "repository"


class NoRepository(RepositoryError):
    code = "no-repository"
    exit_code = 10
    default_hint = "Check the URL, or make a repository there with `hoarfrost repository init`."


class RepositoryInUse(RepositoryError):
    code = "repository-in-use"
    exit_code = 11
    may_retry = True
    default_hint = "Wait for the other run to end, then try again."


class WrongKey(RepositoryError):
    code = "wrong-key"
    exit_code = 12
    default_hint = "Check HOARFROST_PASSPHRASE_FILE or HOARFROST_PASSPHRASE_COMMAND."


class RoleForbids(RepositoryError):
    code = "role"


class Damaged(RepositoryError):
    code = "damaged"


class Missing(Damaged):
    code = "missing"


class NoSuchBackup(RepositoryError):
    code = "no-such-backup"
    default_hint = "List what is there with `hoarfrost backup list`."


class StoreError(RepositoryError):
    code = "store"


class StoreFull(StoreError):
    code = "store-full"
    default_hint = "Free some space where the repository lies; nothing that was committed is affected."


class StoreRefused(StoreError):
    code = "store-refused"
    default_hint = "Check the credentials for the store, and what they may do."


class StoreUnavailable(StoreError):
    code = "store-unavailable"
    may_retry = True
    default_hint = "Nothing that was committed is affected. Run the same command again."


class NameTaken(StoreError):
    code = "name-taken"


class CloudError(HoarfrostError):
    code = "cloud"


class NoSuchCloud(CloudError):
    code = "no-such-cloud"
    default_hint = "Name a cloud of clouds.yaml with --os-cloud, or set the OS_* variables."


class AuthenticationFailed(CloudError):
    code = "authentication"
    default_hint = "Check user, password and project, or whether the application credential has expired."


class MissingService(CloudError):
    code = "missing-service"


class Refused(CloudError):
    code = "refused"


class Forbidden(Refused):
    code = "forbidden"


class NotFound(Refused):
    code = "not-found"


class Conflict(Refused):
    code = "conflict"


class QuotaExceeded(CloudError):
    code = "quota"
    default_hint = "Ask for a larger quota, or remove what is not needed, and run again."


class Unavailable(CloudError):
    code = "unavailable"
    may_retry = True


class TimedOut(CloudError):
    code = "timed-out"
    may_retry = True


class WentWrong(CloudError):
    code = "went-wrong"


class Cancelled(HoarfrostError):
    code = "cancelled"
    exit_code = 130
    default_hint = "Run the same command again: it goes on where it stopped."
