"""One file for mocks and service: what is taken, and how a bad one is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachment_lab.__main__ import run
from attachment_lab.errors import WrongUse
from attachment_lab.evidence.dialect_file import read_dialect_file, toml_value
from attachment_lab.stack import commands
from attachment_lab.stack.ports import Ports
from attachment_lab.stack.running import StackOptions, open_stack

GOOD = """
format = "attachment-dialect.v1"

[recorded]
at = 2026-11-28T12:00:00Z

[cmi.chat_shape]
value = "B"
evidence = "recorded"
date = 2026-11-28
seen_in = ["evidence/0002-cmi.list.json"]

[c4c.delete_status]
value = 200

[orchestration.event_strings]
value = "lower"

[service.c4c.settle_s]
value = 7

[service.cmi.chat_routes]
value = ["chats?groupId={contact_id}"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A good file."""
    file = tmp_path / "dialect.toml"
    file.write_text(GOOD, encoding="utf-8")
    return file


def test_mocks_get_their_switches_and_the_service_is_named_its_entries(path: Path) -> None:
    found = read_dialect_file(path)
    assert found.mocks == {
        "cmi": {"chat_shape": "B"},
        "c4c": {"delete_status": 200},
        "orchestration": {"event_strings": "lower"},
    }
    assert found.service == ("c4c.settle_s", "cmi.chat_routes")


def test_a_tenants_own_switches_win_over_the_files(path: Path) -> None:
    merged = read_dialect_file(path).merged({"cmi": {"chat_shape": "D"}, "c4c": {"page_size": 5}})
    assert merged["cmi"] == {"chat_shape": "D"}
    assert merged["c4c"] == {"delete_status": 200, "page_size": 5}


def test_the_service_gets_the_file_and_its_own_settings_are_those_of_production(path: Path, tmp_path: Path) -> None:
    made = {"clock_file": tmp_path / "c", "sealing_key": "k1:x", "extra": {}}
    with_file = commands.service(Ports.fixed(8100), tmp_path, dialect=read_dialect_file(path), **made)  # type: ignore[arg-type]
    without = commands.service(Ports.fixed(8100), tmp_path, **made)  # type: ignore[arg-type]
    assert (with_file.environment or {})["ATTACHMENT_TRANSFER_DIALECT_FILE"] == str(path)
    for each in (with_file, without):
        assert not {"ATTACHMENT_TRANSFER_SETTLE_S", "ATTACHMENT_TRANSFER_VERIFY_DIGEST"} & set(each.environment or {})


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('"B"', '"Q"', ["[cmi.chat_shape]", "'Q'", "one of 'A', 'B', 'C', 'D'"]),
        ("200", "201", ["[c4c.delete_status]", "201", "one of 204, 200"]),
        ('"lower"', '"UPPER"', ["[orchestration.event_strings]", "'UPPER'", "one of 'title', 'lower'"]),
        (
            "c4c.delete_status",
            "c4c.delete_state",
            ["[c4c.delete_state]", "dialect.toml lists all switches", "delete_status"],
        ),
        ("= 7", '= "long"', ["c4c_settle_s", "long"]),
        ("service.c4c.settle_s", "service.c4c.settles", ["[c4c.settles]", "there are", "c4c.settle_s"]),
        ('value = "B"', 'worth = "B"', ["[cmi.chat_shape] has no value", "write value ="]),
        ('"recorded"', '"dreamt"', ["[cmi.chat_shape]", "'dreamt'", "write one of documented, recorded"]),
        ("attachment-dialect.v1", "v9", ["format is 'v9'", 'write format = "attachment-dialect.v1"']),
        ("[orchestration.", "[sinch.", ["unknown section 'sinch'", "[orchestration.…]"]),
        ("[recorded]", "[recorded", ["is no TOML"]),
    ],
)
def test_a_bad_file_is_refused_naming_entry_value_and_remedy(path: Path, old: str, new: str, text: list[str]) -> None:
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WrongUse) as refused:
        read_dialect_file(path)
    assert str(path) in str(refused.value)
    assert [each for each in text if each not in str(refused.value)] == []


@pytest.mark.parametrize(
    "text", ['format = "attachment-dialect.v1"\ncmi = 5\n', 'format = "attachment-dialect.v1"\nservice = 5\n']
)
def test_a_section_that_is_none_is_refused(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match="write entries like"):
        read_dialect_file(path)


def test_a_file_that_is_not_there_starts_no_stack(tmp_path: Path) -> None:
    with (
        pytest.raises(WrongUse, match="cannot be read: No such file"),
        open_stack(StackOptions(dialect=tmp_path / "no")),
    ):
        pytest.fail("it started")


VALUES: Any = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_as_toml_is_read_as_the_same_value(value: Any) -> None:
    assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value


def test_the_command_line_refuses_a_bad_file_before_anything_starts(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text(GOOD.replace('"B"', '"Q"'), encoding="utf-8")
    for command in (["demo"], ["up", "--port-base", "0"]):
        assert run([*command, "--dialect", str(path)]) == 2
        assert "entry [cmi.chat_shape] has the value 'Q'" in capsys.readouterr().err.replace("\n", "")
