"""What the words of a text are: from the lexer what they look like, from the tree what names stand for.

A name that stands for nothing is none of these: an editor leaves it bare. What recovery skipped has its words, numbers and
texts all the same.
"""

from __future__ import annotations

from ..check.types import ARTEFACTS, VALUE_TYPES
from ..resolve.modules import TOP_KINDS
from ..resolve.program import LANGUAGE_KINDS
from ..source import INSTALLED
from ..syntax import tables as t
from ..syntax import tree
from ..syntax.lexer import RESERVED, lex
from .places import children

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..resolve.modules import Module
    from ..syntax.lexer import Tokens
    from .view import View

#: Names of types and modifiers as the protocol has them.
TYPES = (
    "keyword", "comment", "string", "number", "decorator", "namespace", "type", "class", "interface", "struct",
    "function", "parameter", "variable", "property",
)  # fmt: skip
MODIFIERS = ("declaration", "documentation", "readonly", "defaultLibrary")
_DECLARATION, _READONLY, _LIBRARY = (
    frozenset({name}) for name in ("declaration", "readonly", "defaultLibrary")
)
_NONE: frozenset[str] = frozenset()

#: What the name of a declaration is, by its kind; of any other kind it is a block.
_DECLARES = {
    "pipeline": "namespace", "env": "namespace", "schema": "struct", "component": "class", "kind": "interface",
    "device": "class", "let": "variable", "param": "variable", "secret": "variable", "backend": "namespace",
    "input": "parameter", "output": "property", "quantity": "property", "block": "property", "verb": "function",
}  # fmt: skip
_VALUES = ("let", "param", "secret")
#: Kinds of declarations in a component or a kind.
_MEMBERS = ("input", "param", "output", "quantity", "block", "verb")
_TYPE_NAMES = frozenset((*VALUE_TYPES, *ARTEFACTS, "column", "schema", "device", "call"))
_WORD_OF = {kind: word for word, kind in RESERVED.items()}
_NODES = {t.STRING: "string", t.NUMBER: "number", t.QUANTITY: "number", t.TRUE: "keyword", t.FALSE: "keyword",
          t.NONE: "keyword", t.MLP: "keyword", t.USE: "keyword", t.AS: "keyword", t.REQUIRE: "keyword",
          t.GIVEN: "keyword", t.EXPECT: "keyword"}  # fmt: skip


class Token:
    """A word that is ``type``; ``start`` and ``end`` are offsets, within one line."""

    __slots__ = ("end", "modifiers", "start", "type")

    def __init__(self, start: int, end: int, type: str, modifiers: frozenset[str] = _NONE) -> None:
        self.start = start
        self.end = end
        self.type = type
        self.modifiers = modifiers


def tokens(view: View, start: int = 0, end: int | None = None) -> list[Token]:
    """Return what the words of the file at the root of ``view`` are, as far as they touch what is asked for, in its order."""
    module = view.module
    if module is None:
        return []
    text = module.source.text
    stop = len(text) if end is None else end
    names = _Names(view, module).found
    found: list[Token] = []
    for token in sorted(
        _words(text, lex(text, int(text.startswith("\ufeff"))), names), key=lambda each: each.start
    ):
        if token.end >= start and token.start <= stop:
            found += _lines(text, token)
    return found


def _lines(text: str, token: Token) -> Iterator[Token]:
    """Yield ``token`` in pieces of one line each."""
    at = token.start
    while (line := text.find("\n", at, token.end)) >= 0:
        if line > at:
            yield Token(at, line - (text[line - 1] == "\r"), token.type, token.modifiers)
        at = line + 1
    if at < token.end:
        yield Token(at, token.end, token.type, token.modifiers)


def _words(text: str, found: Tokens, names: Mapping[int, Token]) -> Iterator[Token]:
    for comment in found.comments:
        yield Token(
            comment.start, comment.end, "comment", frozenset({"documentation"}) if comment.doc else _NONE
        )
    inside = {node.start: pieces for node, pieces in found.templates}
    for kind, value in zip(found.kinds, found.values, strict=True):
        type = _NODES.get(kind)
        if type is not None:
            if kind == t.STRING and value.start in inside:
                yield from _template(text, value, inside[value.start], names)
            else:
                yield Token(value.start, value.end, type)
        elif kind == t.MARK:
            yield Token(value.start - 1, value.end, "decorator")
        elif kind in _WORD_OF:
            yield Token(value, value + len(_WORD_OF[kind]), "keyword")
        elif kind in (t.NAME, t.MEMBER) and value.start in names:
            yield names[value.start]
        elif kind == t.REF:
            at = value.start
            for name in value.names:
                if at in names:
                    yield names[at]
                at += len(name) + 1


def _template(
    text: str, node: tree.String, pieces: list[str | tuple[int, int]], names: Mapping[int, Token]
) -> Iterator[Token]:
    """Yield the parts of a text around its interpolations, and what stands in these."""
    at = node.start
    for piece in pieces:
        if isinstance(piece, tuple):
            start, end = piece
            yield Token(at, start, "string")
            yield from _words(text, lex(text, start, end, inline=True), names)
            at = end
    yield Token(at, node.end, "string")


class _Names:
    """Finds what the names of a file stand for; ``found`` has them by where they begin."""

    def __init__(self, view: View, module: Module) -> None:
        self.view = view
        self.module = module
        self.found: dict[int, Token] = {}
        #: Names that the pipelines of the file declare, whatever else is wrong in it.
        self.declared = {
            inner.name.text: inner.kind.text
            for decl in (*module.pipelines, *module.environments.values())
            for inner in (decl.body.items if decl.body is not None else ())
            if isinstance(inner, tree.Decl) and isinstance(inner.name, tree.Name)
        }
        #: Variables of the `each` around, and quantities that a condition may name.
        self.variables: list[str] = []
        self.quantities: set[str] = set()
        for use in module.file.uses:
            self._use(use)
        for item in module.file.items:
            self._item(item, None)

    def _add(self, start: int, end: int, type: str, modifiers: frozenset[str] = _NONE) -> None:
        self.found[start] = Token(start, end, type, modifiers)

    def _name(self, node: tree.Node, type: str, modifiers: frozenset[str] = _NONE) -> None:
        self._add(node.start, node.end, type, modifiers)

    def _use(self, use: tree.Use) -> None:
        if not any(use is other for other, _ in self.module.aliases.values()):
            return
        if isinstance(use.target, tree.Ref):
            at = use.target.start
            for name in use.target.names:
                self._add(at, at + len(name), "namespace", _LIBRARY)
                at += len(name) + 1
        if use.alias is not None:
            self._name(use.alias, "namespace", _DECLARATION)

    # -- declarations --------------------------------------------------------------------------------------

    def _item(self, item: tree.Node, around: tree.Decl | None) -> None:
        if isinstance(item, tree.Decl):
            self._decl(item, around)
            return
        if isinstance(item, tree.Attr):
            self._name(item.name, "property")
        elif isinstance(item, tree.Block):
            self._name(item.name, "property")
            if item.type is not None:
                self._component(item.type, self._role_of(item.name.text, around))
                self._below(item, around, item.name, item.type)
                return
        elif isinstance(item, tree.Field):
            if item.name is not None:
                self._name(item.name, "property", _DECLARATION)
            self._type(item.type)
            return
        elif isinstance(item, (tree.Condition, tree.Fact)):
            self._name(item.verb, "keyword")
            if isinstance(item, tree.Condition) and item.name is not None:
                self._name(item.name, "property", _DECLARATION)
        self._below(item, around, getattr(item, "name", None), getattr(item, "verb", None))

    def _below(self, node: tree.Node, around: tree.Decl | None, *done: tree.Node | None) -> None:
        for child in children(node):
            if any(child is each for each in done):
                continue
            if isinstance(child, (tree.Decl, tree.Attr, tree.Block, tree.Field, tree.Condition, tree.Fact)):
                self._item(child, around)
            elif isinstance(child, tree.Body):
                self._below(child, around)
            else:
                self._expr(child)

    def _decl(self, decl: tree.Decl, around: tree.Decl | None) -> None:
        kind = decl.kind.text
        above = around.kind.text if around is not None else ""
        if self._is_kind(kind, above):
            self._name(decl.kind, "keyword")
        if isinstance(decl.name, tree.Name):
            changes = above == "env"
            modifiers = (_NONE if changes else _DECLARATION) | (_READONLY if kind in _VALUES else _NONE)
            self._name(decl.name, _DECLARES.get(kind, "variable"), modifiers)
        for each in decl.eaches:
            self._name(each.variable, "parameter", _DECLARATION)
            self._expr(each.over)
            self.variables.append(each.variable.text)
        if decl.type is not None:
            if above in ("pipeline", "env") and kind not in LANGUAGE_KINDS:
                self._component(decl.type, kind)
            elif kind == "env":
                self._known(decl.type.name, self.module.environments, "namespace")
            elif kind in ("component", "kind"):
                self._role(decl.type)
            elif kind == "device":
                self._component(decl.type, kind)
            else:
                self._type(decl.type)
        if decl.value is not None:
            self._expr(decl.value)
        if decl.body is not None:
            before = self.quantities
            self.quantities = self._measured(decl) if above in ("pipeline", "env") else before
            self._below(decl.body, decl)
            self.quantities = before
        if decl.eaches:
            del self.variables[-len(decl.eaches) :]

    def _is_kind(self, kind: str, above: str) -> bool:
        if not above:
            return kind in TOP_KINDS
        if above in ("component", "kind"):
            return kind in _MEMBERS
        return kind in LANGUAGE_KINDS or kind == "remove" or self.view.kind(kind) is not None

    def _role_of(self, name: str, around: tree.Decl | None) -> str:
        """Return the role that components play of which a nested block of ``around`` is one."""
        if around is None or not isinstance(around.name, tree.Name):
            return ""
        played = around.type.name.text if around.type is not None else ""
        specs = self.view.declaring(self.module, around.kind.text, around.name.text, played, ())
        return next((spec.blocks[name].role for spec in specs if name in spec.blocks), "")

    def _measured(self, decl: tree.Decl) -> set[str]:
        """Return the names of the quantities that conditions of a block may speak of."""
        typed = self.view.typed
        if typed is None or not isinstance(decl.name, tree.Name):
            return set()
        name = decl.name.text
        made = typed.instances.get(name)
        block = typed.blocks.get(next(map(made.id, made.keys(())), "") if made is not None else name)
        if block is None:
            return set()
        found = set(block.quantities)
        for spec in (block.component, block.kind):
            for inner in spec.blocks.values() if spec is not None else ():
                found.update(inner.quantities)
        return found

    # -- types ---------------------------------------------------------------------------------------------

    def _component(self, type: tree.Type, kind: str) -> None:
        found = self.view.checker.find_component(self.module, kind, type.name.names) if kind else None
        if found is not None:
            module, _ = found
            library = _LIBRARY if module.path.startswith(INSTALLED) else _NONE
            self._parts(type.name, "class", library)
        self._arguments(type)

    def _role(self, type: tree.Type) -> None:
        name = type.name.text
        if self.view.kind(name) is not None or self.view.checker.is_role(name):
            self._parts(type.name, "interface")
        self._arguments(type)

    def _type(self, type: tree.Type) -> None:
        name = type.name
        if name.text in _TYPE_NAMES:
            self._name(name, "type", _LIBRARY)
        else:
            self._reference(name)
        self._arguments(type)

    def _arguments(self, type: tree.Type) -> None:
        for child in children(type):
            if child is not type.name:
                self._expr(child)

    def _parts(self, node: tree.Ref, last: str, modifiers: frozenset[str] = _NONE) -> None:
        at = node.start
        for place, name in enumerate(node.names):
            final = place == len(node.names) - 1
            self._add(at, at + len(name), last if final else "namespace", modifiers)
            at += len(name) + 1

    def _known(self, node: tree.Ref, known: Mapping[str, object], type: str) -> None:
        if node.text in known:
            self._name(node, type)

    # -- values --------------------------------------------------------------------------------------------

    def _expr(self, node: tree.Node) -> None:
        stack = [node]
        while stack:
            at = stack.pop()
            if isinstance(at, tree.Ref):
                self._reference(at)
            elif isinstance(at, tree.Call) and isinstance(at.function, tree.Ref):
                self._parts(at.function, "function")
                stack += at.args
            elif isinstance(at, tree.Arg):
                if at.name is not None:
                    self._name(at.name, "parameter")
                stack.append(at.value)
            elif isinstance(at, tree.Member):
                self._name(at.name, "property")
                stack.append(at.object)
            elif isinstance(at, tree.Entry):
                if isinstance(at.name, tree.Name):
                    self._name(at.name, "property")
                stack.append(at.value)
            elif isinstance(at, tree.Type):
                self._type(at)
            elif not isinstance(at, tree.Name):
                stack += children(at)

    def _reference(self, node: tree.Ref) -> None:
        first, *rest = node.names
        at = node.start
        end = at + len(first)
        if first in self.variables:
            self._add(at, end, "parameter")
        elif first in self.quantities:
            self._add(at, end, "property", _READONLY)
        elif first in self.declared:
            kind = self.declared[first]
            self._add(at, end, _DECLARES.get(kind, "variable"), _READONLY if kind in _VALUES else _NONE)
        elif first in self.module.names:
            kind = self.module.names[first].kind.text
            self._add(at, end, _DECLARES.get(kind, "variable"), _READONLY if kind in _VALUES else _NONE)
        elif first in self.module.aliases:
            self._add(at, end, "namespace")
            used = self.module.aliases[first][1]
            if rest and rest[0] in used.names:
                self._add(
                    end + 1, end + 1 + len(rest[0]), _DECLARES.get(used.names[rest[0]].kind.text, "variable")
                )
                end += 1 + len(rest[0])
                rest = rest[1:]
            elif rest:
                return
        else:
            return
        for name in rest:
            self._add(end + 1, end + 1 + len(name), "property")
            end += 1 + len(name)
