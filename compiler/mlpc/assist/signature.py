"""What the call at a cursor takes, and which of it is being written."""

from __future__ import annotations

from . import describe
from .calls import called, open_calls
from .surroundings import surroundings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..check.specs import ParamSpec
    from .calls import OpenCall
    from .surroundings import Surroundings
    from .view import View


class Argument:
    """A parameter of a call: ``label`` as it stands in the signature's, ``start`` and ``end`` where."""

    __slots__ = ("doc", "end", "label", "name", "start")

    def __init__(self, name: str, label: str, doc: str) -> None:
        self.name = name
        self.label = label
        self.doc = doc
        self.start = self.end = 0


class Signature:
    """What a call takes; ``active`` is the place of the argument that is being written, None where it is one too many."""

    __slots__ = ("active", "arguments", "doc", "label")

    def __init__(self, name: str, arguments: list[Argument], doc: str) -> None:
        self.arguments = arguments
        self.doc = doc
        self.active: int | None = None
        label = f"{name}("
        for place, argument in enumerate(arguments):
            label += ", " if place else ""
            argument.start = len(label)
            label += argument.label
            argument.end = len(label)
        self.label = label + ")"


#: Functions of the language: what each takes (name, label, doc), what it is, and in which statements it stands (all, if empty).
_FUNCTIONS: dict[str, tuple[tuple[tuple[str, str, str], ...], str, tuple[str, ...]]] = {
    "min": ((("values", "values", "Numbers: a list, or figures of instances (`quality[*].rmse`)."),),
            "The least of several values.", ()),
    "max": ((("values", "values", "Numbers: a list, or figures of instances (`quality[*].rmse`)."),),
            "The greatest of several values.", ()),
    "count": ((("values", "values", "A list, or instances of a block (`quality[*]`)."),), "How many there are.", ()),
    "best_of": ((("candidates", "candidates", "Artefacts of one type: `model[*]`, or a list of blocks."),
                 ("by", "by = minimize(figures) or maximize(figures)", "What decides, a figure for each candidate.")),
                "One of several artefacts, chosen by a figure once all are there.", ()),
    "minimize": ((("figures", "figures", "A figure for each candidate: `quality[*].rmse`."),),
                 "The smaller the figure, the better.", ()),
    "maximize": ((("figures", "figures", "A figure for each candidate: `quality[*].auc`."),),
                 "The larger the figure, the better.", ()),
    "runs": ((("block", "block", "A block of the pipeline."),), "Whether a block runs.", ("given", "expect")),
    "estimate": ((("block", "block", "A block of the pipeline, or the pipeline."),),
                 "What is known before anything runs, such as `estimate(sensor).flash`.", ("given", "expect")),
    "python": ((("function", '"file.py:function"', "A function of the project, by its file and name."),),
               "A step that calls a Python function.", ("run", "build")),
    "container": ((("image", 'image = "name:tag"', "The image, by its full name."),
                   ("command", "command = [words]", "What runs in it, a word an element.")),
                  "A step that runs a command in a container.", ("run", "build")),
    "env": ((("name", '"NAME"', "Name of the environment variable."),),
            "A secret that an environment variable holds.", ("secret",)),
    "file": ((("path", '"path"', "Path of the file."),), "A secret that a file holds.", ("secret",)),
}  # fmt: skip


def signature(view: View, text: str, offset: int) -> Signature | None:
    """Return what the innermost call takes in whose parentheses ``offset`` of ``text`` stands; None where there is none."""
    at = surroundings(text, offset)
    calls = open_calls(at)
    if at.comment or not calls:
        return None
    call = calls[-1]
    spec = called(view, at)
    if spec is not None:
        arguments = [Argument(name, _label(param), param.doc) for name, param in spec.params.items()]
        return _at(Signature(call.name, arguments, spec.doc), call)
    return _at(found, call) if (found := _function(call.name, at)) is not None else None


def _function(name: str, at: Surroundings) -> Signature | None:
    known = _FUNCTIONS.get(name)
    if known is None:
        return None
    takes, doc, statements = known
    if statements and at.words[0] not in statements:
        return None
    return Signature(name, [Argument(*each) for each in takes], doc)


def _label(param: ParamSpec) -> str:
    return describe.line(param.name, param).removeprefix("param ")


def _at(found: Signature, call: OpenCall) -> Signature:
    """Say which argument is being written."""
    if call.argument:
        names = [argument.name for argument in found.arguments]
        found.active = names.index(call.argument) if call.argument in names else None
    elif call.position < len(found.arguments):
        found.active = call.position
    return found
