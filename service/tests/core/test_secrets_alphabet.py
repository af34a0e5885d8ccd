"""Which characters a password may have, and that a complaint tells places only."""

from __future__ import annotations

import pytest

from attachment_transfer.core.request_values import offending_characters


def test_printable_ascii_passes_whole() -> None:
    assert offending_characters("".join(chr(code) for code in range(0x20, 0x7F))) == []


@pytest.mark.parametrize("char", "¤£€½§")
def test_a_character_the_page_forbids_is_forbidden_by_name(char: str) -> None:
    assert offending_characters(f"ab{char}") == [(3, "forbidden by name")]


@pytest.mark.parametrize("char", ["ü", "Å", "ß", "\x00", "\x1f", "\x7f", "\n", "\u00a0", "\u200b", "密"])
def test_anything_else_outside_printable_ascii_is_told_by_its_place(char: str) -> None:
    assert offending_characters(f"{char}x{char}") == [(1, "not printable ASCII"), (3, "not printable ASCII")]


def test_a_complaint_never_quotes_the_character() -> None:
    assert "ü" not in repr(offending_characters("Grünkohl"))
