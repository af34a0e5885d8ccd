"""A dialect file shared with the mocks: the service reads its own part and leaves the rest alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from attachment_transfer.cli.main import main
from attachment_transfer.runtime.setting_kinds import BadSettings
from attachment_transfer.runtime.settings import dialect_of_file

SHARED = """
format = "attachment-dialect.v1"

[recorded]
at = 2026-11-28T12:00:00Z

[cmi.chat_shape]
value = "B"

[c4c.delete_status]
value = 200

[service.c4c.key_field]
value = "Name"
evidence = "recorded"
date = 2026-11-28

[service.cmi.chat_routes]
value = ["chats?groupId={contact_id}"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file for mocks and service."""
    file = tmp_path / "dialect.toml"
    file.write_text(SHARED, encoding="utf-8")
    return file


def test_the_services_sections_are_taken_and_the_mocks_are_none_of_its_business(path: Path) -> None:
    dialect = dialect_of_file(str(path))
    assert (dialect.c4c_key_field, dialect.cmi_chat_routes) == ("Name", ("chats?groupId={contact_id}",))
    assert dialect.c4c_attachment_type_code == "10001"


def test_a_file_without_a_part_for_the_service_changes_nothing(path: Path) -> None:
    path.write_text(SHARED.partition("[service")[0], encoding="utf-8")
    assert dialect_of_file(str(path)) == dialect_of_file("")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("v1", "v7", 'write format = "attachment-dialect.v1"'),
        ("key_field", "key_fields", "unknown dialect entry [c4c.key_fields]; there are cmi.chat_routes"),
        ('"Name"', '"Subject"', "c4c_key_field: 'Subject': Title or Name"),
    ],
)
def test_what_is_wrong_is_told_with_file_entry_value_and_remedy(path: Path, old: str, new: str, told: str) -> None:
    path.write_text(SHARED.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadSettings) as refused:
        dialect_of_file(str(path))
    assert str(path) in str(refused.value)
    assert told in str(refused.value)


def test_a_part_that_is_no_table_is_refused(path: Path) -> None:
    path.write_text('format = "attachment-dialect.v1"\nservice = 5\n', encoding="utf-8")
    with pytest.raises(BadSettings, match="has sections like"):
        dialect_of_file(str(path))


def test_the_command_line_checks_a_file_and_prints_what_it_leaves(path: Path) -> None:
    good = CliRunner().invoke(main, ["dialect", "--file", str(path)])
    document = json.loads(good.stdout)
    assert document["c4c"]["key_field"]["value"] == "Name"
    assert document["c4c"]["settle_s"]["value"] == 30
    path.write_text(SHARED.replace('"Name"', "5"), encoding="utf-8")
    bad = CliRunner().invoke(main, ["dialect", "--file", str(path)])
    assert (bad.exit_code, "c4c_key_field" in bad.stderr) == (2, True)
