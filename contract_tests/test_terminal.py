"""Text from outside never acts on a terminal: in texts, tables, JSON and everything that rich prints."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from attachment_contract.terminal import SafeConsole, visible, visible_json, visible_line

TITLE = "\x1b]0;owned\x07"
HOSTILE = [
    TITLE,
    "\x9b2J",
    "\x1b[2J\x1b[H",
    '\x1bP$q"p\x1b\\',
    "\x08\x08\x08",
    "\rover",
    "\x7f",
    "photo\u202egpj.exe",
    "\u2066left\u2069",
    "\x90q\x9c",
    "\x0e",
    "\u2028",
]
CONTROL = set("\x7f\u061c\u200e\u200f\u2028\u2029") | {
    chr(number)
    for span in (range(0x20), range(0x80, 0xA0), range(0x202A, 0x202F), range(0x2066, 0x206A))
    for number in span
} - {"\t", "\n"}


def printed(*things: object, **options: object) -> str:
    stream = io.StringIO()
    SafeConsole(file=stream, width=120, **options).print(*things)
    return stream.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_control_characters_are_shown_as_escapes(text: str) -> None:
    assert not CONTROL & set(visible(text))
    assert visible(f"a{text}b") not in {"ab", f"a{text}b"}


def test_escapes_are_readable() -> None:
    assert visible(TITLE) == r"\x1b]0;owned\x07"
    assert visible("photo\u202egpj.exe") == r"photo\u202egpj.exe"
    assert visible_line("one\ntwo\tthree") == r"one\ntwo\tthree"
    assert visible("Größe 📎 日本語 ‎".rstrip("\u200e")) == "Größe 📎 日本語 "


@given(st.text())
def test_no_text_keeps_a_control_character(text: str) -> None:
    assert not CONTROL & set(visible(text))
    assert not (CONTROL | {"\t", "\n"}) & set(visible_line(text))
    visible(text).encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("force_terminal", [True, False])
def test_the_console_prints_no_control_character_of_a_text(text: str, force_terminal: bool) -> None:
    table = Table(text)
    table.add_row(text, Text(text, style="red"))
    for thing in (text, Text(text), table, [text], {text: text}):
        shown = printed(thing, force_terminal=force_terminal, color_system=None)
        assert not CONTROL & set(shown), repr(shown)


def test_the_consoles_own_colours_are_kept() -> None:
    shown = printed(Text("red", style="red"), force_terminal=True, color_system="standard")
    assert shown == "\x1b[31mred\x1b[0m\n"


def test_markup_from_outside_is_text() -> None:
    link = "[link=https://evil.example]here[/link] :warning:"
    assert printed(link) == f"{link}\n"


@given(st.dictionaries(st.text(), st.text(alphabet=st.characters(exclude_categories=["Cs"]))))
def test_json_is_the_same_document_without_control_characters(document: dict[str, str]) -> None:
    text = visible_json(document, indent=2)
    assert json.loads(text) == document
    assert not CONTROL & set(text)
