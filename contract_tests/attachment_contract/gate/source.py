"""The source text and positions in it: offsets, and the line and column of an offset."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class TextSpan:
    """Offsets into the source text; ``end`` is exclusive."""

    start: int
    end: int


@dataclass(frozen=True)
class SourceText:
    """One text to be checked.

    Attributes:
        text: decoded, line ends as they were.
        name: the file's name as given on the command line; ``<stdin>`` or ``<text>`` otherwise.
    """

    text: str = field(repr=False)  # it may contain a secret in clear
    name: str = "<text>"

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_END.finditer(self.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1; the column counts characters (code points)."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line_span(self, line: int) -> tuple[int, int]:
        """Start and end offset of a line, without its line end."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return start, start + len(self.text[start:end].rstrip("\r\n"))
