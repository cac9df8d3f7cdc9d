"""The text of a file that is being written, checked again and again: only what changed since nothing was wrong in it.

A text is read whole at every keystroke. What of its tree stood in the text before, word for word, is taken from there, moved to
where it stands now; so a block is the same object as long as nobody writes in it, and so is all that was found out about it. What
changed is checked, and what sees a difference (:mod:`mlpc.check.overlay`, by which environments are checked as well).

This holds for changes of blocks in the pipeline, which most are. After any other, after many, and until nothing is wrong for the
first time, a file is checked from scratch. Tests compare the two.
"""

from __future__ import annotations

from bisect import bisect_right

from ..compilation import Compilation
from ..resolve.program import LANGUAGE_KINDS
from ..source import Source, Span
from ..syntax import tree
from ..syntax.parser import decode, is_laid_out, parse, parse_part
from .places import children

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..diagnostics import Diagnostic
    from ..resolve.modules import Module

#: Blocks that may differ: where more do, checking anew costs as much.
_BLOCKS = 20
#: Texts that are checked this way until one is checked from scratch, which forgets what was kept for nothing.
_TEXTS = 200


class Sound:
    """A compilation that nothing was wrong in, by which the next texts of its file are checked."""

    __slots__ = (
        "_blocks",
        "_compilation",
        "_fixed",
        "_head",
        "_laid_out",
        "_misread",
        "_nodes",
        "_spans",
        "_texts",
        "_top",
        "_uses",
        "_written_in",
    )

    def __init__(self, compilation: Compilation, before: Sound | None) -> None:
        root = _root(compilation)
        text = root.source.text
        self._compilation = compilation
        self._texts: int = before._texts + 1 if before is not None else 0
        #: The block that was written in last, and whether the brackets of all other text stand where its indentation says; None
        #: where that is not known.
        self._written_in: tree.Node | None = before._written_in if before is not None else None
        self._laid_out: bool | None = before._laid_out if before is not None else is_laid_out(text)
        pipeline = root.pipelines[0]
        items = pipeline.body.items if pipeline.body is not None else ()
        self._uses = [(_written(text, use), use) for use in root.file.uses]
        self._top = [(_written(text, item), item) for item in root.file.items if item is not pipeline]
        self._head = _head(text, pipeline)
        #: Where the text that was checked last has mistakes that show in the text alone.
        self._misread: list[int] = []
        #: What stands in the pipeline beside blocks, and the blocks by their text.
        self._fixed = [(_written(text, item), item) for item in items if not _is_block(item)]
        self._blocks = {_written(text, item): item for item in items if _is_block(item)}
        parts: list[tree.Node] = [item for _, item in (*self._uses, *self._top, *self._fixed)]
        parts += [*self._blocks.values(), pipeline]
        self._nodes: dict[tree.Node, list[tree.Node]] = {}
        self._spans: dict[tree.Node, list[Span]] = {}
        for part in parts:
            if before is not None and part in before._spans:
                self._spans[part] = before._spans[part]
                if part in before._nodes:
                    self._nodes[part] = before._nodes[part]
            else:
                self._spans[part] = []
        self._take(root.source.spans or [], parts)
        root.source.spans = []

    def _take(self, spans: list[Span], parts: list[tree.Node]) -> None:
        """Note to which part each place belongs that was named; within the pipeline, what is no part of its own is the head's."""
        inner = sorted((part for part in parts[:-1]), key=_start)
        starts = [_start(part) for part in inner]
        pipeline = parts[-1]
        for span in spans:
            place = bisect_right(starts, span.start) - 1
            if place >= 0 and span.start <= inner[place].end:
                self._spans[inner[place]].append(span)
            elif _start(pipeline) <= span.start <= pipeline.end:
                self._spans[pipeline].append(span)

    def next(self, data: bytes) -> Compilation | None:
        """Return the compilation of another text of the file, or None where it has to be checked from scratch.

        Whoever was given a compilation of the text before cannot use it any more.
        """
        root = _root(self._compilation)
        read, problems = decode(root.path, data)
        if problems or self._texts > _TEXTS or root.file.edition is None:
            return None
        told = self._within_a_block(root, read)
        if told is None:
            told = self._whole(root, read)
        if told is None:
            return None
        self._misread = sorted(item.span.start for item in told if item.span is not None)
        for diagnostic in told:
            _put(diagnostic, root.source)
        body = root.pipelines[0].body
        blocks = [item for item in body.items if _is_block(item)] if body is not None else []
        known = set(self._blocks.values())
        changed = [item for item in blocks if item not in known]
        gone = known.difference(blocks)
        touched = {name for item in (*changed, *gone) if (name := _name(item))}
        return self._compilation.again(told, changed, touched)

    def _within_a_block(self, root: Module, read: Source) -> list[Diagnostic] | None:
        """Read a text that differs within the braces of one block from the one before; return what is wrong in it.

        The block is read with the ones before and behind it. None where more may be different.
        """
        before, text = root.source.text, read.text
        same = _alike(before, text)
        left = min(len(before), len(text)) - same
        after = _alike(before[same:][::-1][:left], text[same:][::-1][:left])
        until, by = len(before) - after, len(text) - len(before)
        pipeline = root.pipelines[0]
        body, edition = pipeline.body, root.file.edition
        items = list(body.items) if body is not None else []
        index = bisect_right([item.start for item in items], same) - 1
        item = items[index] if index >= 0 else None
        if body is None or edition is None or not isinstance(item, tree.Decl) or not _is_block(item):
            return None
        if item.body is None or not item.body.start < same or not until < item.end:
            return None
        if any(not _start(item) <= place <= item.end for place in self._misread):
            return None
        around = items[max(index - 1, 0) : index + 2]
        start = text.rfind("\n", 0, _start(around[0])) + 1
        end = text.find("\n", around[-1].end + by)
        first = text.find("\n", edition.end)
        if (
            any(isinstance(each, tree.ErrorItem) for each in around)
            or text[start : _start(around[0])].strip()
            or text[around[-1].end + by : end].strip()
            or not 0 <= first <= _start(pipeline)
            or text[edition.end : first].strip()
            or start <= body.start
            or not 0 <= end < body.end + by
        ):
            return None
        ranges = [
            (0, first + 1),
            (_start(pipeline), body.start + 1),
            (start, end + 1),
            (body.end + by - 1, body.end + by),
        ]
        self._write_in(before, item)
        parsed = parse_part(read, ranges, lambda: self._is_laid_out_around(before, item))
        if parsed is None or len(parsed.file.items) != 1:
            return None
        made = parsed.file.items[0]
        inside = made.body.items if isinstance(made, tree.Decl) and made.body is not None else ()
        place = around.index(item)
        if len(inside) != len(around):
            return None
        for number, (new, old) in enumerate(zip(inside, around, strict=True)):
            moved = (by if number > place else 0, by if number >= place else 0)
            if new.__class__ is not old.__class__ or (_start(new), new.end) != (
                _start(old) + moved[0],
                old.end + moved[1],
            ):
                return None
        new = inside[place]
        if not isinstance(new, tree.Decl) or new.body is None:
            return None
        if any(
            one.span is None or not _start(new) <= one.span.start <= new.end for one in parsed.diagnostics
        ):
            return None
        known = self._blocks.get(_written(text, new)) if not parsed.diagnostics else None
        if any(each is known for each in items if each is not item):
            known = None  # another block is written the same
        outer = [each for each in root.file.comments if not _start(item) <= each.start < item.end]
        self._shift_from(root, item, same, by)
        if known is not None:
            self._shift(known, _start(new) - _start(known))
        body.items = (*items[:index], known if known is not None else new, *items[index + 1 :])
        inner = [each for each in parsed.file.comments if _start(new) <= each.start <= new.end]
        root.file.comments = tuple(sorted([*outer, *inner], key=lambda each: each.start))
        root.file.end = len(text)
        self._written_in = known if known is not None else new
        self._become(root, root.file, pipeline, text)
        return parsed.diagnostics

    def _write_in(self, text: str, block: tree.Decl) -> None:
        """Note that a block is written in now, and that the one before is part of the text around it."""
        before = self._written_in
        self._written_in = block
        if before is not None and before is not block and self._laid_out:
            indent = " " * (before.start - text.rfind("\n", 0, before.start) - 1)
            part = text[before.start : before.end]
            self._laid_out = is_laid_out(f"mlp 1\n\npipeline it {{\n{indent}{part}\n}}\n")

    def _is_laid_out_around(self, text: str, block: tree.Decl) -> bool:
        """Return whether indentation tells which brackets a block lacks: those of all other text stand where it says."""
        if self._laid_out is None:
            assert block.body is not None  # it is written in
            start, end = block.body.start + 1, block.body.end - 1
            self._laid_out = is_laid_out(f"{text[:start]}{text[end:]}")
        return self._laid_out

    def _whole(self, root: Module, read: Source) -> list[Diagnostic] | None:
        """Read a text whole, and take from the tree before what stands in it word for word; return what is wrong in it.

        None where more is different than blocks.
        """
        parsed = parse(read)
        file, text = parsed.file, read.text
        pipelines = [
            item for item in file.items if isinstance(item, tree.Decl) and item.kind.text == "pipeline"
        ]
        body = pipelines[0].body if len(pipelines) == 1 else None
        if body is None or file.edition is None:
            return None
        pipeline = pipelines[0]
        misread = sorted(item.span.start for item in parsed.diagnostics if item.span is not None)
        top = [item for item in file.items if item is not pipeline and not isinstance(item, tree.ErrorItem)]
        inside = [item for item in body.items if not isinstance(item, tree.ErrorItem)]
        fixed = [item for item in inside if not _is_block(item)]
        if (
            _head(text, pipeline) != self._head
            or _texts(text, file.uses) != _texts_of(self._uses)
            or _texts(text, top) != _texts_of(self._top)
            or _texts(text, fixed) != _texts_of(self._fixed)
            or any(_holds(part, misread) for part in (*file.uses, *top, *fixed))
            or _holds_head(pipeline, body, misread)
        ):
            return None
        left = dict(self._blocks)
        same: dict[tree.Node, tree.Node] = {}
        for item in inside:
            if _is_block(item) and not _holds(item, misread):
                known = left.pop(_written(text, item), None)
                if known is not None:
                    same[item] = known
        if len(inside) - len(fixed) - len(same) > _BLOCKS or len(left) > _BLOCKS:
            return None
        for news, olds in ((file.uses, self._uses), (top, self._top), (fixed, self._fixed)):
            same.update(zip(news, (old for _, old in olds), strict=True))
        self._move(same, pipeline, root.pipelines[0])
        self._written_in = self._laid_out = None
        file.uses = tuple(same.get(use, use) for use in file.uses)  # type: ignore[misc]
        file.items = tuple(same.get(item, item) for item in file.items)  # type: ignore[misc]
        body.items = tuple(same.get(item, item) for item in body.items)  # type: ignore[misc]
        self._become(root, file, pipeline, text)
        return parsed.diagnostics

    def _shift_from(self, root: Module, changed: tree.Decl, place: int, by: int) -> None:
        """Move what stands behind ``changed``, in which letters came or went behind ``place``."""
        pipeline = root.pipelines[0]
        body = pipeline.body
        assert body is not None  # it holds `changed`
        for part in (*root.file.uses, *root.file.items, *body.items):
            if part is not pipeline and part is not changed and part.start > place:
                self._shift(part, by)
        pipeline.end += by
        body.end += by
        for span in self._spans.get(pipeline, ()):
            span.start += by if span.start > place else 0
            span.end += by if span.end > place else 0
        for comment in root.file.comments:
            if comment.start >= changed.end:
                comment.start += by
                comment.end += by

    def _shift(self, part: tree.Node, by: int) -> None:
        """Move a part of the text with all that is known to stand in it."""
        if not by:
            return
        nodes = self._nodes.get(part)
        if nodes is None:
            nodes = _below(part)
            if part in self._spans:
                self._nodes[part] = nodes
        for node in nodes:
            node.start += by
            node.end += by
        for span in self._spans.get(part, ()):
            span.start += by
            span.end += by

    def _move(self, same: dict[tree.Node, tree.Node], pipeline: tree.Decl, before: tree.Decl) -> None:
        """Move what stood in the text before to where it stands now."""
        for new, old in same.items():
            self._shift(old, _start(new) - _start(old))
        spans = self._spans.pop(before, None)
        if spans is not None:
            by = _start(pipeline) - _start(before)
            for span in spans:
                span.start += by
                span.end += by
            self._spans[pipeline] = spans

    def _become(self, root: Module, file: tree.File, pipeline: tree.Decl, text: str) -> None:
        source = root.source
        source.become(text)
        source.spans = []
        file.source = source
        root.file = file
        root.pipelines[:] = [pipeline]
        root.lost.clear()


def follow(compilation: Compilation, before: Sound | None) -> Sound | None:
    """Return what the next text can be checked by; None where something is wrong, or there is no pipeline."""
    root = compilation.root
    if root is None or len(root.pipelines) != 1 or root.source.spans is None or len(compilation.check()):
        return None
    return Sound(compilation, before)


def _root(compilation: Compilation) -> Module:
    root = compilation.root
    assert root is not None  # it was checked
    return root


def _alike(ours: str, theirs: str) -> int:
    """Return how many letters two texts begin with alike."""
    low, high = 0, min(len(ours), len(theirs))
    while low < high:
        middle = (low + high + 1) // 2
        if ours[low:middle] == theirs[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _is_block(item: tree.Node) -> bool:
    return isinstance(item, tree.Decl) and item.kind.text not in LANGUAGE_KINDS


def _name(item: tree.Node) -> str:
    name = item.name if isinstance(item, tree.Decl) else None
    return name.text if isinstance(name, tree.Name) else ""


def _start(item: tree.Node) -> int:
    """Return where an item begins, with the comment above it that says what it is."""
    doc = getattr(item, "doc", None)
    return min(item.start, doc.start) if doc is not None else item.start


def _written(text: str, item: tree.Node) -> str:
    return text[_start(item) : item.end]


def _head(text: str, pipeline: tree.Decl) -> str:
    end = pipeline.body.start if pipeline.body is not None else pipeline.end
    return text[_start(pipeline) : end]


def _texts(text: str, items: Iterable[tree.Node]) -> list[str]:
    return [_written(text, item) for item in items]


def _texts_of(items: Iterable[tuple[str, tree.Node]]) -> list[str]:
    return [text for text, _ in items]


def _holds(item: tree.Node, places: list[int]) -> bool:
    """Return whether one of the sorted ``places`` lies in ``item`` or at its edge."""
    return bisect_right(places, item.end) > bisect_right(places, _start(item) - 1)


def _holds_head(pipeline: tree.Decl, body: tree.Body, places: list[int]) -> bool:
    return bisect_right(places, body.start) > bisect_right(places, _start(pipeline) - 1)


def _below(item: tree.Node) -> list[tree.Node]:
    """Return ``item`` and all nodes below it, each once."""
    found: dict[int, tree.Node] = {}
    stack = [item]
    while stack:
        node = stack.pop()
        if id(node) not in found:
            found[id(node)] = node
            stack += children(node)
    return list(found.values())


def _put(diagnostic: Diagnostic, source: Source) -> None:
    """Let the places of a diagnostic be places in ``source``, which has the same text."""
    spans = [diagnostic.span, *(label.span for label in diagnostic.labels)]
    spans += [span for fix in diagnostic.fixes for span, _ in fix.edits]
    for span in spans:
        if span is not None:
            span.source = source
