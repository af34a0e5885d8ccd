"""The regular expressions of a condition, run by RE2 (``google-re2``): no backtracking, so no pattern runs long.

Python's own ``re`` says whether a pattern is one at all, as it does at the vendor; it never runs one here. What Python
takes and RE2 does not (look-around, back-references, possessive repetition) is refused in words. Where the two read the
same signs differently, the pattern is rewritten (``{,n}``, ``\\Z``, ``\\uXXXX``); what remains is ``edi.patterns`` in
dialect.toml: ``\\d \\w \\s \\b`` know ASCII alone, and ``$`` does not match before a line break at the end.
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
#: For RE2's programs and caches of one pattern, in bytes.
MAX_PATTERN_MEMORY_BYTES = 1024 * 1024
#: RE2 looks at each character once for each instruction at worst; it does so many of them in one of our steps.
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
    """A pattern that Python would refuse; with ``lacking`` one that only this twin does not know."""

    def __init__(self, message: str, *, lacking: bool = False) -> None:
        super().__init__(message)
        self.lacking = lacking


@dataclass(frozen=True)
class Match:
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


class Pattern:
    """A pattern that RE2 has taken. ``spend`` is told the steps of a run before it; it raises to prevent the run."""

    def __init__(self, regexp: Any) -> None:
        self._regexp = regexp

    def match(self, text: str, spend: Spend) -> Match | None:
        """The match at the beginning of the text."""
        self._charge(len(text), spend)
        return self._found(self._regexp.match(text), text)

    def search(self, text: str, spend: Spend) -> Match | None:
        """The first match anywhere."""
        self._charge(len(text), spend)
        return self._found(self._regexp.search(text), text)

    def fullmatch(self, text: str, spend: Spend) -> Match | None:
        """The match of the whole text."""
        self._charge(len(text), spend)
        return self._found(self._regexp.fullmatch(text), text)

    def find_all(self, text: str, spend: Spend) -> Iterator[Match]:
        """All matches that do not overlap; each search is charged for the rest of the text, which it may go through."""
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

    def _found(self, match: Any, text: str) -> Match | None:
        if match is None:
            return None
        spans = tuple(match.span(number) for number in range(self._regexp.groups + 1))
        return Match(text, spans, dict(self._regexp.groupindex))


@lru_cache(maxsize=256)
def read_pattern(text: str, flags: int = 0) -> Pattern:
    """A pattern ready to run. Raises ``BadPattern``."""
    if len(text) > MAX_PATTERN_CHARS:
        raise BadPattern(f"a pattern of more than {MAX_PATTERN_CHARS} characters", lacking=True)
    if flags & ~sum(FLAG_LETTERS):
        raise BadPattern("a flag other than I, M and S", lacking=True)
    _ask_python(text, flags)
    if _POSIX_CLASS.search(text):
        raise BadPattern("signs that begin a POSIX class", lacking=True)
    letters = "".join(letter for flag, letter in FLAG_LETTERS.items() if flags & flag)
    options = re2.Options()
    options.max_mem, options.log_errors = MAX_PATTERN_MEMORY_BYTES, False
    try:
        return Pattern(re2.compile((f"(?{letters})" if letters else "") + _for_re2(text), options))
    except (re2.error, UnicodeEncodeError) as exc:
        why = exc.args[0].decode(errors="replace") if isinstance(exc.args[0], bytes) else str(exc.args[0])
        raise BadPattern(f"RE2, which runs patterns here, does not take it: {why}", lacking=True) from exc


def _ask_python(text: str, flags: int) -> None:
    """Raises ``BadPattern`` for what Python refuses. Nothing is run: reading a pattern takes no long time."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text, flags)
    except re.error as exc:
        why = f"a bracket is not closed: {exc}" if "unterminated" in str(exc) else str(exc)
        raise BadPattern(why) from exc
    except (RecursionError, OverflowError, MemoryError) as exc:
        raise BadPattern(f"so deep or so large a pattern ({type(exc).__name__})", lacking=True) from exc


def _for_re2(text: str) -> str:
    """The pattern in RE2's signs, where they differ from Python's."""
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
            # Inside a class a bracket is a plain sign, and the first closing one of a class as well.
            part = part if not in_class else part.replace("[", r"\[")
            in_class = not (in_class and part.endswith("]"))
        elif token["close"]:
            in_class = False
        parts.append(part)
    return "".join(parts)
