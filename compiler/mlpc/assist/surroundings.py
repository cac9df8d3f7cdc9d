"""Where a cursor stands, read from the words before it: also in a text that is being written, and parses as little else.

The frames are the braces that are open at the cursor, each with the words of the statement that opened it; ``words`` are those of
the statement that is being written.
"""

from __future__ import annotations

import re

#: Words with their dots, texts, comments, and what stands for itself. No two alternatives can match in two ways.
_PIECE = re.compile(
    r'"""[^"\\]*+(?:(?:\\[\s\S]|"(?!""))[^"\\]*+)*+(?:"""|\Z)'
    r'|"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+(?:"|(?=\n)|\Z)'
    r"|#[^\n]*"
    r"|[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\.?"
    r"|[0-9][A-Za-z0-9_.%]*"
    r"|==|!=|<=|>=|\.\.|[{}()\[\]=:,<>+\-*/@]|\n"
)
_SIGNS = ("=", ":", ",", "<", ">", "+", "-", "*", "/", "==", "!=", "<=", ">=", "..")
_WORDS = ("and", "or", "not", "in", "if", "then", "else", "each", "when")
#: Behind these a statement goes on in the next line.
_CONTINUES = frozenset((*_SIGNS, *_WORDS))


class Frame:
    """An open brace: ``words`` of the statement that opened it, ``keys`` that were set inside before the cursor."""

    __slots__ = ("keys", "words")

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.keys: list[str] = []

    @property
    def kind(self) -> str:
        """The first word: `train`, `resources`."""
        return self.words[0] if self.words else ""

    @property
    def name(self) -> str:
        """The second word, where there is one."""
        return self.words[1] if len(self.words) > 1 and self.words[1] not in (":", "=") else ""

    @property
    def component(self) -> str:
        """The word behind the colon, where there is one."""
        place = self.words.index(":") + 1 if ":" in self.words else len(self.words)
        return self.words[place] if place < len(self.words) else ""


class Surroundings:
    """``frames`` from the outermost; ``words`` before the cursor in its statement, without the word that is being written.

    ``word`` is that word as far as it stands before the cursor, ``quoted`` whether it stands in a text, ``brackets`` how many
    parentheses and brackets are open in the statement.
    """

    __slots__ = ("brackets", "comment", "frames", "quoted", "start", "word", "words")

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.words: list[str] = []
        self.word = ""
        self.start = 0
        self.quoted = False
        self.comment = False
        self.brackets: list[str] = []

    @property
    def key(self) -> str:
        """The name that is being given a value, or nothing."""
        return self.words[0] if len(self.words) >= 2 and self.words[1] == "=" else ""


def surroundings(text: str, offset: int) -> Surroundings:
    """Return where ``offset`` stands in ``text``."""
    found = Surroundings()
    found.start = offset
    words: list[str] = []
    brackets: list[str] = []
    for piece in _PIECE.finditer(text, 0, offset):
        part, end = piece.group(), piece.end()
        first = part[0]
        if first == "#":
            found.comment = end == offset
            continue
        if first == "\n":
            if not brackets and words and words[-1] not in _CONTINUES:
                _finish(found, words)
                words = []
            continue
        if part == "{":
            if words and words[-1] in ("=", ",", "(", "["):  # a map
                brackets.append(part)
                words.append(part)
                continue
            found.frames.append(Frame(words))
            words = []
        elif part == "}":
            if brackets and brackets[-1] == "{":
                brackets.pop()
                words.append(part)
                continue
            _finish(found, words)
            words, brackets = [], []
            if found.frames:
                opened = found.frames.pop()
                if found.frames and opened.words:
                    found.frames[-1].keys.append(opened.name or opened.kind)
        elif part == "," and not brackets:
            _finish(found, words)
            words = []
        else:
            if part in "([":
                brackets.append(part)
            elif part in ")]" and brackets:
                brackets.pop()
            words.append(part)
    found.brackets = brackets
    if words and not found.comment:
        last = words[-1]
        ends_here = text[offset - 1 : offset]
        if last[0] == '"' and (
            len(last) == 1 or last[-1] != '"' or (last.startswith('"""') and len(last) < 6)
        ):
            found.quoted = True
            words.pop()
            found.word = last.lstrip('"')
        elif (last[0].isalpha() or last[0] == "_") and (
            ends_here == "." or ends_here == "_" or ends_here.isalnum()
        ):
            words.pop()
            found.word = last
    found.words = words
    found.start = offset - len(found.word)
    return found


def _finish(found: Surroundings, words: list[str]) -> None:
    if words and found.frames:
        key = words[0]
        if len(words) > 1 and words[1] == "=":
            found.frames[-1].keys.append(key)
