"""Statements that are missing, written twice, or where they do not belong; names taken twice; circles."""

from __future__ import annotations

from collections.abc import Iterator

from mlpc.syntax import tree
from mlpc.syntax.tree import Attr, Call, Decl, Field, Node, Ref

from ..declared import component_of, components, declarations, keys, name_of, outputs, type_name
from ..mutant import Changed, Edit, change, kind
from ..programs import Program


def _header(item: Node) -> tuple[int, int, int, int]:
    """Return where a block says what it is: all before its body."""
    body = getattr(item, "body", None)
    end = body.start + 1 if body is not None else item.end
    return item.start, end, item.start, end


def _removal(program: Program, item: Node) -> Edit:
    """Return the edit that takes a statement out: with its line, or with a comma beside it."""
    text = program.text
    start, end = item.start, item.end
    before = text.rfind("\n", 0, start) + 1
    after = text.find("\n", end)
    after = len(text) if after < 0 else after
    if not text[before:start].strip() and not text[end:after].strip():
        return before, min(after + 1, len(text)), ""
    rest = text[end:].lstrip(" ")
    if rest.startswith(","):
        return start, len(text) - len(rest[1:].lstrip(" ")), ""
    head = text[:start].rstrip(" ")
    return len(head) - 1 if head.endswith(",") else start, end, ""


def _copy(program: Program, item: Node, extra: str = "") -> Edit:
    """Return the edit that writes a statement a second time, right behind itself."""
    text = program.text
    before = text.rfind("\n", 0, item.start) + 1
    own_line = not text[before : item.start].strip()
    gap = f"\n{extra}{text[before : item.start]}" if own_line else ", "
    return item.end, item.end, gap + program.of(item)


@kind("mandatory key left out")
def missing_key(program: Program) -> Iterator[Changed]:
    for body in keys(program):
        for attr, _ in body.attributes:
            if attr.name.text in body.mandatory:
                yield Changed((_removal(program, attr),), (_header(body.owner),))


@kind("key set twice")
def key_twice(program: Program) -> Iterator[Changed]:
    """Either is the one too many."""
    for node, _ in program.nodes:
        if isinstance(node, Attr):
            edit = _copy(program, node)
            yield Changed(
                (edit,),
                ((node.end, node.end, node.end, node.end), (node.start, node.end, node.start, node.end)),
            )


@kind("column twice")
def column_twice(program: Program) -> Iterator[Changed]:
    for node, _ in program.nodes:
        if isinstance(node, Field):
            yield Changed(
                (_copy(program, node),),
                ((node.end, node.end, node.end, node.end), (node.start, node.end, node.start, node.end)),
            )


@kind("block twice")
def block_twice(program: Program) -> Iterator[Changed]:
    """A block, param, let, secret or top-level declaration copied without a name of its own."""
    top = [
        item
        for item in program.file.items
        if isinstance(item, Decl) and item.kind.text not in ("pipeline", "test")
    ]
    for item in [*program.blocks, *top]:
        if isinstance(item.name, tree.Name):
            ends = (item.end, item.end, item.end, item.end)
            yield Changed(
                (_copy(program, item, "\n"),), (ends, (item.name.start, item.name.end, item.start, item.end))
            )


@kind("name of another block")
def name_of_another(program: Program) -> Iterator[Changed]:
    """A block is called as one before it; what is said of it elsewhere is not changed."""
    before = ""
    for item in program.blocks:
        if not isinstance(item.name, tree.Name):
            continue
        if before and item.name.text != before:
            yield change(item.name.start, item.name.end, before)
        before = item.name.text


@kind("declaration left out")
def undeclared(program: Program) -> Iterator[Changed]:
    """A param, let, secret, schema, component or device that is used: shown where that is, whichever use comes first."""
    top = [
        item
        for item in program.file.items
        if isinstance(item, Decl) and item.kind.text not in ("pipeline", "test", "env")
    ]
    inner = [item for item in program.blocks if item.kind.text in ("param", "let", "secret")]
    for item in [*inner, *top]:
        word = name_of(item)
        uses: list[Node] = [
            node
            for node, around in program.nodes
            if isinstance(node, Ref) and node.names[0] == word and not item.start <= node.start < item.end
        ]
        uses += [
            node.name
            for node, around in program.nodes
            if isinstance(node, Decl)
            and isinstance(node.name, tree.Name)
            and node.name.text == word
            and node is not item
            and [one.kind.text for one in around if isinstance(one, Decl)] == ["env"]
        ]
        if word and uses:
            yield Changed(
                (_removal(program, item),), tuple((use.start, use.end, use.start, use.end) for use in uses)
            )


@kind("secret not declared")
def undeclared_secret(program: Program) -> Iterator[Changed]:
    """A parameter that takes a secret is given a name that nothing declares."""
    for body in keys(program):
        for attr, declared in body.attributes:
            if (
                declared is not None
                and declared.type is not None
                and any(m.name.text == "secret" for m in declared.type.marks)
            ):
                yield change(attr.value.start, attr.value.end, "production_password")


@kind("circle")
def circle(program: Program) -> Iterator[Changed]:
    """An input is given what is made from the block itself."""
    feeds: dict[str, set[str]] = {name_of(item): set() for item in program.blocks}
    for item in program.blocks:
        for node, _ in program.nodes:
            inside = isinstance(node, Ref) and item.start <= node.start < item.end
            word = node.names[0] if isinstance(node, Ref) else ""
            if inside and word in feeds and word != name_of(item):
                feeds[word].add(name_of(item))
    data = [
        (name_of(item), f"{name_of(item)}.{name}")
        for item in program.blocks
        for name, made in outputs(program, item).items()
        if made == "dataset" and name != "validation" and not item.eaches
    ]
    for item in program.blocks:
        component = component_of(program, item)
        if component is None or item.body is None or item.eaches:
            continue
        below = {name_of(item)}
        waiting = [name_of(item)]
        while waiting:
            for other in feeds[waiting.pop()] - below:
                below.add(other)
                waiting.append(other)
        ports = declarations(component, "input")
        for inner in item.body.items:
            if (
                isinstance(inner, Attr)
                and type_name(ports.get(inner.name.text)) == "dataset"
                and isinstance(inner.value, Ref)
            ):
                target = next((port for block, port in data if block in below), None)
                if target is not None:
                    yield change(inner.value.start, inner.value.end, target)


@kind("component of another role")
def wrong_role(program: Program) -> Iterator[Changed]:
    others = {"data": "onnx", "split": "mlflow", "train": "csv", "evaluate": "random", "register": "onnx"}
    others |= {"export": "server", "deploy": "classification", "monitor": "csv"}
    known = components(program)
    for item in program.blocks:
        other = others.get(item.kind.text)
        if item.type is not None and other is not None and (item.kind.text, other) not in known:
            ref = item.type.name
            yield change(ref.start, ref.end, other)


@kind("kind of another component")
def wrong_kind(program: Program) -> Iterator[Changed]:
    """`export api: server`, `data parts: random`."""
    others = {
        "data": "split",
        "split": "transform",
        "train": "evaluate",
        "evaluate": "train",
        "export": "deploy",
    }
    others |= {"register": "export", "deploy": "export", "monitor": "deploy"}
    for item in program.blocks:
        other = others.get(item.kind.text)
        if item.type is not None and other is not None and component_of(program, item) is not None:
            start, end = item.kind.start, item.kind.end
            ref = item.type.name
            yield change(
                start, end, other, (start, end, start, end), (ref.start, ref.end, ref.start, ref.end)
            )


def _inserted(program: Program, body: tree.Body, statement: str) -> Changed:
    """Return the change that puts a statement at the end of a body."""
    text = program.text
    if body.items:
        last = body.items[-1]
        before = text.rfind("\n", 0, last.start) + 1
        indent = text[before : last.start]
        gap = ", " if indent.strip() else f"\n{indent}"
        return change(last.end, last.end, gap + statement)
    return change(body.end - 1, body.end - 1, f" {statement} ")


@kind("key that nothing has")
def extra_key(program: Program) -> Iterator[Changed]:
    for body in keys(program):
        if not body.open:
            yield _inserted(program, body.body, "colour = 3")


@kind("key of another block")
def key_of_another(program: Program) -> Iterator[Changed]:
    """`replicas` in a training, `stratify` in an export."""
    for body in keys(program):
        if isinstance(body.owner, Decl):
            word, value = ("stratify", "none") if body.owner.kind.text == "deploy" else ("replicas", "1..3")
            if word not in body.known:
                yield _inserted(program, body.body, f"{word} = {value}")


@kind("argument that nothing has")
def extra_argument(program: Program) -> Iterator[Changed]:
    for node, _ in program.nodes:
        if isinstance(node, Call):
            at = node.end - 1
            gap = ", " if node.args else ""
            if not program.text[:at].rstrip().endswith(","):
                yield change(at, at, f"{gap}colour = 3")
