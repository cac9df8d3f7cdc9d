"""Whether a step did to the columns of its data what the declaration of its component says."""

from __future__ import annotations

from . import codes
from .contract import Artefact, StepError, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .contract import Task


def judge(task: Task, port: str, names: Sequence[str], who: str) -> None:
    """Compare the columns ``names`` of the output ``port`` with those that its input has and its type declares.

    ``who`` says in messages whose rows they are.

    Raises:
        StepError: a column is there or is missing that the declaration does not account for.
    """
    changes = task.outputs[port].type.get("changes")
    given = task.inputs.get(changes["input"]) if changes else None
    if not changes or not isinstance(given, Artefact) or not given.path:
        return
    import pyarrow.parquet

    before = pyarrow.parquet.read_schema(given.path).names
    adds, drops, renames = changes["adds"], changes["drops"], changes["renames"]
    kept = [renames.get(name, name) for name in before if name not in drops]
    wanted = [*kept, *adds]
    said = "" if len(task.outputs) == 1 else f" in `{port}`"
    for name in wanted:
        if name in names:
            continue
        old = next((old for old, new in renames.items() if new == name), "")
        reason = f'its input has it, and the component does not drop it: `drops = ["{name}"]` would say so'
        if old:
            reason = f"the component renames `{old}` to it"
        elif name in adds:
            reason = "the component adds it"
        near = did_you_mean(name, [each for each in names if each not in wanted])
        raise _wrong(f"{who} has no column `{name}`{said}{near}", reason)
    for name in names:
        if name in wanted:
            continue
        reason = "the component does not add it: `adds { " + name + ": … }` would say so"
        if name in drops:
            reason = "the component drops it"
        elif name in renames:
            reason = f"the component renames it to `{renames[name]}`"
        raise _wrong(f"{who} has a column `{name}`{said}", reason)


def _wrong(message: str, reason: str) -> StepError:
    return StepError(codes.NOT_AS_DECLARED, message, reason)


def judge_written(task: Task) -> None:
    """Compare the files of all outputs that declare what became of the columns of their input.

    Raises:
        StepError: as for :func:`judge`.
    """
    for port, output in task.outputs.items():
        if output.type.get("changes"):
            import pyarrow.parquet

            judge(task, port, pyarrow.parquet.read_schema(output.path).names, f"what `{task.id}` made")
