"""Words with one letter too few, too many, exchanged or changed for its neighbour on the keyboard."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from mlpc.check.units import UNITS
from mlpc.syntax import tree
from mlpc.syntax.lexer import RESERVED, STATEMENT_WORDS
from mlpc.syntax.tree import (
    Arg,
    Attr,
    Block,
    Call,
    Condition,
    Decl,
    Entry,
    Field,
    Map,
    Member,
    Node,
    Ref,
    Type,
)

from ..declared import choices, columns, names, vocabulary
from ..mutant import Changed, change, kind
from ..programs import Program

_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHORTEST = 3


def misspelt(word: str, place: int) -> str | None:
    """Return ``word`` with one typing mistake, the same for the same place; None where it has fewer than three letters."""
    if len(word) < _SHORTEST or not re.search("[a-z]{2}", word.lower()):
        return None
    draw = random.Random(f"{word} {place}")
    found = [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]
    found += [word[:at] + word[at + 1 :] for at in range(1, len(word))]
    found += [word[:at] + word[at] + word[at:] for at in range(len(word))]
    for at, letter in enumerate(word):
        for row in _KEYBOARD:
            beside = row.find(letter)
            if at and beside >= 0:
                found += [
                    word[:at] + other + word[at + 1 :] for other in row[max(0, beside - 1) : beside + 2]
                ]
    found = [one for one in found if one != word and one not in vocabulary() and one not in RESERVED]
    return draw.choice(found) if found else None


def _word(start: int, word: str, low: int | None = None, high: int | None = None) -> Iterator[Changed]:
    """Yield the change of a word at ``start``, which belongs to what stands from ``low`` to ``high``."""
    wrong = misspelt(word, start)
    if wrong is not None:
        end = start + len(word)
        yield change(
            start, end, wrong, (start, end, start if low is None else low, end if high is None else high)
        )


def _names(nodes: Iterator[Node]) -> Iterator[Changed]:
    for node in nodes:
        if isinstance(node, tree.Name):
            yield from _word(node.start, node.text)


@kind("misspelt key")
def key(program: Program) -> Iterator[Changed]:
    """Keys of blocks; those of maps are the program's own."""
    yield from _names(node.name for node, around in program.nodes if isinstance(node, Attr))


@kind("misspelt nested block")
def nested(program: Program) -> Iterator[Changed]:
    yield from _names(node.name for node, _ in program.nodes if isinstance(node, Block))


@kind("misspelt kind")
def kind_of_declaration(program: Program) -> Iterator[Changed]:
    yield from _names(node.kind for node, _ in program.nodes if isinstance(node, Decl))


@kind("misspelt component")
def component(program: Program) -> Iterator[Changed]:
    """What plays a block of a pipeline, a device or a component, each part of its name."""
    for node, around in program.nodes:
        if not isinstance(node, Decl) or node.type is None or not isinstance(node.type.name, Ref):
            continue
        outer = [one.kind.text for one in around if isinstance(one, Decl)]
        if (
            node.kind.text in ("param", "secret", "input", "output", "quantity", "env", "schema")
            or "component" in outer
        ):
            continue
        ref = node.type.name
        for index, part in enumerate(ref.names):
            start = ref.part(program.file.source, index).start
            yield from _word(start, part, ref.start, ref.end)


@kind("misspelt type")
def type_of_value(program: Program) -> Iterator[Changed]:
    """The types of columns, parameters, quantities and ports."""
    for node, _ in program.nodes:
        typed = isinstance(node, Field) or (
            isinstance(node, Decl) and node.kind.text in ("param", "secret", "input", "output", "quantity")
        )
        if typed and node.type is not None and isinstance(node.type.name, Ref):  # type: ignore[attr-defined]
            ref = node.type.name  # type: ignore[attr-defined]
            yield from _word(ref.start, ref.text)


@kind("misspelt mark")
def mark(program: Program) -> Iterator[Changed]:
    for node, _ in program.nodes:
        if isinstance(node, tree.Mark):
            yield from _word(node.name.start, node.name.text, node.start, node.end)


def _references(program: Program) -> Iterator[tuple[Ref, int, int, tuple[Node, ...]]]:
    """Yield references that are values, with the place of the whole they belong to."""
    for node, around in program.nodes:
        if not isinstance(node, Ref) or isinstance(around[-1], Type | tree.Use):
            continue
        if any(isinstance(one, Type) for one in around) or (
            isinstance(around[-1], Call) and around[-1].function is node
        ):
            continue
        low, high = node.start, node.end
        for one in reversed(around):
            if not isinstance(one, Member | tree.Index):
                break
            low, high = min(low, one.start), max(high, one.end)
        yield node, low, high, around


@kind("misspelt name")
def name(program: Program) -> Iterator[Changed]:
    """The names of blocks, params, lets, secrets, schemas, devices, aliases and variables where they are used."""
    known = names(program)
    for node, low, high, _ in _references(program):
        if node.names[0] in known:
            yield from _word(node.start, node.names[0], low, high)


@kind("misspelt schema of a schema or environment")
def base(program: Program) -> Iterator[Changed]:
    for item in program.file.items:
        if isinstance(item, Decl) and item.kind.text in ("schema", "env") and item.type is not None:
            ref = item.type.name
            if isinstance(ref, Ref):
                yield from _word(ref.start, ref.text)


def _members(program: Program) -> Iterator[tuple[str, int, int, int]]:
    known = names(program)
    for node, low, high, _ in _references(program):
        if node.names[0] in known:
            for index in range(1, len(node.names)):
                yield node.names[index], node.part(program.file.source, index).start, low, high
    for other, _ in program.nodes:
        if isinstance(other, Member):
            yield other.name.text, other.name.start, other.start, other.end


@kind("misspelt column")
def column(program: Program) -> Iterator[Changed]:
    known = columns(program)
    for word, start, low, high in _members(program):
        if word in known:
            yield from _word(start, word, low, high)


@kind("misspelt output, figure or device")
def member(program: Program) -> Iterator[Changed]:
    known = columns(program)
    for word, start, low, high in _members(program):
        if word not in known:
            yield from _word(start, word, low, high)


@kind("misspelt metric")
def metric(program: Program) -> Iterator[Changed]:
    """Figures that a condition speaks of, and what a search looks for."""
    known = names(program)
    for node, low, high, around in _references(program):
        if node.names[0] not in known and any(isinstance(one, Condition | Call) for one in around):
            yield from _word(node.start, node.names[0], low, high)


@kind("misspelt function")
def function(program: Program) -> Iterator[Changed]:
    for node, _ in program.nodes:
        if isinstance(node, Call) and isinstance(node.function, Ref):
            yield from _word(node.function.start, node.function.names[0])


@kind("misspelt argument")
def argument(program: Program) -> Iterator[Changed]:
    for node, _ in program.nodes:
        if isinstance(node, Arg) and node.name is not None:
            yield from _word(node.name.start, node.name.text)


@kind("misspelt unit")
def unit(program: Program) -> Iterator[Changed]:
    for node, around in program.nodes:
        if isinstance(node, tree.Quantity):
            at = node.end - len(node.unit)
            draw = random.Random(f"{node.unit} {at}")
            found = [
                node.unit[1:],
                node.unit[:-1],
                node.unit + node.unit[-1],
                node.unit[::-1],
                node.unit + "s",
            ]
            found = [one for one in found if one and one not in UNITS and len(node.unit) > 1]
            if found and not any(isinstance(one, Map | Entry) for one in around):
                yield change(at, node.end, draw.choice(found), (at, node.end, node.start, node.end))


@kind("misspelt choice")
def choice(program: Program) -> Iterator[Changed]:
    """Texts where one of a few is asked for."""
    for node, around in program.nodes:
        owner = around[-1] if around else None
        key = owner.name if isinstance(owner, Attr | Arg) else None
        if key is not None and key.text in choices() and isinstance(node, tree.String) and not node.block:
            yield from _word(node.start + 1, node.text[1:-1], node.start, node.end)


@kind("misspelt name in an environment")
def overlaid(program: Program) -> Iterator[Changed]:
    """What an environment changes or takes away; with a component it would be a new block."""
    for node, around in program.nodes:
        outer = [one.kind.text for one in around if isinstance(one, Decl)]
        if (
            isinstance(node, Decl)
            and outer == ["env"]
            and node.type is None
            and isinstance(node.name, tree.Name)
        ):
            yield from _word(node.name.start, node.name.text)


@kind("misspelt verb")
def verb(program: Program) -> Iterator[Changed]:
    for node, _ in program.nodes:
        if isinstance(node, Condition) and node.when:
            yield from _word(node.verb.start, node.verb.text)


@kind("misspelt module or file")
def module(program: Program) -> Iterator[Changed]:
    for use in program.file.uses:
        if isinstance(use.target, Ref):
            for index, part in enumerate(use.target.names):
                start = use.target.part(program.file.source, index).start
                yield from _word(start, part, use.target.start, use.target.end)
        else:
            found = re.search(r"(\w+)\.mlp", use.target.text)
            if found is not None:
                yield from _word(
                    use.target.start + found.start(1), found[1], use.target.start, use.target.end
                )


_WORDS = re.compile(r"\b(?:" + "|".join((*RESERVED, *STATEMENT_WORDS, "use", "as", "mlp")) + r")\b")


@kind("misspelt reserved word")
def reserved(program: Program) -> Iterator[Changed]:
    """Words of the language, where they stand as such: not in texts or comments, nor as names."""
    texts = [
        (node.start, node.end) for node, _ in program.nodes if isinstance(node, tree.String | tree.Name | Ref)
    ]
    texts = [
        (start, end)
        for start, end in texts
        if program.text[start:end] not in ("require", "given", "expect", "mlp")
    ]
    texts += [(comment.start, comment.end) for comment in program.file.comments]
    texts += [(node.start, node.end) for node, _ in program.nodes if isinstance(node, tree.Doc)]
    for found in _WORDS.finditer(program.text):
        if not any(start <= found.start() < end for start, end in texts):
            yield from _word(found.start(), found[0])
