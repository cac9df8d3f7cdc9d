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
    from collections.abc import Iterable, Sequence

    from ..diagnostics import Diagnostic
    from ..resolve.modules import Module

#: Blocks that may differ: where more do, checking anew costs as much.
_BLOCKS = 20
#: Texts that are checked this way until one is checked from scratch, which forgets what was kept for nothing.
_TEXTS = 200


class _Part:
    """What of a pipeline is read again: ``items[first:last]``, which stand between ``start`` and ``end``.

    It is ``inside`` of a block, which then stays one, or all between two blocks.
    """

    __slots__ = ("_olds", "end", "first", "inside", "key", "last", "start")

    def __init__(self, items: list[tree.Item], first: int, last: int, inside: bool) -> None:
        self.first, self.last, self.inside = first, last, inside
        self._olds = items[first:last]
        self.start = _start(items[first]) if inside else items[first - 1].end
        self.end = items[first].end if inside else _start(items[last])
        self.key: tuple[tree.Node, ...] = (items[first],) if inside else (items[first - 1], items[last])

    def holds(self, news: Sequence[tree.Node], by: int) -> bool:
        """Return whether ``news`` can stand in it, which is longer ``by`` so much."""
        if not self.inside:
            return all(isinstance(each, tree.ErrorItem) or _is_block(each) for each in (*self._olds, *news))
        if len(news) != 1:
            return False
        new, old = news[0], self._olds[0]
        return (
            isinstance(new, tree.Decl)
            and new.body is not None
            and (_start(new), new.end) == (_start(old), old.end + by)
        )

    def hollow(self, text: str) -> tuple[int, int]:
        """Return what is to be left out of ``text`` so that its other lines stay as they are."""
        if not self.inside:
            return self.start, text.rfind("\n", 0, self.end)
        block = self._olds[0]
        assert isinstance(block, tree.Decl)  # it is written in
        assert block.body is not None
        return block.body.start + 1, block.body.end - 1


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
        #: What was written in last, a block or the two that it lies between, and whether the brackets of all other text stand
        #: where its indentation says; None where that is not known.
        self._written_in: tuple[tree.Node, ...] | None = before._written_in if before is not None else None
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
        told = self._within_the_pipeline(root, read)
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

    def _within_the_pipeline(self, root: Module, read: Source) -> list[Diagnostic] | None:
        """Read a text that differs within one block, or between two, from the one before; return what is wrong in it.

        That is read with the blocks before and behind it. None where more may be different.
        """
        before, text = root.source.text, read.text
        same = _alike(before, text)
        left = min(len(before), len(text)) - same
        after = _alike(before[same:][::-1][:left], text[same:][::-1][:left])
        until, by = len(before) - after, len(text) - len(before)
        pipeline = root.pipelines[0]
        body, edition = pipeline.body, root.file.edition
        items = list(body.items) if body is not None else []
        part = _part(items, before, same, until, self._misread)
        if body is None or edition is None or part is None:
            return None
        if any(not part.start <= place <= part.end for place in self._misread):
            return None
        around = items[max(part.first - 1, 0) : part.last + 1]
        start = text.rfind("\n", 0, _start(around[0])) + 1
        end = text.find("\n", around[-1].end + by)
        first = text.find("\n", edition.end)
        if (
            text[start : _start(around[0])].strip()
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
        self._write_in(before, part)
        parsed = parse_part(read, ranges, lambda: self._is_laid_out_around(before, part))
        if parsed is None or len(parsed.file.items) != 1:
            return None
        made = parsed.file.items[0]
        inside = made.body.items if isinstance(made, tree.Decl) and made.body is not None else ()
        ahead, behind = (
            items[part.first - 1 : part.first] if part.first else [],
            items[part.last : part.last + 1],
        )
        news = inside[len(ahead) : len(inside) - len(behind)]
        if (
            len(inside) < len(ahead) + len(behind)
            or not all(map(_moved, inside, ahead, (0,)))
            or not all(map(_moved, inside[::-1], behind, (by,)))
            or not part.holds(news, by)
            or any(
                one.span is None or not part.start <= one.span.start <= part.end + by
                for one in parsed.diagnostics
            )
        ):
            return None
        misread = [one.span.start for one in parsed.diagnostics if one.span is not None]
        taken = {id(each) for each in (*items[: part.first], *items[part.last :])}
        olds: list[tree.Item] = []
        for item in news:
            known = None if _holds(item, misread) else self._blocks.get(_written(text, item))
            if known is None or id(known) in taken:  # another block may be written the same
                olds.append(item)
                continue
            taken.add(id(known))
            olds.append(known)
        outer = [each for each in root.file.comments if not part.start <= each.start < part.end]
        self._shift_from(root, part, items, same, by)
        for item, old in zip(news, olds, strict=True):
            if old is not item:
                self._shift(old, _start(item) - _start(old))
        body.items = (*items[: part.first], *olds, *items[part.last :])
        inner = [each for each in parsed.file.comments if part.start <= each.start < part.end + by]
        root.file.comments = tuple(sorted([*outer, *inner], key=lambda each: each.start))
        root.file.end = len(text)
        if part.inside:
            self._written_in = (olds[0],)
        self._become(root, root.file, pipeline, text)
        return parsed.diagnostics

    def _write_in(self, text: str, part: _Part) -> None:
        """Note what is written in now, and that what was before is part of the text around it."""
        before, self._written_in = self._written_in, part.key
        if before is None or before == part.key:
            return
        if len(before) > 1:
            self._laid_out = None
        elif self._laid_out:
            (block,) = before
            indent = " " * (block.start - text.rfind("\n", 0, block.start) - 1)
            written = text[block.start : block.end]
            self._laid_out = is_laid_out(f"mlp 1\n\npipeline it {{\n{indent}{written}\n}}\n")

    def _is_laid_out_around(self, text: str, part: _Part) -> bool:
        """Return whether indentation tells which brackets a part lacks: those of all other text stand where it says."""
        if self._laid_out is None:
            start, end = part.hollow(text)
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

    def _shift_from(self, root: Module, changed: _Part, items: list[tree.Item], place: int, by: int) -> None:
        """Move what stands behind ``changed``, in which letters came or went behind ``place``; ``items`` are the pipeline's."""
        pipeline = root.pipelines[0]
        body = pipeline.body
        assert body is not None  # it holds `changed`
        others = [*root.file.uses, *root.file.items, *items[: changed.first], *items[changed.last :]]
        for part in others:
            if part is not pipeline and part.start > place:
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


def _part(items: list[tree.Item], text: str, start: int, end: int, misread: list[int]) -> _Part | None:
    """Return what is to be read again where all between ``start`` and ``end`` is another; None where that is more than a part.

    ``misread`` are the places of mistakes: a block that is not closed may go on.
    """
    index = bisect_right([item.start for item in items], start) - 1
    item = items[index] if index >= 0 else None
    if (
        isinstance(item, tree.Decl)
        and _is_block(item)
        and item.body is not None
        and item.body.start < start
        and end < item.end
    ):
        beside = (*items[max(index - 1, 0) : index], *items[index + 1 : index + 2])
        if any(isinstance(each, tree.ErrorItem) for each in beside):
            return None
        return _Part(items, index, index + 1, True)
    # What ends where something is written, or a blank before that, becomes longer by it.
    while text[start - 1 : start] in (" ", "\t"):
        start -= 1
    first = next((at for at, each in enumerate(items) if each.end >= start), len(items))
    last = next((at for at, each in enumerate(items) if _start(each) > end), len(items))
    while first > 0 and (isinstance(items[first - 1], tree.ErrorItem) or _holds(items[first - 1], misread)):
        first -= 1
    while last < len(items) and isinstance(items[last], tree.ErrorItem):
        last += 1
    return _Part(items, first, last, False) if 0 < first <= last < len(items) else None


def _moved(new: tree.Node, old: tree.Node, by: int) -> bool:
    """Return whether a node is another one, moved."""
    return new.__class__ is old.__class__ and (_start(new), new.end) == (_start(old) + by, old.end + by)


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
