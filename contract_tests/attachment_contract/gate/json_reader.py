"""Reads JSON and keeps the position of every token.

Strict: what RFC 8259 does not allow becomes a :class:`JsonIssue`. If its meaning is clear (a trailing comma, a comment,
quotes of a word processor), reading goes on, so that one pass finds every error; if not, reading ends with
:class:`UnreadableJson`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from attachment_contract.gate import json_strings
from attachment_contract.gate.json_nodes import Member, Node, Path
from attachment_contract.gate.source import TextSpan

MAX_DEPTH = 100
_SPACE = re.compile(r"[ \t\r\n]*")
_STRANGE_SPACE = re.compile(r"[\u00a0\u2000-\u200b\u2028\u2029\u202f\u3000\ufeff\u000b\u000c]+")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/|#[^\r\n]*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[^\s,:\[\]{}\"'“”„‟‘’«»]+")
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
#: The three literals as other languages write them.
_OTHER_WORDS = {"True": "true", "False": "false", "None": "null", "TRUE": "true", "FALSE": "false", "NULL": "null"}


@dataclass(frozen=True, kw_only=True)
class JsonIssue:
    """Something that is not JSON but has a clear meaning.

    Attributes:
        rule: id of the rule that it breaks.
        fix: text that replaces the span; None if there is no mechanical correction.
    """

    rule: str
    span: TextSpan
    found: str
    fix: str | None = None


class UnreadableJson(Exception):
    """The text cannot be read beyond the token at ``span``."""

    def __init__(self, span: TextSpan, *, expected: str, found: str, remedy: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.span = span
        self.expected = expected
        self.found = found
        self.remedy = remedy


@dataclass
class JsonReader:
    """Reads one text once.

    Attributes:
        offsets: offset in the source of each character of ``text``; empty if the text is the source.
        root: path of the whole value.
    """

    text: str
    offsets: Sequence[int] = ()
    root: Path = ()
    issues: list[JsonIssue] = field(default_factory=list)
    _at: int = 0

    def read(self) -> Node:
        """The one value in the text. Raises :class:`UnreadableJson`."""
        if self.text.startswith("\ufeff"):
            self._issue("AC005", 0, 1, "a byte order mark", "")
            self._at = 1
        node = self._value(self.root, 0)
        self._skip()
        if self._at < len(self.text):
            raise self._stop("the end of the text", "Delete what follows, or put it inside the outermost braces.")
        return node

    def _span(self, start: int, end: int) -> TextSpan:
        return TextSpan(self.offsets[start], self.offsets[end]) if self.offsets else TextSpan(start, end)

    def _issue(self, rule: str, start: int, end: int, found: str, fix: str | None = None) -> None:
        self.issues.append(JsonIssue(rule=rule, span=self._span(start, end), found=found, fix=fix))

    def _stop(self, expected: str, remedy: str, *, at: int | None = None) -> UnreadableJson:
        start = self._at if at is None else at
        if start >= len(self.text):
            return UnreadableJson(
                self._span(start, start), expected=expected, found="the end of the text", remedy=remedy
            )
        word = _WORD.match(self.text, start)
        end = min(word.end() if word else start + 1, start + 40)
        return UnreadableJson(
            self._span(start, end), expected=expected, found=repr(self.text[start:end]), remedy=remedy
        )

    def _skip(self) -> None:
        """Skip white space; comments and other kinds of space are issues."""
        while True:
            self._at = _SPACE.match(self.text, self._at).end()  # type: ignore[union-attr]
            if found := _COMMENT.match(self.text, self._at):
                self._issue("AC008", self._at, found.end(), "a comment", "")
            elif found := _STRANGE_SPACE.match(self.text, self._at):
                self._issue("AC010", self._at, found.end(), f"U+{ord(found[0][0]):04X} between tokens", " ")
            else:
                return
            self._at = found.end()

    def _peek(self) -> str:
        self._skip()
        return self.text[self._at : self._at + 1]

    def _value(self, path: Path, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._stop(f"at most {MAX_DEPTH} levels", "A configuration has four levels; flatten this one.")
        char = self._peek()
        if char == "{":
            return self._object(path, depth)
        if char == "[":
            return self._array(path, depth)
        if char in json_strings.OPENING:
            return self._string(path)
        return self._scalar(path)

    def _object(self, path: Path, depth: int) -> Node:
        start, members = self._at, list[Member]()
        self._at += 1
        while self._more("}", start, first=not members):
            key = self._key(path)
            if self._peek() != ":":
                raise self._stop(f"':' after the name {key.value!r}", "Write a colon between name and value.")
            self._at += 1
            members.append(Member(key, self._value((*path, str(key.value)), depth + 1)))
        self._note_repeated(members)
        return Node(kind="object", span=self._span(start, self._at), path=path, members=tuple(members))

    def _array(self, path: Path, depth: int) -> Node:
        start, items = self._at, list[Node]()
        self._at += 1
        while self._more("]", start, first=not items):
            items.append(self._value((*path, len(items)), depth + 1))
        return Node(kind="array", span=self._span(start, self._at), path=path, items=tuple(items))

    def _more(self, closing: str, start: int, *, first: bool) -> bool:
        """Whether another member or item follows; reads the comma or the closing bracket."""
        after_last = self._at
        char = self._peek()
        if char == closing:
            self._at += 1
            return False
        if first:
            return True
        if char == ",":
            comma = self._at
            self._at += 1
            if self._peek() == closing:
                self._issue("AC007", comma, comma + 1, f"a comma before '{closing}'", "")
                return self._more(closing, start, first=True)
            return True
        if char and (char in json_strings.OPENING or (closing == "]" and char in "{[")):
            self._issue("AC009", after_last, after_last, f"{char} without a comma before it", ",")
            return True
        opened = "{" if closing == "}" else "["
        raise self._stop(f"',' or '{closing}'", f"Write a comma, or close the '{opened}' that is still open.")

    def _key(self, path: Path) -> Node:
        char = self._peek()
        if char and char in json_strings.OPENING:
            return self._string(path)
        word = _WORD.match(self.text, self._at)
        if word and word[0].isidentifier():
            self._issue("AC004", self._at, word.end(), f"the name {word[0]} without quotes", f'"{word[0]}"')
            self._at = word.end()
            return Node(kind="string", span=self._span(word.start(), word.end()), path=path, value=word[0])
        raise self._stop("a name in double quotes", 'Write "name": value.')

    def _string(self, path: Path) -> Node:
        start = self._at
        found = json_strings.read(self.text, start)
        if found.stopped is not None:
            expected, remedy, at = found.stopped
            raise self._stop(expected, remedy, at=at)
        for issue in found.issues:
            self._issue(issue.rule, issue.start, issue.end, issue.found, issue.fix)
        self._at = found.end
        offsets = tuple(self.offsets[at] for at in found.offsets) if self.offsets else tuple(found.offsets)
        return Node(kind="string", span=self._span(start, found.end), path=path, value=found.value, offsets=offsets)

    def _scalar(self, path: Path) -> Node:
        start = self._at
        word = _WORD.match(self.text, start)
        text = word[0] if word else ""
        if text in _OTHER_WORDS:
            self._issue("AC004", start, start + len(text), f"the word {text}", _OTHER_WORDS[text])
        literal = _OTHER_WORDS.get(text, text)
        if literal not in _LITERALS and not _NUMBER.fullmatch(text):
            raise self._stop("a JSON value", "Write text in double quotes, but numbers, true, false and null without.")
        self._at = start + len(text)
        span = self._span(start, self._at)
        if literal in _LITERALS:
            value = _LITERALS[literal]
            return Node(kind="null" if value is None else "boolean", span=span, path=path, value=value)
        return Node(kind="number", span=span, path=path, value=_number(text))

    def _note_repeated(self, members: list[Member]) -> None:
        seen = set[str]()
        for member in members:
            if member.name in seen:
                span = member.key.span
                self.issues.append(JsonIssue(rule="AC002", span=span, found=f"{member.name!r} a second time"))
            seen.add(member.name)


def _number(text: str) -> int | float:
    if any(mark in text for mark in ".eE"):
        return float(text)
    # Python refuses to read whole numbers of more than 4300 digits; as a float such a number is infinite: wrong too.
    return int(text) if len(text) < 400 else float(text)
