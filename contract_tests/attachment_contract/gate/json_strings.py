"""Reads one string of a JSON text, also one in the quotes of a word processor."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

#: Opening quote → what may close it. Only the first is JSON's.
OPENING = {'"': '"', "'": "'", "“": '”"“', "”": '”"', "„": '“”"', "‟": '”"', "‘": "’‘", "’": "’", "«": "»", "»": "«"}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CONTROL_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_HEX4 = re.compile(r"[0-9A-Fa-f]{4}")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]+')


@dataclass(frozen=True)
class StringIssue:
    """As ``json_reader.JsonIssue``, with offsets into the text that is being read."""

    rule: str
    start: int
    end: int
    found: str
    fix: str | None


@dataclass
class StringReading:
    """A string and its errors.

    Attributes:
        end: offset after the closing quote.
        offsets: of each character of ``value``, and of the closing quote.
        stopped: (expected, remedy, offset) if the string cannot be read to its end.
    """

    value: str = ""
    end: int = 0
    offsets: list[int] = field(default_factory=list)
    issues: list[StringIssue] = field(default_factory=list)
    stopped: tuple[str, str, int] | None = None


def read(text: str, start: int) -> StringReading:
    """Read the string whose opening quote is at ``start``."""
    found = StringReading()
    closing = OPENING[text[start]]
    pieces: list[str] = []
    at = start + 1
    while at < len(text) and text[at] not in closing:
        piece, length = _piece(text, at, closing, found)
        if found.stopped:
            return found
        # A pair of \u escapes is one character, whose offset is the start of the first.
        found.offsets += range(at, at + length) if length == len(piece) else [at] * len(piece)
        pieces.append(piece)
        at += length
    if at >= len(text):
        found.stopped = ("a closing double quote", "Close the text that begins here.", start)
        return found
    found.offsets.append(at)
    found.value, found.end = "".join(pieces), at + 1
    if text[start] != '"' or text[at] != '"':
        _note_quotes(text, start, at, found)
    return found


def _piece(text: str, at: int, closing: str, found: StringReading) -> tuple[str, int]:
    """The next characters of the value, and how many characters of the text they take."""
    char = text[at]
    if char == "\\":
        return _escape(text, at, found)
    if char < " ":
        if char in "\r\n":
            # A line end inside a string is nearly always a missing quote.
            found.stopped = (
                "a closing double quote on the same line",
                "Close the text; write a line break as \\n.",
                at,
            )
            return "", 0
        fix = _CONTROL_ESCAPES.get(char, f"\\u{ord(char):04x}")
        found.issues.append(StringIssue("AC010", at, at + 1, f"U+{ord(char):04X} inside a text", fix))
        return char, 1
    if closing == '"':
        run = _PLAIN.match(text, at)
        return (run[0], len(run[0])) if run else (char, 1)
    return char, 1


def _escape(text: str, at: int, found: StringReading) -> tuple[str, int]:
    char = text[at + 1 : at + 2]
    if char in _ESCAPES and char:
        return _ESCAPES[char], 2
    if char == "u" and _HEX4.match(text, at + 2):
        code = int(text[at + 2 : at + 6], 16)
        if 0xD800 <= code < 0xDC00 and text.startswith("\\u", at + 6) and _HEX4.match(text, at + 8):
            low = int(text[at + 8 : at + 12], 16)
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), 12
        if 0xD800 <= code < 0xE000:
            found.issues.append(StringIssue("AC010", at, at + 6, "half a character (a lone surrogate)", "\\ufffd"))
        return chr(code), 6
    if char == "u":
        found.stopped = ("four hex digits after \\u", "Write \\u00e4, or the character itself.", at)
        return "", 0
    found.issues.append(StringIssue("AC010", at, at + 1, "a lone backslash", "\\\\"))
    return "\\", 1


def _note_quotes(text: str, start: int, end: int, found: StringReading) -> None:
    """Other quotes than JSON's: the correction puts the text between straight ones."""
    wrong = text[start] if text[start] != '"' else text[end]
    inner = re.sub(r'(?<!\\)"', r"\"", text[start + 1 : end])
    found.issues.append(StringIssue("AC004", start, end + 1, f"the quote {wrong}", f'"{inner}"'))
