"""File names made safe, and the key that lets us find our own upload again."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachment_transfer.core.names import (
    MAX_NAME_CHARACTERS,
    attachment_key,
    carries_key,
    key_title,
    name_with_key,
    safe_name,
)

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
KEY = attachment_key(cmi_url="https://h/t/cmi", contact_id="A" * 32, source_id="1")
PIECES = st.sampled_from(
    [*"aé漢м\u0301\u200d\u00ad /\\.:*\x00\n\t<>|?", *BIDI, ".pdf", "con", "NUL", "..", "e", "\ud800"]
)
names = st.one_of(st.text(max_size=400), st.lists(PIECES, max_size=40).map("".join), st.text("a. ", max_size=600))


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("fdp\u202egnp.exe", "fdpgnp.exe"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\photo.jpg", "photo.jpg"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ('what<>:"|?*.txt', "what_______.txt"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console.txt", "console.txt"),
        ("  .hidden.  ", "hidden"),
        ("", "attachment"),
        ("...", "attachment"),
        ("/", "attachment"),
        ("\u202e", "attachment"),
        ("e\u0301t\u00e9.txt", "\u00e9t\u00e9.txt"),
        ("Счёт за март.pdf", "Счёт за март.pdf"),
        ("発票 فاتورة.docx", "発票 فاتورة.docx"),
        ("photo \U0001f600.png", "photo \U0001f600.png"),
        ("broken \ud83d.png", "broken .png"),
    ],
)
def test_a_name_keeps_its_letters_and_loses_what_deceives_or_escapes(given_name: str, expected: str) -> None:
    assert safe_name(given_name) == expected


def test_a_long_name_keeps_its_extension() -> None:
    name = safe_name("n" * 500 + ".jpeg")
    assert len(name) == MAX_NAME_CHARACTERS
    assert name.endswith("n.jpeg")


def test_a_mark_that_was_kept_apart_by_an_invisible_character_is_composed() -> None:
    assert safe_name("e\u200d\u0301.txt") == "\u00e9.txt"


@pytest.mark.parametrize("tail", [" b", ".b", "\u00ad b"])
def test_a_cut_leaves_no_blank_or_dot_at_the_end(tail: str) -> None:
    name = safe_name("n" * 254 + tail + "c" * 40)
    assert name == safe_name(name)
    assert name == name.strip(" .")


@given(names)
def test_no_safe_name_can_escape_or_deceive(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert len(safe) <= MAX_NAME_CHARACTERS
    assert not set(safe) & set("/\\" + BIDI + '<>:"|?*')
    assert not [char for char in safe if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}]
    assert safe == safe.strip(" .")
    assert safe == unicodedata.normalize("NFC", safe)
    safe.encode()


@given(names)
def test_a_safe_name_is_safe_already(name: str) -> None:
    assert safe_name(safe_name(name)) == safe_name(name)


def test_the_key_is_the_same_for_the_same_source_and_no_other() -> None:
    again = attachment_key(cmi_url="https://h/t/cmi", contact_id="A" * 32, source_id="1")
    other = attachment_key(cmi_url="https://h/t/cmi", contact_id="A" * 32, source_id="2")
    foreign = attachment_key(cmi_url="https://h/u/cmi", contact_id="A" * 32, source_id="1")
    assert again == KEY
    assert len({KEY, other, foreign}) == 3
    assert len(KEY) == 24


@given(names)
def test_a_key_is_found_again_in_the_title_and_in_any_name(name: str) -> None:
    named = name_with_key(safe_name(name), KEY)
    assert carries_key(KEY, title=key_title(KEY), name=None)
    assert carries_key(KEY, title=None, name=named)
    assert len(named) <= MAX_NAME_CHARACTERS


def test_the_key_stands_before_the_extension() -> None:
    assert name_with_key("photo.png", KEY) == f"photo [{KEY}].png"
    assert name_with_key("README", KEY) == f"README [{KEY}]"


@pytest.mark.parametrize(
    ("title", "name"),
    [(None, None), ("", ""), (KEY, "photo.png"), ("contact-pro:" + "0" * 24, "x"), (None, f"photo {KEY}.png")],
)
def test_what_does_not_carry_the_key_is_not_ours(title: str | None, name: str | None) -> None:
    assert not carries_key(KEY, title=title, name=name)


@pytest.mark.parametrize(
    "name",
    [
        "نامه\u200cها.pdf",  # Persian: letters
        "می\u200cخواهم.txt",  # Persian: I want
        "ه\u200d.ش.pdf",  # Persian: an abbreviation that ends with a joiner
        "क्\u200dष.pdf",  # Devanagari: a half form
        "র\u200d্য.pdf",  # Bengali: a joiner before the sign
        "ශ්\u200dරී.pdf",  # Sinhala
        "family 👨\u200d👩\u200d👧\u200d👦.png",
        "🏳\ufe0f\u200d🌈.png",
        "👩🏽\u200d🚒 at work.jpg",
        "England 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f.png",
        "\u0600 ١٢٣.pdf",  # Arabic: a visible number sign
    ],
)
def test_invisible_characters_that_letters_and_emoji_need_stay(name: str) -> None:
    assert safe_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("invo\u200dice.pdf", "invoice.pdf"),
        ("invo\u200cice.pdf", "invoice.pdf"),
        ("report\u200d.pdf", "report.pdf"),
        ("نامه\u200c.pdf", "نامه.pdf"),
        ("a\u200bb\u2060c\ufeffd\u00ade.pdf", "abcde.pdf"),
        ("a\U000e0067\U000e007f.pdf", "a.pdf"),
        ("🏴\U000e0067\U000e0062.png", "🏴.png"),
        ("👩\u200d.png", "👩.png"),
        ("\u3164\uffa0", "attachment"),
        ("fdp\u202e.exe", "fdp.exe"),
    ],
)
def test_invisible_characters_that_only_deceive_go(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_an_emoji_that_the_limit_cuts_leaves_no_joiner_behind() -> None:
    assert "\u200d." not in safe_name("x" * 249 + "👨\u200d👩\u200d👧" + ".png")
