"""Reads the regular expressions of a condition into a tree; :mod:`.machine` runs them in linear time.

Known: literals, ``.``, classes, ``\\d \\w \\s \\b`` and their opposites, anchors, groups (also named),
alternatives, greedy and lazy repetition, the flags I, M and S. Look-around, back-references, possessive
and atomic groups are refused by name: they are what makes a pattern run for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_PATTERN_CHARS = 500
MAX_REPEAT = 200
FLAG_LETTERS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}

#: Whether a character fits.
Test = Callable[[str], bool]


class BadPattern(ValueError):
    """A pattern that Python would refuse; with ``lacking`` one that only this twin does not know."""

    def __init__(self, message: str, *, lacking: bool = False) -> None:
        super().__init__(message)
        self.lacking = lacking


@dataclass(frozen=True)
class One:
    """One character that passes a test."""

    fits: Test


@dataclass(frozen=True)
class Place:
    """An anchor: ``^ $ A Z b B``."""

    kind: str


@dataclass(frozen=True)
class Series:
    """Nodes one after another."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    """Alternatives, the earlier the better."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """A node several times; ``most`` is None for without end."""

    node: Node
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True)
class Group:
    """A group whose place is remembered under its number."""

    node: Node
    number: int


Node = One | Place | Series | Either | Repeat | Group


@dataclass
class Pattern:
    """A pattern that was read; ``names`` maps group names to numbers, group 0 is the whole."""

    node: Node
    flags: int
    groups: int = 0
    names: dict[str, int] = field(default_factory=dict)


def read_pattern(text: str, flags: int = 0) -> Pattern:
    """The tree of a pattern. Raises ``BadPattern``."""
    if len(text) > MAX_PATTERN_CHARS:
        raise BadPattern(f"a pattern of more than {MAX_PATTERN_CHARS} characters", lacking=True)
    if flags & ~(re.IGNORECASE | re.MULTILINE | re.DOTALL):
        raise BadPattern("a flag other than I, M and S", lacking=True)
    return _Reader(text, flags).pattern()


_CLASSES: dict[str, Test] = {
    "d": str.isdecimal,
    "w": lambda c: c.isalnum() or c == "_",
    "s": str.isspace,
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_COUNTS = re.compile(r"\{(\d*)(?:(,)(\d*))?\}", re.ASCII)
_NAMED = re.compile(r"\(\?P<([A-Za-z_][A-Za-z0-9_]*)>", re.ASCII)
_LEADING_FLAGS = re.compile(r"\(\?([ims]+)\)", re.ASCII)


class _Reader:
    def __init__(self, text: str, flags: int) -> None:
        self.text = text
        self.at = 0
        self.found = Pattern(Series(()), flags)

    def pattern(self) -> Pattern:
        if leading := _LEADING_FLAGS.match(self.text):
            self.at = leading.end()
            for letter in leading[1]:
                self.found.flags |= FLAG_LETTERS[letter]
        self.found.node = self.either()
        if self.at < len(self.text):
            raise BadPattern(f"a closing bracket too many at {self.at}")
        return self.found

    def takes(self, sign: str) -> bool:
        """Whether that comes next; if so, go past it."""
        here = self.text.startswith(sign, self.at)
        self.at += len(sign) if here else 0
        return here

    def next(self) -> str:
        if self.at >= len(self.text):
            raise BadPattern("the pattern breaks off")
        self.at += 1
        return self.text[self.at - 1]

    def either(self) -> Node:
        nodes = [self.series()]
        while self.takes("|"):
            nodes.append(self.series())
        return nodes[0] if len(nodes) == 1 else Either(tuple(nodes))

    def series(self) -> Node:
        nodes: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            nodes.append(self.repeated(self.atom()))
        return Series(tuple(nodes))

    def repeated(self, node: Node) -> Node:
        counts = self.counts()
        if counts is None:
            return node
        if isinstance(node, Place):
            raise BadPattern("an anchor cannot be repeated")
        greedy = not self.takes("?")
        if greedy and self.takes("+"):
            raise BadPattern("a possessive repetition", lacking=True)
        if self.counts() is not None:
            raise BadPattern("a repetition of a repetition")
        return Repeat(node, *counts, greedy)

    def counts(self) -> tuple[int, int | None] | None:
        for sign, least, most in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self.takes(sign):
                return least, most
        written = self.counts_from(self.at)
        if written is None:
            return None
        self.at = written.end()
        least = int(written[1] or 0)
        most = int(written[3]) if written[3] else (None if written[2] else least)
        if most is not None and most < least:
            raise BadPattern("a repetition whose most is less than its least")
        if max(least, most or 0) > MAX_REPEAT:
            raise BadPattern(f"more than {MAX_REPEAT} repetitions", lacking=True)
        return least, most

    def counts_from(self, at: int) -> re.Match[str] | None:
        """``{2}``, ``{2,}``, ``{,3}`` or ``{2,3}`` at that place; ``{}`` is just text."""
        written = _COUNTS.match(self.text, at)
        return None if written is None or written[0] == "{}" else written

    def atom(self) -> Node:
        sign = self.next()
        if sign == "(":
            return self.group()
        if sign == "[":
            return One(self.folded(self.char_class()))
        if sign == ".":
            dot_all = bool(self.found.flags & re.DOTALL)
            return One(lambda c: dot_all or c != "\n")
        if sign in "^$":
            return Place(sign)
        if sign == "\\":
            return self.escape()
        if sign in "*+?" or self.counts_from(self.at - 1):
            raise BadPattern("nothing to repeat")
        return One(self.folded(sign.__eq__))

    def escape(self) -> Node:
        if self.at < len(self.text) and self.text[self.at] in "AZbB":
            return Place(self.next())
        return One(self.folded(self.escaped_test()))

    def escaped_test(self) -> Test:
        letter = self.next()
        known = _CLASSES.get(letter.lower())
        if known is not None:
            return known if letter.islower() else (lambda c: not known(c))
        return self.escaped_char(letter).__eq__

    def escaped_char(self, letter: str) -> str:
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter in _HEX_DIGITS:
            digits = self.text[self.at : self.at + _HEX_DIGITS[letter]]
            self.at += len(digits)
            if len(digits) < _HEX_DIGITS[letter] or not re.fullmatch("[0-9A-Fa-f]+", digits):
                raise BadPattern(f"an incomplete \\{letter}")
            if int(digits, 16) > 0x10FFFF:
                raise BadPattern(f"no such character: \\{letter}{digits}")
            return chr(int(digits, 16))
        if letter.isascii() and letter.isalnum():
            raise BadPattern(f"\\{letter}", lacking=letter.isdigit() or letter == "N")
        return letter

    def folded(self, fits: Test) -> Test:
        """The test, in either case when the flag I says so."""
        if not self.found.flags & re.IGNORECASE:
            return fits
        return lambda c: fits(c) or fits(c.lower()) or fits(c.upper())

    def group(self) -> Node:
        if named := _NAMED.match(self.text, self.at - 1):
            self.at = named.end()
            number = self.new_group()
            if self.found.names.setdefault(named[1], number) != number:
                raise BadPattern(f"two groups named {named[1]}")
            return Group(self.closed(), number)
        if self.takes("?:"):
            return self.closed()
        if self.takes("?"):
            raise BadPattern("look-around, back-references and flags inside a pattern", lacking=True)
        number = self.new_group()
        return Group(self.closed(), number)

    def new_group(self) -> int:
        self.found.groups += 1
        return self.found.groups

    def closed(self) -> Node:
        node = self.either()
        if not self.takes(")"):
            raise BadPattern("a bracket is not closed")
        return node

    def char_class(self) -> Test:
        negated = self.takes("^")
        tests: list[Test] = []
        while not (tests and self.takes("]")):
            tests.append(self.class_member())
        if negated:
            wanted = self.folded(lambda c: any(test(c) for test in tests))
            return lambda c: not wanted(c)
        return lambda c: any(test(c) for test in tests)

    def class_member(self) -> Test:
        first = self.class_char()
        if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
            self.at += 1
            last = self.class_char()
            if callable(first) or callable(last) or last < first:
                raise BadPattern("a range that is none")
            return lambda c: first <= c <= last
        return first if callable(first) else first.__eq__

    def class_char(self) -> str | Test:
        sign = self.next()
        if sign != "\\":
            return sign
        if self.at < len(self.text) and self.text[self.at] == "b":
            self.at += 1
            return "\b"
        if self.at < len(self.text) and self.text[self.at].lower() in _CLASSES:
            return self.escaped_test()
        return self.escaped_char(self.next())
