"""The product in the order of its stages: `back_up`, `make_plan`, `restore`.

Decides what follows what, what a run holds open, and what is given back at its end. How a stage works is its own
affair.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from msgspec.structs import replace

from hoarfrost import __version__
from hoarfrost.applied import must_be_known
from hoarfrost.capture import capture, uncovered
from hoarfrost.cloud import Borrow, Cloud
from hoarfrost.ending import alone, clear_dead_runs, ended, proof
from hoarfrost.errors import Damaged, HoarfrostError, PlanError, UsageError
from hoarfrost.events import Found, Sink, StageBegan, StageEnded, silent
from hoarfrost.freeze import freeze
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.summary import keeps_bytes
from hoarfrost.model import Backup, Bytes, Finding, Graph, Plan, Stream, fidelity, percent, to_json
from hoarfrost.pattern import listed, must_fit, must_name
from hoarfrost.plan import Mappings, fit, plan
from hoarfrost.repository import Committed, Repository
from hoarfrost.restore import HandOver, Outcome, apply, made_before
from hoarfrost.restore import undo as take_back
from hoarfrost.run import Journal
from hoarfrost.stored import Recording, last_streams, manifest
from hoarfrost.stream import MOVERS, stream
from hoarfrost.verify import Compared, compare, foreseen


def back_up(
    cloud: Cloud, repository: Repository, sink: Sink, fine: Sequence[str] = (), snapshots: Sequence[str] = ()
) -> tuple[Committed, Backup]:
    """One backup of the project of ``cloud``: capture, freeze, stream, commit.

    ``fine``: patterns of what is stored in finer differences; ``snapshots``: of the user's snapshots that are read. One
    that fits nothing is a finding, as what it names may be gone, but a UsageError where it never could fit.
    What one resource refuses becomes a finding, and the backup ``partial``; raises what stops a run (see `errors`).
    Nothing temporary is left in the cloud, or a finding says what.
    """
    must_name("--fine", fine, {kind.name for kind in KINDS.values() if kind.mover})
    started = now()
    journal = Journal.begin("backup", auth_url=cloud.auth_url, project_id=cloud.project_id)
    with ended(journal), repository.session(journal.run) as session:
        alone(journal, "backup of this project", kind="backup", project_id=cloud.project_id)
        storage = Recording(session, repository)
        print_of = cloud.probe()
        findings = [*uncovered(cloud, print_of, KINDS), *clear_dead_runs(cloud, journal)]
        with stage("capture", sink) as told:
            graph, more = capture(cloud, KINDS, sink)
            findings += [*more, *_no_snapshots(snapshots, graph, sink)]
            told.append(f"{len(graph)} resources")
        with Borrow(cloud, journal, journal.run) as borrow:
            with stage("freeze", sink) as told:
                window, more = freeze(cloud, borrow, graph, KINDS, sink, snapshots)
                findings += more
                told.append(f"window of {window.seconds:.1f} s")
            with stage("stream", sink) as told:
                previous, more = last_streams(repository, cloud.project_id)
                findings += more
                streams, more = stream(
                    cloud, borrow, graph, window, KINDS, MOVERS, storage, previous, sink, fine
                )
                findings += more + storage.findings()
                told.append(f"{len(streams)} streams")
            findings += borrow.give_back_all()
        findings += proof(cloud, journal.run)
        backup = Backup(
            project_id=cloud.project_id,
            project_name=cloud.project_name,
            user_id=cloud.user_id,
            user_name=cloud.user_name,
            roles=tuple(cloud.roles),
            cloud=print_of,
            tool=f"hoarfrost {__version__}",
            started=started,
            ended=now(),
            status="partial" if any(one.severity == "error" for one in findings) else "complete",
            window=window,
            bytes=_amounts(streams),
            resources=tuple(graph),
            streams=tuple(streams),
            findings=tuple(findings),
        )
        backup = replace(backup, fates=foreseen(backup, KINDS))
        with stage("commit", sink) as told:
            summary = _summary(backup)
            committed = session.commit(to_json(backup), summary, storage.refs, scope=cloud.project_id)
            told.append(committed.id)
    return committed, backup


def _no_snapshots(patterns: Iterable[str], graph: Graph, sink: Sink) -> Iterator[Finding]:
    """What `--with-snapshots` names and the project does not have. All of them (``*``) may be none."""
    history = [one for one in graph if one.owned and keeps_bytes(KINDS[one.kind])]
    for pattern in patterns:
        names = (pattern, f"*/{pattern}")
        if pattern == "*" or any(one.matches(names) for one in history):
            continue
        there = listed((one.name or one.id for one in history), pattern)
        finding = Finding(
            address="project",
            severity="warning",
            code="snapshots-unmatched",
            sentence=f"--with-snapshots {pattern} fits no snapshot of this project, so that none is read for it.",
            hint=f"There is: {there}." if there else "The project has no snapshot of a volume.",
        )
        sink(Found(stage="capture", finding=finding))
        yield finding


def load(repository: Repository, id: str) -> tuple[str, Backup]:
    """The whole id and the manifest of the backup whose id begins with ``id`` (``latest``: the one that began last).

    Where the backups are of several projects, ``latest`` is a UsageError: it could be somebody else's.
    """
    if id == "latest":
        every = repository.backups()
        newest = max((one.id for one in every), default="")  # ids begin with the time at which the run began
        if later := [one for one in every.damaged if one.backup > newest]:
            hint = "Name the backup by its id; `hoarfrost backup list` shows them, and what to do about this one."
            raise Damaged(f"what may be the latest backup cannot be read: {later[-1].why}", hint=hint)
        if not every:
            raise UsageError(
                "the repository holds no backup yet", hint="Make one with `hoarfrost backup create`."
            )
        if len({one.summary.get("project_id") for one in every}) > 1:
            raise UsageError(
                "the repository holds backups of several projects",
                hint="Name the backup by its id; `hoarfrost backup list` shows them.",
            )
        id = newest
    committed = repository.load(id)
    return committed.id, manifest(committed)


def make_plan(
    cloud: Cloud,
    repository: Repository,
    id: str,
    mappings: Mappings,
    existing: str,
    sink: Sink,
    *,
    only: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> tuple[Plan, Backup]:
    """What a restore of backup ``id`` into the project of ``cloud`` would do. Changes nothing anywhere.

    ``only``, ``exclude``: patterns (`Resource.matches`); what the chosen need is chosen too. Raises UsageError for
    one that fits nothing.
    """
    whole, backup = load(repository, id)
    for option, patterns in (("--only", only), ("--exclude", exclude)):
        must_fit(option, patterns, backup)
    with stage("plan", sink) as told:
        records = Journal.records(whole=False, auth_url=cloud.auth_url, project_id=cloud.project_id)
        earlier = made_before(records)
        made = plan(
            backup,
            whole,
            cloud,
            KINDS,
            mappings,
            existing=existing,
            only=only,
            exclude=exclude,
            earlier=earlier,
        )
        told.append(f"{sum(one.action != 'update' for one in made.steps)} steps")
    missing = [
        replace(one, severity="warning", sentence=f"already missing in the backup: {one.sentence}")
        for one in backup.findings
        if one.severity == "error"
    ]
    return replace(made, findings=(*_forgotten(cloud), *missing, *made.findings)), backup


def _forgotten(cloud: Cloud) -> Iterator[Finding]:
    """What this machine knows no more of what earlier restores made in the project."""
    for sentence in Journal.damaged(auth_url=cloud.auth_url, project_id=cloud.project_id):
        hint = "What only this file knows of earlier restores may be made once more. If its run is over, remove it."
        yield Finding(address="journal", severity="warning", code="journal", sentence=sentence, hint=hint)


def restore(
    cloud: Cloud,
    repository: Repository,
    made: Plan,
    sink: Sink,
    to: HandOver | None = None,
    known: Mapping[str, str] | None = None,
) -> Outcome:
    """Do what the plan says, or go on where an earlier run of the same plan stopped.

    ``to``: for whom the passwords of new users are written down; without, they come back disabled. ``known``: name ->
    secret of application credentials.
    """
    _for_here(cloud, made)
    _, backup = load(repository, made.backup)
    journal = Journal.begin("restore", auth_url=cloud.auth_url, project_id=cloud.project_id, plan=made.id)
    with ended(journal), stage("restore", sink) as told:
        alone(journal, "run of this plan", plan=made.id)
        left = clear_dead_runs(cloud, journal)
        whole = fit(made, backup, cloud, KINDS)
        storage = Recording(None, repository)
        outcome = apply(whole, backup, cloud, KINDS, MOVERS, storage, journal, sink, to=to, known=known)
        told.append(f"{outcome.count('created')} created")
        left += [*storage.findings(), *proof(cloud, journal.run)]
    with stage("verify", sink) as told:
        compared = _compared(cloud, whole, backup, outcome)
        told.append(f"{len(compared.findings)} differences, fidelity {percent(fidelity(compared.fates))}")
        for one in compared.findings:
            sink(Found(stage="verify", finding=one))
    return replace(outcome.with_findings([*left, *compared.findings]), fates=compared.fates)


def _for_here(cloud: Cloud, made: Plan) -> None:
    """A plan is for one project of one cloud. Raises PlanError with other credentials."""
    if made.project_id != cloud.project_id:
        raise PlanError(
            f"this plan is for the project {made.project_name} ({made.project_id}) at {made.auth_url};"
            f" these credentials are for {cloud.project_name} ({cloud.project_id}) at {cloud.auth_url}",
            hint="Use the credentials that the plan was made with, or make a plan with these.",
        )


def _compared(cloud: Cloud, made: Plan, backup: Backup, outcome: Outcome) -> Compared:
    """What came back, looked at once more and held against the backup. That it cannot be seen is told."""
    try:
        there, _ = capture(cloud, KINDS, silent)
    except HoarfrostError as error:
        sentence = f"what was restored could not be compared with the backup: {error.sentence}"
        unseen = Finding(address="project", severity="warning", code="not-verified", sentence=sentence)
        return Compared([unseen], ())
    return compare(backup, made, outcome.ids, there, KINDS, cloud, outcome.unlocked)


def undo(cloud: Cloud, made: Plan, sink: Sink) -> Outcome:
    """Remove what runs of this plan made in the project, the last first; never what they reused.

    Raises NoSuchRun where none is known on this machine.
    """
    _for_here(cloud, made)
    must_be_known(made)
    journal = Journal.begin("undo", auth_url=cloud.auth_url, project_id=cloud.project_id, plan=made.id)
    with ended(journal), stage("undo", sink) as told:
        alone(journal, "run of this plan", plan=made.id)
        outcome = take_back(made, cloud, KINDS, journal, sink)
        told.append(f"{outcome.count('removed')} removed")
    return outcome


def _amounts(streams: Iterable[Stream]) -> Bytes:
    every = list(streams)
    return Bytes(
        logical=sum(one.logical for one in every),
        read=sum(one.read for one in every),
        stored=sum(one.stored for one in every),
    )


def _summary(backup: Backup) -> dict[str, object]:
    """What a list shows without opening the manifest."""
    return {
        "project_id": backup.project_id,
        "project_name": backup.project_name,
        "auth_url": backup.cloud.auth_url,
        "started": backup.started,
        "ended": backup.ended,
        "status": backup.status,
        "window_seconds": round(backup.window.seconds, 3),
        "bytes": {
            "logical": backup.bytes.logical,
            "read": backup.bytes.read,
            "stored": backup.bytes.stored,
        },
        "resources": backup.counts(),
        "fidelity": round(fidelity(backup.fates), 4),
    }


@contextmanager
def stage(name: str, sink: Sink) -> Iterator[list[str]]:
    """Says when a stage begins and ends; the list takes what to say of its result."""
    began, told = time.monotonic(), list[str]()
    sink(StageBegan(stage=name))
    yield told
    sink(StageEnded(stage=name, seconds=time.monotonic() - began, detail=", ".join(told)))


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
