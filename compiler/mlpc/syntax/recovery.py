"""Reads a text with mistakes: reports each once and goes on.

Brackets that do not pair up are repaired first, in the text. Then the same table as always is walked; at a token
that fits nowhere the change of a single token is looked for after which the next tokens fit, and where there is
none, what cannot be read is left out up to the end of the value or statement.
"""

from __future__ import annotations

from copy import copy

from .. import codes
from ..diagnostics import ERROR, Diagnostic
from ..limits import MISTAKES
from ..source import Source, Span
from . import brackets, messages
from . import tables as t
from .actions import rules
from .comments import attach, report_stray
from .explain import explain
from .habits import habit, misplaced_use
from .interpolation import interpolate
from .lexer import BINARY, RESERVED, STATEMENT_WORDS, lex
from .tree import (
    Attr,
    Block,
    Condition,
    Decl,
    Entry,
    ErrorExpr,
    ErrorItem,
    Fact,
    Field,
    File,
    Name,
    String,
    Use,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .brackets import Edits
    from .lexer import Problem, Tokens

# For so many mistakes of a file every way to repair a single token is tried.
MAX_SEARCHES = 300
# Tokens behind a repair that have to fit.
NEEDED = 3
# Tokens behind it that are looked at.
AHEAD = 12

_WIDTH = {kind: len(text) for kind, text in messages.SPELLING.items()} | {t.SEP: 0, t.END: 0}
_KEYWORDS = {kind: word for word, kind in {**RESERVED, **STATEMENT_WORDS}.items()}
_WORD_KINDS = frozenset(_KEYWORDS)
# Problems after which nothing else on their line is reported.
_NOISY = frozenset(("open-string", "unopened-string", "open-block", "bad-character"))
# Problems that are reported even where something else is wrong on their line.
_ALWAYS = _NOISY | {"too-deep", "too-long"}
_SIGNS = frozenset(
    (t.EQUAL, t.COLON, t.COMMA, t.COMPARE, t.PLUS, t.MINUS, t.STAR, t.SLASH, t.DOTDOT, t.SEP, t.IN)
)
_BRACKETS = frozenset((*brackets.OPENERS, *brackets.CLOSERS))

# What one insertion costs; what is not here is never put in.
_INSERT = {
    t.ERROR: 0.9, t.EQUAL: 0.8, t.COLON: 0.85, t.COMMA: 0.8, t.SEP: 0.82, t.COMPARE: 1.0, t.IN: 1.1,
    t.THEN: 1.1, t.ELSE: 1.1, t.WHEN: 1.5, t.EACH: 1.5, t.AS: 1.0, t.NAME: 1.6,
}  # fmt: skip
# What is declared by one of these words has a type behind its name.
_TYPED = frozenset(("input", "output", "param", "quantity", "secret"))
# What may stand where something else stands.
_REPLACE = (t.EQUAL, t.COLON, t.COMMA, t.SEP, t.IN)


def recover(source: Source, text: str, start: int, edition: bool, diagnostics: list[Diagnostic]) -> File:
    """Return the tree of ``text``, and add to ``diagnostics`` what is wrong with it.

    ``text`` is that of ``source``, with blanks in the place of what is no text; on the lines of ``diagnostics``,
    which name such places, nothing else is reported. Without an ``edition`` the text begins with statements.
    """
    quiet = {
        source.position(one.span.start)[0]
        for one in diagnostics
        if one.span and one.span.end > one.span.start
    }
    tokens = lex(text, start)
    attempts: list[tuple[File, list[Diagnostic], int]] = []
    places = spans(tokens)
    changes: list[Edits] = []
    if not tokens.too_deep:
        for by_layout in (True, False) if tokens.unbalanced else (True,):
            for twice in (False, True):
                edits = brackets.repair(text, tokens, places, by_layout=by_layout, twice=twice)
                if edits is not None and not (twice and all(one.kind != "doubled" for one in edits.mistakes)):
                    changes.append(edits)
    if tokens.too_deep or not tokens.unbalanced:
        attempts.append(Reader(source, text, tokens, places, None, edition, quiet).read())
    for edits in changes:
        if not edits.mistakes:
            continue
        changed = edits.apply(text)
        again = lex(changed, start)
        attempts.append(Reader(source, text, again, spans(again), edits, edition, quiet).read())
    if not attempts:
        attempts.append(Reader(source, text, tokens, places, None, edition, quiet).read())
    best = min(attempts, key=lambda attempt: attempt[2])
    diagnostics.extend(best[1])
    return best[0]


def spans(tokens: Tokens) -> tuple[list[int], list[int]]:
    """Return where every token starts and where it ends."""
    starts: list[int] = []
    ends: list[int] = []
    for kind, value in zip(tokens.kinds, tokens.values, strict=True):
        if type(value) is int:
            if kind in brackets.CLOSERS:
                starts.append(value - 1)
                ends.append(value)
            else:
                starts.append(value)
                ends.append(value + _WIDTH[kind])
        elif type(value) is tuple:
            starts.append(value[0])
            ends.append(value[1])
        else:
            starts.append(value.start - 1 if kind in (t.MARK, t.MEMBER) else value.start)
            ends.append(value.end)
    return starts, ends


def _move(tokens: Tokens, places: tuple[list[int], list[int]], edits: Edits) -> tuple[list[int], list[int]]:
    """Give tokens of a changed text the places that they have in the text before."""
    original = edits.original
    values = tokens.values
    for index, value in enumerate(values):
        if type(value) is int:
            values[index] = original(value)
        elif type(value) is tuple:
            values[index] = (original(value[0]), original(value[1]))
        else:
            value.start = original(value.start)
            value.end = original(value.end)
    for comment in tokens.comments:
        comment.start = original(comment.start)
        comment.end = original(comment.end)
    for problem in tokens.problems:
        problem.start = original(problem.start)
        problem.end = original(problem.end)
    for _, pieces in tokens.templates:
        for index, piece in enumerate(pieces):
            if not isinstance(piece, str):
                pieces[index] = (original(piece[0]), original(piece[1]))
    return [original(place) for place in places[0]], [original(place) for place in places[1]]


class Repair:
    """One way to go on: tokens to feed first, where to go on, and what to say."""

    __slots__ = ("back", "cost", "edit", "feed", "index", "kind", "next", "tainted")

    def __init__(
        self, edit: str, index: int, kind: int, feed: list[tuple[int, Any]], next: int, cost: float = 0
    ) -> None:
        self.edit = edit
        self.index = index
        self.kind = kind
        self.feed = feed
        self.next = next
        self.cost = cost
        self.back = 0  # how many tokens before the wrong one the change begins
        self.tainted = False


class Reader:
    """Walks the table over one token list."""

    def __init__(
        self,
        source: Source,
        text: str,
        tokens: Tokens,
        places: tuple[list[int], list[int]],
        edits: Edits | None,
        edition: bool,
        quiet: set[int],
    ) -> None:
        self.source = source
        self.text = text
        self.diagnostics: list[Diagnostic] = []
        self.reported = 0
        self.searches = 0
        self.lines_done = set(quiet)  # lines on which nothing more is reported
        if edits is not None:
            places = _move(tokens, places, edits)
            for comment in tokens.comments if edits.blanks else ():
                # A bracket that was blanked out stands before it all the same.
                if comment.own_line:
                    comment.own_line = not text[
                        text.rfind("\n", 0, comment.start) + 1 : comment.start
                    ].strip()
        if not edition:
            at = tokens.values[0] if type(tokens.values[0]) is int else places[0][0]
            tokens.docs = {index + 3: found for index, found in tokens.docs.items()}
            for problem in tokens.problems:
                problem.index += 3
            head = [t.MLP, t.NUMBER, t.SEP]
            zero = _nothing(at)
            tokens.kinds[:0] = head
            tokens.values[:0] = [zero, zero, at]
            places = ([at] * 3 + places[0], [at] * 3 + places[1])
        if text is not source.text:
            for comment in tokens.comments:
                comment.text = source.text[comment.start : comment.end]
        self.kinds = tokens.kinds
        self.values = tokens.values
        self.starts, self.ends = places
        self.docs, self.stray = attach(text, tokens)
        self.tokens = tokens
        told = _closing(text, tokens.problems)
        self.problems: dict[int, list[Problem]] = {}
        for problem in tokens.problems:
            if problem not in told:
                self.problems.setdefault(problem.index, []).append(problem)
            # Behind a text in an interpolation the quotes stand the wrong way round.
            if problem.kind in _NOISY or (
                problem.kind == "open-interpolation" and self.text_in(problem.start)
            ):
                self.lines_done.add(self.line(problem.start))
        if edits is not None:
            closing = {"{": "}", "(": ")", "[": "]"}
            for mistake in edits.mistakes:
                self.report(messages.bracket(source, mistake, closing))
        interpolate(source, text, tokens, self.diagnostics)
        self.rules = rules(source, self.docs, tuple(tokens.comments), len(text))
        self.states = [t.START_FILE]
        self.stack: list[Any] = []
        # For every open bracket how many states there were after it, and its kind.
        self.opens: list[tuple[int, int]] = []
        self.mark = (1, 0)  # states and token index at the beginning of the statement
        self.dirty = False  # whether a repair was made since
        self.quiet_until = -1  # a mistake before this token follows from the one before
        self.errors: list[tuple[int, int]] = []
        self.taints: list[int] = []

    def line(self, offset: int) -> int:
        """Return the line of ``offset``."""
        return self.source.position(offset)[0]

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic, up to a bound."""
        self.reported += 1
        if self.reported <= MISTAKES:
            self.diagnostics.append(diagnostic)
        elif self.reported == MISTAKES + 1:
            self.diagnostics.append(
                Diagnostic(
                    codes.TOO_MANY_MISTAKES,
                    f"more than {MISTAKES} mistakes; the rest of the file was not read",
                    diagnostic.span,
                    label="read up to here",
                    help=["is this an mlp file?"],
                )
            )

    def read(self) -> tuple[File, list[Diagnostic], int]:
        """Return the tree, what is wrong, and how much that is: mistakes, and lines left out for them."""
        kinds = self.kinds
        values = self.values
        index = 0
        feed: list[tuple[int, Any]] = []
        end = len(kinds)
        while index < end:
            if index in self.problems:
                for problem in self.problems.pop(index):
                    self.report(messages.problem(self.source, problem))
            kind = kinds[index]
            if kind == t.SEP and kinds[index + 1] == t.LBRACE and self.brace_below(index):
                index += 1
                continue
            if self.feed(kind, values[index], index):
                index += 1
                continue
            repair = self.repair(index) if self.reported <= MISTAKES else None
            if repair is None:
                return self.finish(self.salvage())
            index = repair.next
            feed = repair.feed
            for number, (put, value) in enumerate(feed):
                if not self.feed(put, value, -1):
                    # What was tried did fit; only a mistake in the search itself leads here.
                    del feed[number:]
                    break
            self.dirty = True
        return self.finish(self.stack[0] if self.states[-1] == t.ACCEPTED else self.salvage())

    def text_in(self, offset: int) -> bool:
        """Return whether the interpolation that begins at ``offset`` holds a text: `${"x"}`."""
        return self.text.startswith('"', offset + 2)

    def brace_below(self, index: int) -> bool:
        """Report a `{` that stands on the line below its block, where the line end ``index`` parts the two."""
        behind, begin = self.ends[index - 1] if index else 0, self.starts[index + 1]
        if "\n" not in self.text[behind:begin] or t.LBRACE not in self.accepted(self.states):
            return False
        if self.line(begin) not in self.lines_done:
            self.report(messages.brace_below(self.source, behind, begin))
        self.dirty = True
        return True

    def finish(self, file: File) -> tuple[File, list[Diagnostic], int]:
        """Report what can only be seen at the end."""
        for problems in self.problems.values():
            for problem in problems:
                if problem.kind in _ALWAYS:
                    self.report(messages.problem(self.source, problem))
        first = next((item for item in file.items if type(item) is not ErrorItem), None)
        if first is not None:
            for use in file.uses:
                if use.start > first.start:
                    self.report(misplaced_use(Span(self.source, use.start, use.end)))
        if self.docs or self.stray:
            docs = {at: doc for at, doc in self.docs.items() if not self.in_error(at)}
            stray = [comment for comment in self.stray if not self.in_error(comment.start)]
            report_stray(self.source, docs, stray, self.diagnostics)
        mistakes = sum(one.severity == ERROR for one in self.diagnostics)
        return file, self.diagnostics, mistakes + sum(self.text.count("\n", *place) for place in self.errors)

    def in_error(self, offset: int) -> bool:
        """Whether ``offset`` lies in what was left out."""
        return any(start <= offset <= end for start, end in self.errors)

    def salvage(self) -> File:
        """Return a file of the statements that were read."""
        items: list[Any] = []
        for value in self.stack:
            if type(value) is list:
                items.extend(one for one in value if type(one) in (Decl, Use))
        uses = tuple([one for one in items if type(one) is Use])
        rest = tuple([one for one in items if type(one) is Decl])
        return File(self.source, None, uses, rest, tuple(self.tokens.comments), 0, len(self.text))

    # Walking

    def feed(self, kind: int, value: Any, index: int) -> bool:
        """Shift one token, after the reductions that it calls for; return False where it fits nowhere."""
        states = self.states
        actions = t.ACTIONS
        stack = self.stack
        action = actions[states[-1]][kind]
        while action < 0:
            goto, size, make = self.rules[-action]
            make(stack)
            del states[-size:]
            states.append(goto[states[-1]])
            self.settle(stack)
            action = actions[states[-1]][kind]
        if not action:
            return False
        states.append(action)
        stack.append(value)
        if kind in brackets.OPENERS:
            self.opens.append((len(states), kind))
        elif kind in brackets.CLOSERS and self.opens:
            self.opens.pop()
        if kind == t.SEP or kind == t.LBRACE:
            self.mark = (len(states), index + 1)
            self.dirty = index < 0
        return True

    def settle(self, stack: list[Any]) -> None:
        """Leave nothing in a finished node that was made up, so that nobody judges it."""
        top: Any = stack[-1]
        if type(top) not in _HOLDERS:
            return
        nameless = (type(top) in (Attr, Block, Field) and top.name is not None and top.name.text == "") or (
            type(top) is Decl and top.kind.text == ""
        )
        if nameless or (type(top) is Field and isinstance(top.type, ErrorExpr)):
            self.errors.append((top.start, top.end))
            stack[-1] = ErrorItem(top.start, top.end)
            return
        if type(top) in (Decl, Block) and isinstance(top.type, ErrorExpr):
            top.type = None
        if type(top) is Decl and isinstance(top.name, ErrorExpr):
            top.name = None
        left = []
        for offset in self.taints:
            if not top.start <= offset <= top.end:
                left.append(offset)
            elif type(top) in (Condition, Fact):
                if top.expr.start <= offset <= top.expr.end:
                    top.expr = ErrorExpr(top.expr.start, top.expr.end)
            elif type(top) is Field:
                top.type.refinement = None
            elif (
                type(top) is not Block
                and top.value is not None
                and top.value.start <= offset <= top.value.end
            ):
                top.value = ErrorExpr(top.value.start, top.value.end)
        self.taints = left

    def fits(self, states: list[int], kinds: list[int]) -> int:
        """Return how many of ``kinds`` can be shifted one after the other from ``states``."""
        actions = t.ACTIONS
        rules = self.rules
        states = states[:]
        for number, kind in enumerate(kinds):
            action = actions[states[-1]][kind]
            while action < 0:
                goto, size, _ = rules[-action]
                del states[-size:]
                states.append(goto[states[-1]])
                action = actions[states[-1]][kind]
            if not action:
                return number
            states.append(action)
        return len(kinds)

    def accepted(self, states: list[int]) -> set[int]:
        """Return the kinds of tokens that can come next."""
        row = t.ACTIONS[states[-1]]
        return {
            kind
            for kind, action in enumerate(row)
            if action > 0 or (action < 0 and self.fits(states, [kind]))
        }

    def ahead(self, index: int) -> list[int]:
        """Return the kinds of the tokens from ``index`` on that a repair is judged by."""
        found = self.kinds[index : index + AHEAD]
        if t.SEP in found[1:]:
            found = found[: found.index(t.SEP, 1) + 3]
        return found

    # Repairing

    def repair(self, index: int) -> Repair | None:
        """Report the mistake at token ``index`` and return how to go on; None at the end of all hope."""
        accepted = self.accepted(self.states)
        best = self.special(index, accepted)
        if best is None and self.searches < MAX_SEARCHES:
            self.searches += 1
            tries = self.tries(index, accepted)
            if tries:
                best = min(tries, key=lambda one: one.cost)
        place = self.starts[index]
        before = self.ends[index - 1] if index else place
        if best is None:
            best = self.panic(index, accepted)
            if best is None:
                return None
        line = self.line(before if self.kinds[index] in (t.SEP, t.END) else place)
        if index >= self.quiet_until and line not in self.lines_done:
            self.report(habit(self, index) or explain(self, best, accepted))
        self.quiet_until = best.next + (1 if best.edit == "panic" else 0)
        if best.edit == "panic":
            for skipped in range(index, best.next):
                for problem in self.problems.pop(skipped, ()):
                    # What silenced all else on its line has to be said itself.
                    if problem.kind in _ALWAYS or self.line(problem.start) != line:
                        self.report(messages.problem(self.source, problem))
        if best.tainted:
            self.taints.append(place)
        if best.back:
            self.go_back(index - best.back)
        return best

    def special(self, index: int, accepted: set[int]) -> Repair | None:
        """Return the repair of what people write out of habit, and the machine would read in another way."""
        kind = self.kinds[index]
        states = self.states
        before = self.kinds[index - 1] if index else t.SEP
        top = not self.opens
        if top and before == t.NAME and kind == t.EQUAL and self.statement_start(index - 1):
            return self.panic(index, accepted, "attribute-outside")
        if top and kind in STATEMENT_WORDS.values() and before == t.SEP:
            return self.panic(index, accepted, "statement-outside")
        if kind in _WORD_KINDS and self.fits(states, [t.NAME, *self.ahead(index + 1)]) > 3:
            after = self.kinds[index + 1]
            if before in (t.SEP, t.LBRACE) or after in (t.EQUAL, t.COLON, t.LBRACE, t.IN, t.SEP):
                feed = [(t.NAME, self.name(index))]
                return Repair("reserved", index, kind, feed, index + 1)
        begin = self.mark[1]
        if top and begin < index and self.kinds[begin] == t.NAME and _nearly(self.written(begin), "use"):
            base = self.rollback(begin)
            if begin + 2 < len(self.kinds) and self.written(begin + 2) == "as":
                self.kinds[begin + 2] = t.AS  # a name, but behind `use`
            follows = [t.USE, *self.kinds[begin + 1 : index + 1]]
            if base is not None and self.fits(base, follows) == len(follows):
                self.go_back(begin)
                return Repair("word", begin, t.USE, [(t.USE, self.word(t.USE, begin))], begin + 1)
        if before in STATEMENT_WORDS.values() and kind in (t.EQUAL, t.COLON, t.LBRACE) and not self.dirty:
            base = self.rollback(index - 1)
            follows = self.ahead(index)
            enough = follows.index(t.SEP) + 1 if t.SEP in follows else len(follows)
            if base is not None and self.fits(base, [t.NAME, *follows]) > enough:
                self.go_back(index - 1)
                feed = [(t.NAME, self.name(index - 1))]
                return Repair("reserved", index - 1, before, feed, index)
        written = before == t.COLON and kind in _LITERALS and self.statement_start(index - 2)
        if written and self.kinds[index - 2] == t.NAME and self.opens:
            base = self.rollback(index - 1)
            follows = self.ahead(index)
            if base is not None and self.fits(base, [t.EQUAL, *follows]) > _needed(follows):
                self.go_back(index - 1)
                return Repair("set", index - 1, t.EQUAL, [(t.EQUAL, self.starts[index - 1])], index)
        # `data: sales[region]`, `trees: factor * 10`: what goes on so is no type.
        goes_on = kind == t.LSQB or kind in (t.STAR, t.SLASH, t.PLUS, t.MINUS)
        if goes_on and index >= 3 and self.kinds[index - 3 : index - 1] == [t.NAME, t.COLON] and self.opens:
            named = before in (t.NAME, t.REF) and self.written(index - 1) not in _TYPES_OF_OTHERS
            base = self.rollback(index - 2) if named and self.statement_start(index - 3) else None
            follows = self.ahead(index - 1)
            if base is not None and self.fits(base, [t.EQUAL, *follows]) > _needed(follows):
                self.go_back(index - 2)
                return Repair("set", index - 2, t.EQUAL, [(t.EQUAL, self.starts[index - 2])], index - 1)
        # `run python("…")`: a call is the value of something.
        if kind == t.LPAR and self.kinds[index - 2 : index] == [t.NAME, t.NAME] and self.opens:
            base = self.rollback(index - 1) if self.statement_start(index - 2) else None
            follows = self.ahead(index - 1)
            if base is not None and self.fits(base, [t.EQUAL, *follows]) > _needed(follows):
                self.go_back(index - 1)
                sign = (t.EQUAL, self.ends[index - 2])
                return Repair("insert", index - 1, t.EQUAL, [sign], index - 1)
        # `sick = bool @label`: a field with `=` for its colon.
        if kind == t.MARK and self.opens and self.kinds[begin : begin + 2] == [t.NAME, t.EQUAL]:
            base = self.rollback(begin + 1)
            follows = [t.COLON, *self.kinds[begin + 2 : index + 1]]
            if base is not None and self.fits(base, follows) == len(follows):
                self.go_back(begin + 1)
                colon = (t.COLON, self.starts[begin + 1])
                return Repair("replace", begin + 1, t.COLON, [colon], begin + 2)
        if kind == t.MINUS and before == t.NAME and self.statement_start(index - 1):
            hyphened = self.hyphened(index)
            if hyphened is not None:
                return hyphened
        # `age int in 0..120`, `sick bool @label`: a field without its colon, not a block of the kind `age`.
        limited = kind == t.COMPARE and self.written(index - 1) in _SCALARS
        field = (kind in (t.MARK, t.IN) or limited) and before == t.NAME and self.statement_start(index - 2)
        field = field and bool(self.opens)
        if field and self.kinds[index - 2] == t.NAME:
            base = self.rollback(index - 1)
            follows = self.ahead(index - 1)
            if base is not None and self.fits(base, [t.COLON, *follows]) > _needed(follows):
                self.go_back(index - 1)
                colon = (t.COLON, self.ends[index - 2])
                return Repair("insert", index - 1, t.COLON, [colon], index - 1)
        if kind in (t.COMPARE, t.IN, t.DOTDOT) and before in _OPERANDS and t.AND in accepted:
            return self.panic(index, accepted, "range-chain" if kind == t.DOTDOT else "chain")
        bare = (
            kind == t.COMPARE and before in (t.NAME, t.REF) and self.statement_start(index - 1) and self.opens
        )
        ends = self.kinds[index + 1] if index + 1 < len(self.kinds) else t.END
        if bare and ends not in (t.SEP, t.END, t.RBRACE) and self.text[self.starts[index]] != "=":
            base = self.rollback(index - 1)
            if base is not None and self.fits(base, [t.REQUIRE, *self.ahead(index - 1)]) > 3:
                self.go_back(index - 1)
                at = self.starts[index - 1]
                feed = [(t.REQUIRE, Name("require", at, at))]
                return Repair("require", index - 1, t.REQUIRE, feed, index - 1)
        return None

    def hyphened(self, index: int) -> Repair | None:
        """Return the repair of a name that was written with hyphens, of which the first is token ``index``."""
        next = index
        while self.kinds[next : next + 2] == [t.MINUS, t.NAME] and not self.text[
            self.ends[next - 1] : self.starts[next + 1]
        ].strip("-"):
            next += 2
        base = self.rollback(index - 1)
        if next == index or base is None:
            return None
        follows = self.ahead(next)
        if self.fits(base, [t.NAME, *follows]) <= _needed(follows):
            return None
        self.go_back(index - 1)
        start, end = self.starts[index - 1], self.ends[next - 1]
        name = Name(self.text[start:end].replace("-", "_"), start, end)
        return Repair("hyphen", index - 1, t.NAME, [(t.NAME, name)], next)

    def statement_start(self, index: int) -> bool:
        """Whether token ``index`` begins a statement."""
        return index > 0 and self.kinds[index - 1] in (t.SEP, t.LBRACE)

    def lacks_type(self, index: int) -> bool:
        """Whether the statement before token ``index`` declares what has a type, or instances of a component."""
        begin = index - 1
        while begin > 0 and self.kinds[begin - 1] not in (t.SEP, t.LBRACE) and index - begin < 40:
            begin -= 1
        if t.EACH in self.kinds[begin + 2 : index]:
            return self.kinds[index - 1] not in (t.IN, t.EACH) and t.COLON not in self.kinds[begin:index]
        return index == begin + 2 and self.written(begin) in _TYPED

    def rollback(self, index: int) -> list[int] | None:
        """Return the states before token ``index``, if that can be said."""
        height, begin = self.mark
        if self.dirty or len(self.states) <= height or begin > index or index - begin > 64:
            return None
        base = self.states[:height]
        for kind in self.kinds[begin:index]:
            action = t.ACTIONS[base[-1]][kind]
            while action < 0:
                goto, size, _ = self.rules[-action]
                del base[-size:]
                base.append(goto[base[-1]])
                action = t.ACTIONS[base[-1]][kind]
            if not action:
                return None
            base.append(action)
        return base

    def go_back(self, index: int) -> None:
        """Go back to before token ``index``, where :meth:`rollback` says that it can be done."""
        height, begin = self.mark
        del self.states[height:]
        del self.stack[height - 1 :]
        while self.opens and self.opens[-1][0] > height:
            self.opens.pop()
        for at in range(begin, index):
            self.feed(self.kinds[at], self.values[at], at)

    def tries(self, index: int, accepted: set[int]) -> list[Repair]:
        """Return every change of one token after which the next ones fit."""
        found: list[Repair] = []
        kinds = self.kinds
        kind = kinds[index]

        def add(
            edit: str,
            base: list[int],
            at: int,
            what: int,
            feed: list[tuple[int, Any]],
            next: int,
            cost: float,
            *,
            tainted: bool = False,
        ) -> None:
            follows = self.ahead(next)
            reach = self.fits(base, [one for one, _ in feed] + follows) - len(feed)
            if reach < _needed(follows):
                return
            if reach < len(follows):
                # Where the statement ends in order, the next one may have a mistake of its own.
                ended = t.SEP in follows[1:reach]
                cost += 0.3 if ended else 3 - 0.2 * reach
            made = Repair(edit, at, what, feed, next, cost)
            made.tainted = tainted
            found.append(made)

        def around(base: list[int], at: int, allowed: set[int], more: float) -> None:
            there = kinds[at]
            before = kinds[at - 1] if at else t.SEP
            begin = self.starts[at]
            behind = self.ends[at - 1] if at else begin
            # A reserved word with one typing mistake
            for put in allowed & _WORD_KINDS if there == t.NAME else ():
                # `requires` is a key of components.
                if _nearly(self.written(at), _KEYWORDS[put]) and self.written(at) != "requires":
                    add("word", base, at, put, [(put, self.word(put, at))], at + 1, 0.4)
            # Put in
            for put in allowed:
                cost = _INSERT.get(put)
                if cost is None:
                    continue
                if put == t.ERROR and before in (t.SEP, t.LBRACE) and t.REQUIRE in allowed:
                    continue  # a whole statement
                if put == t.NAME and before in (t.SEP, t.LBRACE):
                    if there not in (t.EQUAL, t.COLON, t.LBRACE):
                        continue
                elif put == t.NAME and t.ERROR in allowed:
                    continue
                if put == t.SEP and (
                    there in BINARY or there in (t.EQUAL, t.COLON, t.RPAR, t.RSQB, t.MEMBER)
                ):
                    continue
                if put == t.SEP and self.opens and self.opens[-1][1] != t.LBRACE:
                    continue
                if put in (t.EQUAL, t.SEP) and there in (t.NAME, t.REF) and t.LBRACE in self.ahead(at)[1:2]:
                    cost += 0.1  # `data a csv {`: a component
                if put == t.COMPARE and t.AND not in allowed:
                    continue  # the limit of a type
                if put == t.COLON and there in (t.NAME, t.REF) and self.lacks_type(at):
                    cost = 0.4  # `input data dataset`, `data a each x in names csv {`
                elif put == t.COLON and t.COMPARE in allowed:
                    cost += 0.4  # `require a b`: an operator rather than a name for the condition
                if put == t.COMPARE and before not in _OPERANDS:
                    continue
                if put == t.COMMA and before == t.NAME and kinds[at - 2] in (t.LPAR, t.COMMA) and more == 0:
                    cost += 0.1 * (there in _LITERALS)  # `dense(10, activation "relu")`
                add("insert", base, at, put, [(put, self.made(put, behind))], at, cost + more,
                    tainted=put in (t.COMPARE, t.THEN, t.ELSE))  # fmt: skip
            if before in BINARY and t.ERROR in allowed and "\n" in self.text[behind:begin]:
                feed = [(t.ERROR, (behind, behind)), (t.SEP, behind)]
                add("operand", base, at, t.ERROR, feed, at, 0.3 + more)
            if there == t.END:
                return
            # Leave out
            # A word that was meant is not left out: what follows it is wrong.
            meant = more > 0 and (there in _WORD_KINDS or there == t.AS) and there != kinds[at - 1]
            if not meant and there not in _BRACKETS and (there != t.SEP or more == 0):
                twice = at > 0 and before == there and self.written(at) == self.written(at - 1)
                if before in (t.SEP, t.LBRACE) and not self.holds_much(at):
                    return
                cost = 0.5 if twice else 1.3 if there == t.SEP else 1.05
                if there == t.SEP and before not in (t.COMMA, t.SEP, t.LBRACE):
                    cost = 2.0
                add(
                    "twice" if twice else "delete",
                    base,
                    at,
                    there,
                    [],
                    at + 1,
                    cost + more,
                    tainted=not twice,
                )
            # Put in the place of it
            if there in _SIGNS:
                for put in _REPLACE:
                    if put != there and put in allowed and there != t.SEP:
                        add("replace", base, at, put, [(put, self.made(put, begin))], at + 1, 1.0 + more)
                if there == t.EQUAL and t.COMPARE in allowed:
                    feed = [(t.COMPARE, Name("==", begin, begin + 1))]
                    add("replace", base, at, t.COMPARE, feed, at + 1, 0.9 + more)
            if (
                t.ERROR in allowed
                and there not in _BRACKETS
                and there not in (t.SEP, t.COMMA)
                and (before not in (t.SEP, t.LBRACE))
            ):
                feed = [(t.ERROR, (begin, self.ends[at]))]
                add("value", base, at, there, feed, at + 1, 1.2 + more)
            starts = before in (t.SEP, t.LBRACE)
            if there == t.STRING and t.NAME in allowed and (t.ERROR not in allowed or starts):
                add("unquote", base, at, t.NAME, [(t.NAME, self.name(at))], at + 1, 1.1 + more)
            if there == t.REF and t.NAME in allowed and t.REF not in allowed:
                add("dotted", base, at, t.NAME, [(t.NAME, self.name(at))], at + 1, 0.9 + more)
            # Change places with the next one
            other = kinds[at + 1]
            if (
                other != t.END
                and not (there in brackets.CLOSERS and other in _BRACKETS)
                and not self.is_line_end(at)
                and not self.is_line_end(at + 1)
            ):
                next = at + 2
                feed = [(other, self.moved(at + 1, at)), (there, self.moved(at, at + 1))]
                if there == t.LBRACE and kinds[next] == t.SEP:
                    next += 1
                if other in BINARY and "\n" in self.text[self.ends[at + 1] : self.starts[next]]:
                    feed.append((t.SEP, self.ends[at + 1]))
                add("swap", base, at, other, feed, next, 1.1 + more)

        around(self.states, index, accepted, 0)
        for back in (1, 2):
            base = self.rollback(index - back)
            if base is None or kinds[index - back] in (t.SEP, t.LBRACE):
                break
            height = len(found)
            around(base, index - back, self.accepted(base), 0.4 * back)
            for one in found[height:]:
                one.back = back
        if kind == t.END:
            found = [one for one in found if one.next <= index]
        return found

    def moved(self, index: int, to: int) -> Any:
        """Return the value of token ``index`` with the place of token ``to``."""
        kind = self.kinds[index]
        value = self.values[index]
        start, end = self.starts[to], self.ends[to]
        if type(value) is int:
            if kind in BINARY or kind == t.NOT:
                return Name(messages.SPELLING[kind], start, end)
            return end if kind in brackets.CLOSERS else start
        if type(value) is tuple:
            return (start, end)
        made = copy(value)
        made.start = start
        made.end = end
        if type(made) is String:
            made.parts = tuple(
                [part if isinstance(part, str) else ErrorExpr(start, end) for part in made.parts]
            )
        return made

    def word(self, kind: int, index: int) -> Any:
        """Return the value of a reserved word that stands where token ``index`` does."""
        start, end = self.starts[index], self.ends[index]
        named = kind in BINARY or kind in (t.NOT, t.USE) or kind in STATEMENT_WORDS.values()
        return Name(messages.SPELLING[kind], start, end) if named else start

    def is_line_end(self, index: int) -> bool:
        """Whether token ``index`` is the SEP of a line end, not of a comma."""
        return self.kinds[index] == t.SEP and self.text[self.starts[index]] != ","

    def holds_much(self, index: int) -> bool:
        """Whether the statement around token ``index`` sets something or has a body: worth to be kept."""
        for kind in self.kinds[index : index + 20]:
            if kind in (t.LBRACE, t.EQUAL):
                return True
            if kind == t.SEP:
                break
        return False

    def written(self, index: int) -> str:
        """Return token ``index`` as written."""
        return self.text[self.starts[index] : self.ends[index]]

    def name(self, index: int) -> Name:
        """Return token ``index`` as a name."""
        text = self.written(index)
        value = self.values[index]
        if type(value) is String:
            text = value.parts[0] if value.parts and isinstance(value.parts[0], str) else ""
            # No name has several lines, and no message that repeats it.
            text = " ".join(text.split()) if "\n" in text else text
        return Name(text, self.starts[index], self.ends[index])

    @staticmethod
    def made(kind: int, at: int) -> Any:
        """Return the value of a token that is put in at ``at``."""
        if kind == t.ERROR:
            return (at, at)
        if kind == t.NAME:
            return Name("", at, at)
        if kind == t.COMPARE:
            return Name("?", at, at)
        if kind in (t.REQUIRE, t.IN, t.AS):
            return Name(messages.SPELLING[kind], at, at)
        return at

    def panic(self, index: int, accepted: set[int], edit: str = "panic") -> Repair | None:
        """Leave out what cannot be read, up to the end of the value or the statement."""
        kinds = self.kinds
        states = self.states
        base = self.opens[-1][0] if self.opens else 1
        heights = [
            height
            for height in range(len(states), base - 1, -1)
            if t.ACTIONS[states[height - 1]][t.ERROR] > 0
        ]
        chain = edit in ("chain", "range-chain")
        if edit != "panic" and not chain:
            # What stands outside goes, and what was declared before it stays.
            heights = heights[:1]
        depth = 0
        whole = not self.statement_start(index) or self.holds_much(index)
        last: Repair | None = None
        next = index
        while next < len(kinds):
            kind = kinds[next]
            ends = kind in (t.SEP, t.COMMA, t.END) or kind in brackets.CLOSERS
            stops = ends or kind in _STOPS
            if not depth and (stops or (next - index < 20 and not chain)):
                follows = self.ahead(next)[: NEEDED + 1]
                enough = _needed(follows)
                if edit == "panic" and next > index and whole and self.fits(states, follows) >= enough:
                    self.errors.append((self.starts[index], self.ends[next - 1]))
                    last = Repair(edit, index, kind, [], next)
                    last.tainted = True
                    return last
                for height in heights:
                    if (
                        self.fits([*states[:height], t.ACTIONS[states[height - 1]][t.ERROR]], follows)
                        >= enough
                    ):
                        return self.leave_out(edit, index, next, height)
                if ends and (kind == t.END or kind in brackets.CLOSERS):
                    for height in reversed(heights):
                        if self.fits([*states[:height], t.ACTIONS[states[height - 1]][t.ERROR]], [kind]):
                            return self.leave_out(edit, index, next, height)
                    return None
            if kind in brackets.OPENERS:
                depth += 1
            elif kind in brackets.CLOSERS:
                depth -= 1
            next += 1
        return last

    def leave_out(self, edit: str, index: int, next: int, height: int) -> Repair:
        """Take the stack down to ``height`` and put an error there, which ends before token ``next``."""
        popped = self.stack[height - 1 :]
        begin = _start(popped[0]) if popped else self.starts[index]
        end = self.ends[next - 1] if next > 0 else begin
        if begin > end:
            begin = end
        del self.states[height:]
        del self.stack[height - 1 :]
        self.errors.append((begin, end))
        return Repair(edit, index, self.kinds[index], [(t.ERROR, (begin, end))], next)


_HOLDERS = frozenset((Attr, Block, Condition, Decl, Entry, Fact, Field))
# Types that have limits: `age int >= 0` is no declaration of kind `age`.
_SCALARS = frozenset(("int", "float", "duration", "size", "frequency", "date", "datetime"))
# What takes its arguments between other brackets elsewhere: `list[string]`.
_TYPES_OF_OTHERS = frozenset(("list", "map", "tensor", "enum", "dataset", "model"))
_LITERALS = frozenset((t.NUMBER, t.QUANTITY, t.STRING, t.TRUE, t.FALSE, t.NONE, t.LSQB))
_STOPS = frozenset((t.LBRACE, t.AND, t.OR, t.THEN, t.ELSE))
_OPERANDS = frozenset(
    (t.NAME, t.REF, t.NUMBER, t.QUANTITY, t.STRING, t.TRUE, t.FALSE, t.NONE, t.RPAR, t.RSQB, t.MEMBER)
)


def _closing(text: str, problems: list[Problem]) -> set[Problem]:
    """Return the closing quotes of strings over two lines: they begin none, and their string is reported where it begins."""
    found: set[Problem] = set()
    opened: Problem | None = None
    for problem in problems:
        if problem.kind != "open-string":
            continue
        empty = problem.end <= problem.start + 1
        if opened is not None and empty and text.count("\n", opened.start, problem.start) == 1:
            found.add(problem)
            opened = None
        else:
            opened = problem
    return found


def _nearly(word: str, meant: str) -> bool:
    """Return whether one letter too few, too many, wrong or in the place of the next parts ``word`` from ``meant``."""
    if len(meant) < 3 or abs(len(word) - len(meant)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b), None)
    if at is None:
        return word != meant
    ours, theirs = word[at:], meant[at:]
    swapped = ours[:2] == theirs[1::-1] and ours[2:] == theirs[2:]
    return swapped or ours[1:] == theirs[1:] or ours == theirs[1:] or ours[1:] == theirs


def _nothing(at: int) -> Any:
    """Return what stands for the edition where there is none."""
    from .tree import Number

    return Number(0, "", at, at)


def _needed(follows: list[int]) -> int:
    """Return how many of these tokens have to fit: the next statement may have a mistake of its own."""
    needed = min(NEEDED, len(follows))
    return follows.index(t.SEP) + 1 if t.SEP in follows[:needed] else needed


def _start(value: Any) -> int:
    """Return where a value of the parser's stack starts."""
    while type(value) is list:
        value = value[0]
    if type(value) is int:
        return value
    if type(value) is tuple:
        start: int = value[0]
        return start
    start = value.start
    return start
