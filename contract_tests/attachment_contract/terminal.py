"""Safe output on a terminal: control characters in texts from outside are shown and have no effect.

Names of files, error texts and header values come from customers and from other systems. An escape sequence in one may
set a window's title, overwrite the lines above, or make a terminal type a reply; a direction mark makes ``exe.gpj``
look like ``jpg.exe``. Sources: ECMA-48 (C0, C1, ESC), UAX #9 (explicit directional formatting),
CVE-2003-0063 and its successors (title reports).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

#: C0 but tab and line feed, DEL, C1, direction marks, line and paragraph separators, half surrogate pairs.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKING = re.compile("[\t\n]")


def visible(text: str) -> str:
    """``text`` with every control character as an escape such as ``\\x1b``; tab and line feed are unchanged."""
    return _CONTROL.sub(_escape, text)


def visible_line(text: str) -> str:
    """The same on one line: for a cell of a table, and for a log, where a line feed would start a forged line."""
    return _BREAKING.sub(_escape, visible(text))


def visible_json(document: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """``document`` as JSON with readable letters; control characters are JSON's own escapes.

    ``ascii_only``: every character beyond ASCII is an escape, for a stream whose encoding is unknown.
    """
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def echo(text: str, *, err: bool = False) -> None:
    """``click.echo`` of ``visible(text)``."""
    click.echo(visible(text), err=err)


class SafeConsole(Console):
    """A console for texts from outside: no markup, no emoji codes, no character that acts on the terminal.

    The console's own colours are kept: they are styles, not text.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, "highlight": False, **options})

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments to print: text is made visible, control codes are rich's own."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    if match[0] in "\t\n":
        return {"\t": "\\t", "\n": "\\n"}[match[0]]
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
