"""The functions of the user's Python, read from its source and never imported."""

from __future__ import annotations

import ast
import re

from ..source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Bytes of a file that is read for its functions; nobody writes more by hand.
MOST = 2 * 1024 * 1024
#: Decorators after which a function takes what it took before.
_HARMLESS = frozenset(
    {
        "functools.cache",
        "functools.lru_cache",
        "typing.final",
        "typing.no_type_check",
        "typing.override",
        "typing_extensions.override",
        "warnings.deprecated",
        "typing_extensions.deprecated",
    }
)
#: Statements at the top of a file whose own statements stand at the top as well.
_AROUND = (ast.If, ast.Try, ast.With)


class Parameter:
    """A parameter of a function; ``hint`` is its annotation, in the words of :meth:`PythonFile.words`."""

    __slots__ = ("hint", "name", "optional", "positional", "span")

    def __init__(self, name: str, span: Span, hint: Hint, *, optional: bool, positional: bool) -> None:
        self.name = name
        self.span = span
        self.hint = hint
        self.optional = optional
        #: Whether it can be given by position only.
        self.positional = positional


class Hint:
    """An annotation: full name (``pandas.DataFrame``, ``list``), arguments and texts; ``name`` is empty where it says nothing.

    ``none`` says that it allows ``None``, ``text`` is what was written.
    """

    __slots__ = ("args", "name", "none", "text", "texts")

    def __init__(
        self,
        name: str = "",
        args: tuple[Hint, ...] = (),
        *,
        none: bool = False,
        text: str = "",
        texts: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.args = args
        self.none = none
        self.text = text
        #: The choices of a ``Literal`` of texts.
        self.texts = texts


class Function:
    """A function at the top of a file, as it can be called."""

    __slots__ = ("anything", "decorated", "later", "name", "parameters", "returns", "span", "yields")

    def __init__(self, name: str, span: Span) -> None:
        self.name = name
        self.span = span
        self.parameters: dict[str, Parameter] = {}
        #: Whether it takes any keyword (``**more``).
        self.anything = False
        #: Place of a decorator after which nobody can tell what it takes, or None.
        self.decorated: Span | None = None
        #: Whether it is ``async``.
        self.later = False
        self.yields = False
        self.returns = Hint()


# What is written like one of these is no function, whatever the file does.
_VALUES = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr)


def _is_value(node: ast.expr) -> bool:
    return isinstance(node, _VALUES) and not (isinstance(node, ast.Constant) and node.value is None)


class PythonFile:
    """A source file: its functions, and where else a name stands in it.

    ``elsewhere`` holds names that are no functions at the top, each with the place and what it is: ``class``, ``method``,
    ``inside`` another function, ``imported``, ``assigned``, or assigned a plain ``value``.
    """

    __slots__ = ("_imported", "_offsets", "elsewhere", "functions", "source", "star")

    def __init__(self, path: str, text: str, tree: ast.Module) -> None:
        self.source = Source(path, text)
        self._offsets: list[int] = [0]
        for line in text.split("\n"):
            self._offsets.append(self._offsets[-1] + len(line) + 1)
        self._imported: dict[str, str] = {}
        self.functions: dict[str, Function] = {}
        self.elsewhere: dict[str, tuple[Span, str]] = {}
        #: Whether names may come from another file that cannot be told (``from x import *``).
        self.star = False
        aliases: dict[str, str] = {}
        statements = list(_top(tree.body))
        for node in statements:
            self._imports(node)
        for node in statements:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions[node.name] = self._function(node)
                self._inside(node.body, node.name)
            elif isinstance(node, ast.ClassDef):
                self.elsewhere.setdefault(node.name, (self._span(node, node.name), "class"))
                self._inside(node.body, node.name, method=True)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        what = "value" if _is_value(node.value) else "assigned"
                        if what == "assigned" and self.elsewhere.get(target.id, (None, ""))[1] == "value":
                            del self.elsewhere[target.id]
                        self.elsewhere.setdefault(target.id, (self._span(target), what))
                        if isinstance(node.value, ast.Name):
                            aliases[target.id] = node.value.id
        for name, meant in aliases.items():
            if meant in self.functions and name not in self.functions:
                self.functions[name] = self.functions[meant]

    def _imports(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                self._imported[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    self.star = True
                    continue
                name = alias.asname or alias.name
                self._imported[name] = f"{'.' * node.level}{node.module or ''}.{alias.name}"
                self.elsewhere.setdefault(name, (self._span(node), "imported"))

    def _inside(self, body: list[ast.stmt], around: str, *, method: bool = False) -> None:
        for node in _top(body):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                place = self._span(node, node.name)
                self.elsewhere.setdefault(node.name, (place, "method" if method else "inside"))
                self.elsewhere.setdefault(f"{around}.{node.name}", (place, "method" if method else "inside"))

    # -- places ------------------------------------------------------------------------------------------------

    def offset(self, line: int, column: int) -> int:
        """Return the offset in the text of a place as Python counts: lines from 1, columns in bytes of UTF-8."""
        start = self._offsets[min(line, len(self._offsets)) - 1]
        end = self._offsets[min(line, len(self._offsets) - 1)]
        before = self.source.text[start:end].encode("utf-8", "surrogatepass")[:column]
        return start + len(before.decode("utf-8", "ignore"))

    def _span(self, node: ast.stmt | ast.expr | ast.arg, name: str = "") -> Span:
        start = self.offset(node.lineno, node.col_offset)
        if name:
            found = self.source.text.find(name, start + len("def"))
            start = found if found >= 0 else start
            return Span(self.source, start, start + len(name))
        end = self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return Span(self.source, start, end)

    # -- functions ---------------------------------------------------------------------------------------------

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
        made = Function(node.name, self._span(node, node.name))
        made.later = isinstance(node, ast.AsyncFunctionDef)
        made.yields = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in _own(node))
        made.returns = self.words(node.returns)
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if self._full(called) not in _HARMLESS:
                made.decorated = self._span(decorator)
        args = node.args
        made.anything = args.kwarg is not None
        positional = [*args.posonlyargs, *args.args]
        first_optional = len(positional) - len(args.defaults)
        for number, arg in enumerate(positional):
            made.parameters[arg.arg] = self._parameter(
                arg, optional=number >= first_optional, positional=number < len(args.posonlyargs)
            )
        for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            made.parameters[arg.arg] = self._parameter(arg, optional=default is not None, positional=False)
        return made

    def _parameter(self, arg: ast.arg, *, optional: bool, positional: bool) -> Parameter:
        return Parameter(
            arg.arg, self._span(arg), self.words(arg.annotation), optional=optional, positional=positional
        )

    def words(self, node: ast.expr | None) -> Hint:
        """Return what an annotation says, as far as it can be told without importing anything."""
        if node is None:
            return Hint()
        text = ast.unparse(node)
        if isinstance(node, ast.Constant):
            if node.value is None:
                return Hint("None", none=True, text=text)
            if isinstance(node.value, str) and len(node.value) < 1000:
                try:
                    return self.words(ast.parse(node.value, mode="eval").body)
                except (SyntaxError, ValueError, RecursionError):
                    return Hint(text=text)
            return Hint(text=text)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return _either([self.words(node.left), self.words(node.right)], text)
        if isinstance(node, ast.Subscript):
            name = _plain(self._full(node.value))
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            if name == "Literal":
                texts = [e.value for e in inner if isinstance(e, ast.Constant) and isinstance(e.value, str)]
                return Hint("str" if len(texts) == len(inner) else "", text=text, texts=tuple(texts))
            args = [self.words(each) for each in inner]
            if name == "Optional":
                return _either([*args, Hint("None", none=True)], text)
            if name == "Union":
                return _either(args, text)
            if name == "Annotated":
                return args[0]
            return Hint(name, tuple(args), text=text)
        return Hint(_plain(self._full(node)), text=text)

    def _full(self, node: ast.expr) -> str:
        """Return the name of what an expression means, by what is imported: `pd.DataFrame` is `pandas.DataFrame`."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        first = self._imported.get(node.id, node.id)
        return ".".join([first, *reversed(parts)])


def _plain(name: str) -> str:
    """Return a name without the module of Python's own that it comes from, `typing.List` as `list`."""
    module, _, last = name.rpartition(".")
    if module in ("typing", "typing_extensions", "collections.abc", "builtins"):
        return {"List": "list", "Dict": "dict", "Tuple": "tuple", "Set": "set", "Text": "str"}.get(last, last)
    return name


def _either(hints: list[Hint], text: str) -> Hint:
    """Return one of several annotations: what is left without `None`, or nothing where it may be several things."""
    kept = [each for each in hints if each.name != "None"]
    none = any(each.none for each in hints)
    if len(kept) == 1:
        return Hint(kept[0].name, kept[0].args, none=none, text=text, texts=kept[0].texts)
    if kept and all(each.name and not each.args and not each.texts for each in kept):
        return Hint("|".join(each.name for each in kept), none=none, text=text)
    return Hint(none=none, text=text)


def _top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, and those in `if`, `try` and `with` around them."""
    pending = list(reversed(body))
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, _AROUND):
            inner = list(node.body)
            if isinstance(node, ast.Try):
                inner += [each for handler in node.handlers for each in handler.body]
                inner += node.finalbody
            if isinstance(node, ast.If | ast.Try):
                inner += node.orelse
            pending.extend(reversed(inner))


def _own(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """Yield what stands in a function itself, without functions and classes in it."""
    pending: list[ast.AST] = list(node.body)
    while pending:
        each = pending.pop()
        yield each
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(each))


def read(path: str, data: bytes) -> PythonFile | tuple[str, Span | None]:
    """Return the functions of a source file; where it cannot be read, why, and where in it."""
    if len(data) > MOST:
        return f"it has more than {MOST // (1024 * 1024)} MiB", None
    try:
        tree = ast.parse(data)
        return PythonFile(path, _decoded(data), tree)
    except SyntaxError as error:
        return _problem(path, data, error)
    except (ValueError, LookupError) as error:
        return str(error), None
    except (RecursionError, MemoryError):
        return "it is nested too deep", None


def _decoded(data: bytes) -> str:
    """Return the text of a file in the encoding that it says it has (PEP 263)."""
    encoding = "utf-8-sig"
    for line in data.split(b"\n", 2)[:2]:
        found = re.match(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", line)
        if found is not None:
            encoding = found.group(1).decode("ascii", "replace")
            break
        if line.split(b"#")[0].strip():
            break
    if data.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def _problem(path: str, data: bytes, error: SyntaxError) -> tuple[str, Span | None]:
    said = error.msg or "a syntax error"
    try:
        text = _decoded(data)
    except (SyntaxError, ValueError, LookupError):
        return (f"line {error.lineno}: " if error.lineno else "") + said, None
    lines = text.split("\n")
    if not error.lineno or not 0 < error.lineno <= len(lines):
        return said, None
    start = sum(len(line) + 1 for line in lines[: error.lineno - 1])
    line = lines[error.lineno - 1]
    at = min(max((error.offset or 1) - 1, 0), len(line))
    return said, Span(Source(path, text), start + at, start + max(min(at + 1, len(line)), at))
