"""The regular expressions of a condition, run by RE2 (``google-re2``): no backtracking, so no pattern runs long.

Python's own ``re`` decides whether a pattern is valid, as it does at the vendor; it never runs one here. What Python
accepts and RE2 does not (look-around, back-references, possessive repetition) is refused with a reason. Where the two
read the same characters differently, the pattern is rewritten (``{,n}``, ``\\Z``, ``\\uXXXX``); what remains is the
evidence entry ``edi.patterns``: ``\\d \\w \\s \\b`` know ASCII alone, and ``$`` does not match before a line break at
the end.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

MAX_PATTERN_CHARS = 500
#: For RE2's programs and caches of one pattern.
MAX_PATTERN_MEMORY_BYTES = 1024 * 1024
#: In the worst case RE2 reads each character once for each instruction; one of our steps pays for this many.
INSTRUCTIONS_PER_STEP = 4
FLAG_LETTERS = {int(re.IGNORECASE): "i", int(re.MULTILINE): "m", int(re.DOTALL): "s"}

_TOKEN = re.compile(
    r"\\u(?P<short>[0-9A-Fa-f]{4})|\\U(?P<long>[0-9A-Fa-f]{8})|(?P<end>\\Z)|\\.|(?P<open>\[\^?\]?)|(?P<close>\])"
    r"|\{,(?P<most>[0-9]+)\}|.",
    re.DOTALL,
)
_POSIX_CLASS = re.compile(r"\[[:.=]")

Spend = Callable[[int], None]


class BadPattern(ValueError):
    """A pattern that Python refuses; with ``not_imitated``, one that only this mock refuses."""

    def __init__(self, message: str, *, not_imitated: bool = False) -> None:
        super().__init__(message)
        self.not_imitated = not_imitated


@dataclass(frozen=True)
class PatternMatch:
    """What a pattern found, as Python's match object shows it."""

    text: str
    spans: tuple[tuple[int, int], ...]
    names: dict[str, int]

    def group(self, *which: int | str) -> str | tuple[str | None, ...] | None:
        """One group's text, or several; without argument the whole."""
        found = tuple(self._text(each) for each in which or (0,))
        return found[0] if len(found) == 1 else found

    def groups(self) -> tuple[str | None, ...]:
        """All groups' texts but the whole."""
        return tuple(self._text(number) for number in range(1, len(self.spans)))

    def groupdict(self) -> dict[str, str | None]:
        """The named groups' texts."""
        return {name: self._text(number) for name, number in self.names.items()}

    def span(self, which: int | str = 0) -> tuple[int, int]:
        """Where a group lies; (-1, -1) when it took no part."""
        return self.spans[self._number(which)]

    def start(self, which: int | str = 0) -> int:
        """Where a group begins."""
        return self.span(which)[0]

    def end(self, which: int | str = 0) -> int:
        """Where a group ends."""
        return self.span(which)[1]

    def _number(self, which: int | str) -> int:
        number = self.names[which] if isinstance(which, str) else which
        if not 0 <= number < len(self.spans):
            raise IndexError("no such group")
        return number

    def _text(self, which: int | str) -> str | None:
        start, end = self.spans[self._number(which)]
        return None if start < 0 else self.text[start:end]


class Re2Pattern:
    """A pattern that RE2 has compiled. ``spend`` gets the steps of a run before it and may raise."""

    def __init__(self, regexp: Any) -> None:
        self._regexp = regexp

    def match(self, text: str, spend: Spend) -> PatternMatch | None:
        """The match at the beginning of the text."""
        self._charge(len(text), spend)
        return self._found(self._regexp.match(text), text)

    def search(self, text: str, spend: Spend) -> PatternMatch | None:
        """The first match anywhere."""
        self._charge(len(text), spend)
        return self._found(self._regexp.search(text), text)

    def fullmatch(self, text: str, spend: Spend) -> PatternMatch | None:
        """The match of the whole text."""
        self._charge(len(text), spend)
        return self._found(self._regexp.fullmatch(text), text)

    def find_all(self, text: str, spend: Spend) -> Iterator[PatternMatch]:
        """All matches that do not overlap; each search is charged for the rest of the text, which it may read."""
        found, at = self._regexp.finditer(text), 0
        while True:
            self._charge(len(text) - at, spend)
            match = self._found(next(found, None), text)
            if match is None:
                return
            at = match.end()
            yield match

    def _charge(self, chars: int, spend: Spend) -> None:
        spend(1 + chars * int(self._regexp.programsize) // INSTRUCTIONS_PER_STEP)

    def _found(self, match: Any, text: str) -> PatternMatch | None:
        if match is None:
            return None
        spans = tuple(match.span(number) for number in range(self._regexp.groups + 1))
        return PatternMatch(text, spans, dict(self._regexp.groupindex))


@lru_cache(maxsize=256)
def read_pattern(text: str, flags: int = 0) -> Re2Pattern:
    """A pattern ready to run. Raises ``BadPattern``."""
    if len(text) > MAX_PATTERN_CHARS:
        raise BadPattern(f"a pattern of more than {MAX_PATTERN_CHARS} characters", not_imitated=True)
    if flags & ~sum(FLAG_LETTERS):
        raise BadPattern("a flag other than I, M and S", not_imitated=True)
    _check_with_python(text, flags)
    if _POSIX_CLASS.search(text):
        raise BadPattern("characters that begin a POSIX class", not_imitated=True)
    letters = "".join(letter for flag, letter in FLAG_LETTERS.items() if flags & flag)
    options = re2.Options()
    options.max_mem, options.log_errors = MAX_PATTERN_MEMORY_BYTES, False
    try:
        return Re2Pattern(re2.compile((f"(?{letters})" if letters else "") + _for_re2(text), options))
    except (re2.error, UnicodeEncodeError) as exc:
        why = exc.args[0].decode(errors="replace") if isinstance(exc.args[0], bytes) else str(exc.args[0])
        raise BadPattern(f"RE2, which runs patterns here, refuses it: {why}", not_imitated=True) from exc


def _check_with_python(text: str, flags: int) -> None:
    """Raises ``BadPattern`` for what Python refuses. Nothing is run: compiling a pattern is quick."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text, flags)
    except re.error as exc:
        why = f"a bracket is not closed: {exc}" if "unterminated" in str(exc) else str(exc)
        raise BadPattern(why) from exc
    except (RecursionError, OverflowError, MemoryError) as exc:
        raise BadPattern(f"a pattern of this depth or size ({type(exc).__name__})", not_imitated=True) from exc


def _for_re2(text: str) -> str:
    """The pattern in RE2's syntax, where it differs from Python's."""
    in_class = False
    parts = []
    for token in _TOKEN.finditer(text):
        part = token[0]
        if token["short"] or token["long"]:
            part = f"\\x{{{token['short'] or token['long']}}}"
        elif token["end"]:
            part = r"\z"
        elif token["most"] and not in_class:
            part = f"{{0,{token['most']}}}"
        elif token["open"]:
            # Inside a class a bracket is a plain character, and so is the first closing one of a class.
            part = part if not in_class else part.replace("[", r"\[")
            in_class = not (in_class and part.endswith("]"))
        elif token["close"]:
            in_class = False
        parts.append(part)
    return "".join(parts)
