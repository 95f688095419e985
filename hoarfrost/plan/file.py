"""A plan as a YAML file that a person reads and edits.

Decides what the file looks like and what can be read from it. Needs and late updates are not in it: they
follow from the steps and the backup, and `fit` works them out again after an edit; there also the edits are
judged.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
import yaml

from hoarfrost.errors import PlanError
from hoarfrost.model import FORMAT, Finding, Plan, Step, Struct
from hoarfrost.written import NotYaml, parsed

HEAD = """\
# A plan of Hoarfrost: what `hoarfrost restore apply` will do, step by step. It may be edited:
#
#   action   create      make it anew
#            reuse, map  take the one that `target` names (an id or a name on the target cloud)
#            skip        leave it out (deleting the step means the same)
#            impossible  cannot be done as things are; the reason says why. What is impossible only because it
#                        needs another that is, becomes possible when that one does: edit that one.
#   target   for reuse and map: the id or the name of the thing that is there
#   name     the name that it gets
#
# What can only be set once everything is there (routes, DHCP, the power state of servers) follows from these
# steps as an update of what they make, and has no step of its own here.
#
# Everything else explains or identifies the plan and stays as it is.
"""
TAIL = """
# Not to be edited: by this a second run knows what had been there before.
"""


_MEND = (
    "Mend what was edited in it, or take a copy of the file. A new plan is another one: what was made with this plan"
    " can be undone only with its file."
)

Written = Literal["create", "reuse", "map", "skip", "impossible"]
"""The actions that a step in the file may have."""


class Line(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One step as the file has it."""

    step: str
    name: str = ""
    action: Written
    target: str = ""
    reason: str = ""


class File(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file, in this order."""

    format: int
    plan: str
    backup: str
    made: str
    cloud: str
    project: str
    project_name: str = ""
    steps: tuple[Line, ...] = ()
    findings: tuple[Finding, ...] = ()
    existing: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


def write(plan: Plan, path: Path) -> None:
    """Raises OSError."""
    path.write_text(text(plan), encoding="utf-8")


def text(plan: Plan) -> str:
    file = File(
        format=plan.format,
        plan=plan.id,
        backup=plan.backup,
        made=plan.made,
        cloud=plan.auth_url,
        project=plan.project_id,
        project_name=plan.project_name,
        steps=tuple(
            Line(step=one.address, name=one.name, action=one.action, target=one.target, reason=one.reason)
            for one in plan.steps
            if one.action != "update"
        ),
        findings=plan.findings,
        existing=plan.existing,
    )
    whole: dict[str, Any] = msgspec.to_builtins(file)
    existing = whole.pop("existing", {})
    steps = [_yaml([one]) for one in whole.pop("steps", [])]
    findings = whole.pop("findings", [])
    parts = [HEAD, _yaml(whole), "steps:\n", "\n".join(steps)]
    if findings:
        parts += ["\n", _yaml({"findings": findings})]
    return "".join([*parts, TAIL, _yaml({"existing": existing})])


def read(path: Path) -> Plan:
    """The plan as the file has it. Raises PlanError."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "Name the file that `hoarfrost restore plan` wrote."
        raise PlanError(f"the plan {path} cannot be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise PlanError(f"the plan {path} is no text in UTF-8", hint=_MEND) from error


def id_in(path: Path) -> str:
    """The id of the plan in the file, even where the rest cannot be understood; "" if it has none."""
    try:
        found = re.search(rb"^plan: *['\"]?(\w+)", path.read_bytes(), re.MULTILINE)
    except OSError:
        return ""
    return found[1].decode() if found else ""


def parse(content: str) -> Plan:
    """Raises PlanError, which says where the file is wrong."""
    try:
        said = parsed(content)
    except NotYaml as error:
        raise PlanError(f"the plan is no YAML{error}", hint=_MEND) from error
    try:
        file = msgspec.convert(said, File)
    except msgspec.ValidationError as error:
        raise _misunderstood(content, str(error)) from error
    if file.format > FORMAT:
        raise PlanError(
            f"the plan has format {file.format}; this version knows up to {FORMAT}",
            hint="Use the version of Hoarfrost that made it, or a later one.",
        )
    return Plan(
        id=file.plan,
        backup=file.backup,
        made=file.made,
        auth_url=file.cloud,
        project_id=file.project,
        project_name=file.project_name,
        steps=tuple(
            Step(address=one.step, name=one.name, action=one.action, reason=one.reason, target=one.target)
            for one in file.steps
        ),
        existing=file.existing,
        findings=file.findings,
        format=file.format,
    )


def _misunderstood(content: str, error: str) -> PlanError:
    """In the words of the file, where the step can be named."""
    hint = f"An action is one of {', '.join(get_args(Written))}. The first lines of the plan say what may be edited."
    place = re.search(r"\$\.steps\[(\d+)\]", error)
    if place is None:
        return PlanError(f"the plan cannot be understood: {error}", hint=hint)
    line = parsed(content)["steps"][int(place[1])]
    said: dict[str, Any] = line if isinstance(line, dict) else {}
    where = f"step {said.get('step') or int(place[1]) + 1}" + (
        f" ({said['name']})" if said.get("name") else ""
    )
    if said.get("action") not in get_args(Written):
        why = f"{said['action']!r} is no action" if "action" in said else "it has no action"
    elif strange := [str(one) for one in said.keys() - set(Line.__struct_fields__)]:
        why = f"there is no {', '.join(sorted(strange))} in a step"
    else:
        why = error.partition(" - at ")[0]
    return PlanError(f"the plan cannot be understood in {where}: {why}", hint=hint)


def _yaml(value: Any) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110))
