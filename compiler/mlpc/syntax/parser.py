"""The way in: from bytes to a source, from a source to its tree and what is wrong with it."""

from __future__ import annotations

import re

from .. import codes
from ..diagnostics import Diagnostic, Fix
from ..source import Source, Span
from . import tables as t
from .actions import read
from .lexer import Late, lex
from .tree import Comment, Edition, File, Use

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .brackets import Edits
    from .lexer import Tokens
    from .tree import Doc

# The newest edition of the language that this compiler reads.
EDITION = 1

_EDITION = re.compile(r"(?:[ \t\r\n]|#[^\n]*+)*+(mlp)[ \t]++([0-9]{1,9})(?![A-Za-z0-9_%.])")
_NO_EDITION = Late(r"(?:[ \t\r\n]|#[^\n]*+)*+(mlp\b(?![ \t]*+[=:{(\[.])[^\n#]*+)?")
# A word and a number on a line of their own, where the edition belongs: it was misspelt.
_MISSPELT = Late(r"(?:[ \t\r\n]|#[^\n]*+)*+([A-Za-z]{2,5}[ \t]++[0-9]{1,9})(?=[ \t\r]*+(?:[\n#]|\Z))")
_COMMENT = Late(r"#[^\n]*+")
# What no text file holds. Python strings may hold lone surrogates, which are no characters.
_UNREADABLE = Late("[\0\ud800-\udfff]")


class Parsed:
    """A tree, whatever the text, and the diagnostics about it in the order of their places."""

    __slots__ = ("diagnostics", "file")

    def __init__(self, file: File, diagnostics: list[Diagnostic]) -> None:
        self.file = file
        self.diagnostics = diagnostics


def parse(source: Source) -> Parsed:
    """Return the tree of ``source`` and every mistake in its text; no text makes it raise."""
    text = source.text
    diagnostics: list[Diagnostic] = []
    if "\0" in text or not text.isascii():
        text = _readable(source, diagnostics)
    start = 1 if text.startswith("\ufeff") else 0
    edition = _EDITION.match(text, start)
    if edition is None:
        diagnostics.append(_missing_edition(source, text, start))
        misspelt = _MISSPELT().match(text, start)
        start = misspelt.end() if misspelt is not None else start
    elif int(edition[2]) != EDITION:
        return _other_edition(source, text, start, edition)
    tokens = lex(text, start)
    if edition is not None and text is source.text and not tokens.unbalanced and not tokens.problems:
        docs: dict[int, Doc] = {}
        stray: list[Comment] = []
        if tokens.docs:
            from .comments import attach

            docs, stray = attach(text, tokens)
        readable = True
        if tokens.templates:
            from .interpolation import interpolate

            readable = interpolate(source, text, tokens, [])
        if readable:
            comments = tuple(tokens.comments)
            file: File | None = read(
                tokens.kinds, tokens.values, t.START_FILE, source, docs, comments, len(text)
            )
            if file is not None and _in_order(file):
                if docs or stray:
                    from .comments import report_stray

                    report_stray(source, docs, stray, diagnostics)
                    diagnostics.sort(key=_place)
                return Parsed(file, diagnostics)
    from .recovery import recover

    file = recover(source, text, start, edition is not None, diagnostics)
    diagnostics.sort(key=_place)
    return Parsed(file, diagnostics)


def parse_part(
    source: Source, ranges: list[tuple[int, int]], laid_out: Callable[[], bool] = lambda: False
) -> Parsed | None:
    """Return the tree of what stands in ``ranges``, as if the rest of the text were blank; None where it has to be read whole.

    The first range holds the edition, the second all of a declaration up to the brace that opens it, the third statements
    within, the last the brace that closes it. Only the third may hold mistakes. Where its brackets do not pair up they are
    repaired by how lines are indented, if ``laid_out`` says that all else is as it should be.
    """
    from . import brackets
    from .recovery import Reader, spans

    text = source.text
    if "\0" in text:
        return None
    tokens = _joined(text, ranges)
    if tokens is None:
        return None
    if not tokens.unbalanced and not tokens.problems:
        from .comments import attach, report_stray
        from .interpolation import interpolate

        docs, stray = attach(text, tokens)
        problems: list[Diagnostic] = []
        if interpolate(source, text, tokens, problems):
            comments = tuple(tokens.comments)
            file: File | None = read(
                tokens.kinds, tokens.values, t.START_FILE, source, docs, comments, len(text)
            )
            if file is not None:
                report_stray(source, docs, stray, problems)
                problems.sort(key=_place)
                return Parsed(file, problems)
        tokens = _joined(text, ranges)
        if tokens is None:
            return None
    places = spans(tokens)
    edits = brackets.repair(text, tokens, places, by_layout=True)
    if edits is None:
        return None
    if tokens.unbalanced:
        again = _repaired(text, tokens, edits, ranges)
        if again is None or not laid_out():
            return None
        file, told, mistakes = Reader(source, text, again, spans(again), edits, True, set()).read()
        if mistakes != 1:
            return None  # another way to read it could be better
    else:
        twice = brackets.repair(text, tokens, places, by_layout=True, twice=True)
        if edits.mistakes or twice is None or twice.mistakes:
            return None
        file, told, _ = Reader(source, text, tokens, places, None, True, set()).read()
    told.sort(key=_place)
    return Parsed(file, told)


def _repaired(text: str, tokens: Tokens, edits: Edits, ranges: list[tuple[int, int]]) -> Tokens | None:
    """Return the tokens of ``ranges`` after a repair; None where it reaches beyond the third, or may hang on lines before it."""
    from .brackets import balanced

    start, end = ranges[2]
    changed = [*edits.blanks, *(place for place, _ in edits.inserts)]
    for mistake in edits.mistakes:
        line = text[text.rfind("\n", 0, mistake.place) + 1 : mistake.place]
        if mistake.kind != "unclosed" and not line.strip():
            return None
    if balanced(tokens.kinds) or not changed or not all(start < place < end for place in changed):
        return None
    made = edits.apply(text)
    by = len(made) - len(text)
    first, last = ranges[3]
    again = _joined(made, [*ranges[:2], (start, end + by), (first + by, last + by)])
    return again if again is not None and not again.unbalanced else None


def _joined(text: str, ranges: list[tuple[int, int]]) -> Tokens | None:
    """Return the tokens of ``ranges``, one behind the other; None where those of the third are not whole by themselves."""
    parts = [lex(text, start, end) for start, end in ranges]
    inner = parts[2]
    if (
        any(part.too_deep or (part.problems and part is not inner) for part in parts)
        or any(problem.kind == "open-block" for problem in inner.problems)
        or t.USE in inner.kinds
        or t.MLP in inner.kinds
    ):
        return None
    whole = parts[0]
    for part in parts[1:]:
        whole.kinds.pop()
        whole.values.pop()
        before = len(whole.kinds)
        whole.kinds += part.kinds
        whole.values += part.values
        whole.comments += part.comments
        whole.docs.update({index + before: found for index, found in part.docs.items()})
        whole.templates += part.templates
        for problem in part.problems:
            problem.index += before
        whole.problems += part.problems
    whole.unbalanced = inner.unbalanced
    return whole


def is_laid_out(text: str) -> bool:
    """Return whether all brackets of a text pair up, and stand where its indentation says."""
    from .brackets import repair
    from .recovery import spans

    edition = _EDITION.match(text)
    tokens = lex(text)
    if edition is None or tokens.unbalanced or tokens.problems:
        return False
    edits = repair(text, tokens, spans(tokens), by_layout=True)
    return edits is not None and not edits.mistakes


def decode(path: str, data: bytes) -> tuple[Source, list[Diagnostic]]:
    """Return the source that ``data`` holds, and what kept it from being read as UTF-8.

    A byte order mark is left out, line ends stay as they are. Bytes that are no UTF-8 become blanks, so that all
    else keeps its place.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        source = Source(path, data.decode("utf-16", "replace").replace("\ufffd", " "))
        message = "this file is written in UTF-16"
        return source, [_not_utf8(source, 0, min(1, len(source.text)), message)]
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        return Source(path, data.decode("utf-8")), []
    except UnicodeDecodeError as error:
        place = len(data[: error.start].decode("utf-8"))
        text = data.decode("utf-8", "surrogateescape")
        wrong = _ESCAPED().findall(text)
        source = Source(path, _ESCAPED().sub(" ", text))
        more = "" if len(wrong) == 1 else f", and {len(wrong) - 1} more like it"
        message = f"byte 0x{data[error.start]:02X} is no UTF-8{more}"
        return source, [_not_utf8(source, place, place + 1, message)]


_ESCAPED = Late("[\udc80-\udcff]")


def _not_utf8(source: Source, start: int, end: int, message: str) -> Diagnostic:
    return Diagnostic(
        codes.UNREADABLE_TEXT,
        message,
        Span(source, start, end),
        label="cannot be read",
        help=["save the file as UTF-8"],
    )


def _place(diagnostic: Diagnostic) -> int:
    return diagnostic.span.start if diagnostic.span is not None else -1


def _readable(source: Source, diagnostics: list[Diagnostic]) -> str:
    """Return the text with blanks where it holds what is no text, and report the first such place."""
    text = source.text
    found = _UNREADABLE().search(text)
    if found is None:
        return text
    count = len(_UNREADABLE().findall(text))
    more = "" if count == 1 else f", and {count - 1} more like it"
    what = "a NUL character" if found[0] == "\0" else f"U+{ord(found[0]):04X}, half of a surrogate pair"
    diagnostics.append(
        Diagnostic(
            codes.UNREADABLE_TEXT,
            f"{what} stands in the text{more}",
            Span(source, found.start(), found.end()),
            label="no text",
            help=["take it out; a program is a text file in UTF-8"],
        )
    )
    return _UNREADABLE().sub(" ", text)


def _missing_edition(source: Source, text: str, start: int) -> Diagnostic:
    found = _MISSPELT().match(text, start) or _NO_EDITION().match(text, start)
    if found is not None and found[1] is not None:
        span = Span(source, found.start(1), found.start(1) + len(found[1].rstrip()))
        word, _, number = span.text.partition(" ")
        if number.strip() == str(EDITION):
            place = Span(source, span.start, span.start + len(word))
            return Diagnostic(
                codes.MISSING_EDITION,
                f"a file begins with `mlp {EDITION}`, not with `{word}`",
                place,
                label="did you mean `mlp`?",
                fixes=[Fix("write `mlp`", [(place, "mlp")])],
            )
        return Diagnostic(
            codes.MISSING_EDITION,
            f"`{span.text[:40]}` names no edition of the language",
            span,
            label="expected `mlp 1`",
            help=[f"this mlpc knows edition {EDITION}: `mlp {EDITION}`"],
            fixes=[Fix(f"write `mlp {EDITION}`", [(span, f"mlp {EDITION}")])],
        )
    place = Span(source, start, start)
    return Diagnostic(
        codes.MISSING_EDITION,
        f"a file begins with the edition of the language: `mlp {EDITION}`",
        place,
        label=f"expected `mlp {EDITION}`",
        help=[f"write `mlp {EDITION}` as the first line"],
        fixes=[Fix(f"insert `mlp {EDITION}`", [(place, f"mlp {EDITION}\n\n")])],
    )


def _other_edition(source: Source, text: str, start: int, found: re.Match[str]) -> Parsed:
    """Return a tree of nothing but the edition: by what rules the rest is to be read is not known."""
    version = int(found[2])
    span = Span(source, found.start(1), found.end(2))
    if version > EDITION:
        diagnostic = Diagnostic(
            codes.NEWER_EDITION,
            f"this file needs mlpc >= {version}.0",
            span,
            label=f"edition {version} of the language; this mlpc knows edition {EDITION}",
            help=["install a newer mlpc; nothing else of the file was read"],
        )
    else:
        diagnostic = Diagnostic(
            codes.MISSING_EDITION,
            f"there is no edition {version} of the language",
            span,
            label=f"expected `mlp {EDITION}`",
            help=[f"this mlpc knows edition {EDITION}"],
            fixes=[Fix(f"write `mlp {EDITION}`", [(span, f"mlp {EDITION}")])],
        )
    comments = []
    for line in _COMMENT().finditer(source.text, start, span.start):
        written = line[0].rstrip("\r")
        doc = written.startswith("##") and not written.startswith("###")
        comments.append(Comment(written, doc, True, line.start(), line.start() + len(written)))
    edition = Edition(version, span.start, span.end)
    return Parsed(File(source, edition, (), (), tuple(comments), 0, len(text)), [diagnostic])


def _in_order(file: File) -> bool:
    """Whether all `use` statements stand before the first declaration."""
    uses: tuple[Use, ...] = file.uses
    return not uses or not file.items or uses[-1].start < file.items[0].start
