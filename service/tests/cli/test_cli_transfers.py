"""The operator's commands over a real database: what they print, and how they end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from fakes import counting_ids
from ledger_kit import CALLER, CONTACT, SECRET_TEXTS, Queue, a_request, a_source

from attachment_transfer.cli.main import main
from attachment_transfer.core.errors import Reason
from attachment_transfer.core.states import Outcome, TransferState
from attachment_transfer.engine import schema as durable
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.ledger.accept import accept
from attachment_transfer.ledger.database import open_database
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.schema import migrate
from attachment_transfer.ledger.sealing import KeyRing

KEY = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
REFUSED = Reason(code="attachment-refused", message="[red]C4C answered 400[/red]", remedy="Check the type.")


class CommandLine:
    """A database with one parked transfer of two files, and the command line in front of it."""

    def __init__(self, file: Path, *, reason: Reason = REFUSED, name: str = "[bold]x.png") -> None:
        self.url = f"sqlite:///{file}"
        self.engine = open_database(self.url)
        migrate(self.engine)
        durable.migrate(self.url, self.engine)
        keys, new_id = KeyRing.parse(KEY), counting_ids()
        accepted = accept(
            self.engine, a_request(), caller=CALLER, keys=keys, enqueue=Queue(), now_s=1.8e9, new_id=new_id
        )
        self.id = accepted.transfer_id
        book = RoundStore(self.engine, keys=keys, now_s=lambda: 1.8e9, new_id=new_id, redrive_s=1e9)
        transfer = book.begin(self.id, 1)
        assert transfer is not None
        first, second = book.note_sources(transfer, [a_source("1"), a_source("2", name=name)])
        book.stored(first, object_id="00163E01", size_bytes=5, sha256="a" * 64, how="stored")
        book.park(second, reason)
        book.finish(self.id, 1, TransferState.PARKED, Outcome.PARTLY_STORED, reason)

    def run(self, *arguments: str) -> Result:
        env = {"ATTACHMENT_TRANSFER_SEALING_KEYS": KEY, "DATABASE_URL": self.url, "COLUMNS": "300"}
        return CliRunner().invoke(main, ["transfers", *arguments], env=env)

    def json(self, *arguments: str, exit_code: int = 0) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == exit_code, result.stderr
        return json.loads(result.stdout)


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "ledger.db")


def test_a_transfer_is_shown_as_json_with_its_files(command_line: CommandLine) -> None:
    shown = command_line.json("show", command_line.id)
    assert (shown["id"], shown["state"], shown["outcome"]) == (command_line.id, "parked", "partly_stored")
    assert shown["reason"] == {"code": REFUSED.code, "message": REFUSED.message, "remedy": REFUSED.remedy}
    assert [item["state"] for item in shown["attachments"]] == ["stored", "parked"]
    assert shown["attachments"][0]["c4c_object_id"] == "00163E01"


def test_transfers_are_listed_as_json_without_their_files(command_line: CommandLine) -> None:
    page = command_line.json("list")
    assert [item["id"] for item in page["transfers"]] == [command_line.id]
    assert "attachments" not in page["transfers"][0]
    assert page["next_cursor"] is None
    assert command_line.json("list", "--state", "settled")["transfers"] == []
    assert command_line.json("list", "--contact-id", CONTACT.lower())["transfers"][0]["id"] == command_line.id


def test_people_get_tables_in_which_no_name_is_markup(command_line: CommandLine) -> None:
    assert "[bold]x.png" in command_line.run("show", command_line.id).stdout
    assert "[red]C4C answered 400[/red]" in command_line.run("list").stdout


@pytest.mark.parametrize("command", [["show"], ["list"], ["show", "--json"], ["list", "--json"]])
def test_nothing_that_is_printed_is_a_secret_or_an_address(command_line: CommandLine, command: list[str]) -> None:
    name, *options = command
    printed = command_line.run(name, *([command_line.id] if name == "show" else []), *options).output
    for text in (*SECRET_TEXTS, "transcript.user", "v1user", "amazonaws.com", "crm.cloud.sap"):
        assert text not in printed


@pytest.mark.parametrize("command", ["show", "cancel", "retry"])
def test_a_transfer_that_is_not_there_is_exit_code_1_and_named(command_line: CommandLine, command: str) -> None:
    result = command_line.run(command, "nothing")
    assert result.exit_code == 1
    assert "nothing" in result.stderr
    assert "Traceback" not in result.output


def test_a_cursor_that_was_not_issued_is_wrong_use(command_line: CommandLine) -> None:
    assert command_line.run("list", "--cursor", "made-up").exit_code == 2


def test_a_retry_enqueues_a_round_in_the_real_engine(command_line: CommandLine) -> None:
    assert command_line.run("retry", command_line.id).exit_code == 0
    assert command_line.json("show", command_line.id)["state"] == "queued"
    queue = RoundQueue(command_line.engine, [KeyRing.parse(KEY).keys[0][1]])
    assert queue.dropped([(command_line.id, 1), (command_line.id, 2)]) == [(command_line.id, 1)]
    assert command_line.run("retry", command_line.id).exit_code == 1


def test_a_cancelled_transfer_keeps_no_secret(command_line: CommandLine) -> None:
    assert command_line.run("cancel", command_line.id).exit_code == 0
    assert command_line.json("show", command_line.id)["outcome"] == "cancelled"
    with command_line.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM sealed_secret")).scalar() == 0
    assert command_line.run("cancel", command_line.id).exit_code == 1


def test_a_database_without_a_schema_is_exit_code_1_and_says_what_to_run(tmp_path: Path) -> None:
    env = {"ATTACHMENT_TRANSFER_SEALING_KEYS": KEY, "DATABASE_URL": f"sqlite:///{tmp_path}/empty.db"}
    result = CliRunner().invoke(main, ["transfers", "list"], env=env)
    assert result.exit_code == 1
    assert "attachment-transfer migrate" in result.stderr


#: An operating system command that sets a window's title, C1's control sequence introducer, and a direction mark.
ESCAPES = "\x1b]0;owned\x07 \x9b2J \x1b[2J \u202egpj.exe \rover\nforged"


@pytest.mark.parametrize("command", ["list", "show", "audit", "retry"])
def test_escape_sequences_of_a_neighbour_do_not_reach_the_operators_terminal(tmp_path: Path, command: str) -> None:
    reason = Reason(code="attachment-refused", message=f"C4C: {ESCAPES}", remedy=f"Do {ESCAPES}")
    command_line = CommandLine(tmp_path / "hostile.db", reason=reason, name=f"{ESCAPES}.png")
    result = command_line.run(*([command] if command == "list" else [command, command_line.id]))
    shown = result.stdout + result.stderr
    assert not set(shown) & set("\x07\x0d\x1b\x9b\u202e"), repr(shown)
    assert "\nforged" not in shown
    if command in {"list", "show"}:
        assert r"\x1b]0;owned\x07" in shown.replace("\n", "")


def test_what_is_not_found_is_said_without_its_escape_sequences(tmp_path: Path) -> None:
    result = CommandLine(tmp_path / "x.db").run("show", f"t{ESCAPES}")
    assert result.exit_code == 1
    assert not set(result.stderr) & set("\x07\x0d\x1b\x9b\u202e")
    assert result.stderr.count("\n") == 1
