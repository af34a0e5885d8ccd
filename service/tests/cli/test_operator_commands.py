"""The operator's command line: what it prints, its exit codes, and that its deeds carry the operator's name."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from ingress_kit import ISSUER
from ledger_kit import rows
from operator_kit import NO_EXE, REFUSED, Morning

from attachment_transfer.cli.main import main
from attachment_transfer.core.states import TransferState
from attachment_transfer.engine import schema as durable
from attachment_transfer.ledger import tables, views
from attachment_transfer.ledger.sealing import new_master_key

CALLER = f"{ISSUER}#client"


@pytest.fixture
def run(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run one command on the test's database; no state of a process is shared with it."""
    url = f"sqlite:///{engine.url.database}"
    durable.migrate(url, engine)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("ATTACHMENT_TRANSFER_SEALING_KEYS", f"k1:{new_master_key()}")
    monkeypatch.setenv("COLUMNS", "250")

    def command(*arguments: str, exit_code: int = 0) -> Result:
        result = CliRunner().invoke(main, list(arguments))
        assert result.exit_code == exit_code, result.output + result.stderr
        return result

    return command


def states(engine: sa.Engine) -> list[TransferState]:
    return [item.state for item in views.list_transfers(engine, caller=None).transfers]


def test_transfers_are_listed_with_reason_and_remedy(run: Any, morning: Morning) -> None:
    parked = morning.parked(CALLER, 1, NO_EXE)
    morning.accepted(CALLER, 2)
    told = json.loads(run("transfers", "list", "--state", "parked", "--reason", "attachment-refused", "--json").stdout)
    assert [item["id"] for item in told["transfers"]] == [parked]
    assert told["transfers"][0]["reason"]["remedy"] == NO_EXE.remedy
    assert "attachment-refused: 1 of 1 attachments parked" in run("transfers", "list").stdout


def test_times_and_contacts_filter_lists(run: Any, morning: Morning) -> None:
    first = morning.accepted(CALLER, 1)
    morning.clock.advance(60)
    second = morning.accepted(CALLER, 0xA)
    told = json.loads(run("transfers", "list", "--created-before", "2026-11-22T12:00:30Z", "--json").stdout)
    assert [item["id"] for item in told["transfers"]] == [first]
    told = json.loads(run("transfers", "list", "--contact-id", "0" * 31 + "a", "--json").stdout)
    assert [item["id"] for item in told["transfers"]] == [second]
    assert "with its offset" in run("transfers", "list", "--created-from", "noon", exit_code=2).stderr
    assert "32 hex digits" in run("transfers", "list", "--contact-id", "x", exit_code=2).stderr
    assert "cursor" in run("transfers", "list", "--cursor", "x", exit_code=2).stderr


def test_one_transfer_is_shown_with_its_files(run: Any, morning: Morning) -> None:
    transfer_id = morning.parked(CALLER, 1, NO_EXE, ("[bold]a.png", "b.exe"), keep=1)
    shown = run("transfers", "show", transfer_id).stdout
    assert "state parked, outcome partly_stored" in shown
    assert f"remedy: {NO_EXE.remedy}" in shown
    assert "[bold]a.png" in shown
    told = json.loads(run("transfers", "show", transfer_id, "--json").stdout)
    assert [item["state"] for item in told["attachments"]] == ["stored", "parked"]
    assert "no transfer nowhere" in run("transfers", "show", "nowhere", exit_code=1).stderr


def test_ids_are_run_again_in_the_operators_name(run: Any, morning: Morning, engine: sa.Engine) -> None:
    made = [morning.parked(CALLER, number) for number in (1, 2)]
    assert run("transfers", "retry", *made).stdout.split() == [made[0], "queued", made[1], "queued"]
    assert states(engine) == ["queued", "queued"]
    deeds = [(row["actor"], row["action"]) for row in rows(engine, tables.audit) if row["action"] == "redriven"]
    assert deeds == [("operator", "redriven")] * 2
    with engine.connect() as connection:
        queued = connection.exec_driver_sql("SELECT workflow_uuid FROM workflow_status ORDER BY 1").scalars().all()
    assert queued == [f"{transfer_id}:2" for transfer_id in made]


def test_all_with_a_reason_are_run_again(run: Any, morning: Morning, engine: sa.Engine) -> None:
    refused = [morning.parked(CALLER, number, REFUSED) for number in range(3)]
    morning.parked(CALLER, 9, NO_EXE)
    told = json.loads(
        run("transfers", "retry", "--state", "parked", "--reason", "credential-refused", "--all", "--json").stdout
    )
    assert told == {"redriven": 3, "transfers": refused, "skipped": [], "more": False}
    assert states(engine).count(TransferState.PARKED) == 1


def test_a_limit_takes_the_oldest_and_says_that_there_are_more(run: Any, morning: Morning) -> None:
    made = [morning.parked(CALLER, number) for number in range(3)]
    told = json.loads(run("transfers", "retry", "--state", "parked", "--limit", "2", "--json").stdout)
    assert (told["transfers"], told["more"]) == (made[:2], True)


def test_what_cannot_be_run_again_is_named_and_the_exit_code_is_1(
    run: Any, morning: Morning, engine: sa.Engine
) -> None:
    parked, settled = morning.parked(CALLER, 1), morning.stored(CALLER, 2)
    result = run("transfers", "retry", parked, settled, "f" * 32, exit_code=1)
    assert result.stdout.split() == [parked, "queued"]
    assert f"{settled} skipped: its secrets were shredded" in result.stderr
    assert f"{'f' * 32} skipped: there is no such transfer" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--all"],
        ["--state", "parked"],
        ["--reason", "x", "--all"],
        ["--state", "parked", "--all", "--limit", "5"],
        ["some-id", "--state", "parked", "--all"],
    ],
)
def test_a_retry_without_a_clear_aim_runs_nothing(
    run: Any, morning: Morning, engine: sa.Engine, arguments: list[str]
) -> None:
    morning.parked(CALLER, 1)
    run("transfers", "retry", *arguments, exit_code=2)
    assert states(engine) == ["parked"]


def test_a_transfer_is_cancelled_once(run: Any, morning: Morning, engine: sa.Engine) -> None:
    transfer_id = morning.waiting(CALLER, 1)
    assert run("transfers", "cancel", transfer_id).stdout.split() == [transfer_id, "cancelled"]
    assert "cancelled already" in run("transfers", "cancel", transfer_id, exit_code=1).stderr
    assert rows(engine, tables.sealed_secret) == []


def test_the_trail_of_a_transfer_is_told(run: Any, morning: Morning) -> None:
    transfer_id = morning.stored(CALLER, 1)
    told = json.loads(run("transfers", "audit", transfer_id, "--json").stdout)["audit"]
    assert [line["action"] for line in told] == ["accepted", "round begun", "stored", "settled"]
    assert told[0]["actor"] == CALLER
    assert "round begun" in run("transfers", "audit", transfer_id).stdout
    assert "no transfer" in run("transfers", "audit", "nowhere", exit_code=1).stderr


def test_a_purge_says_first_and_deletes_then(run: Any, morning: Morning, engine: sa.Engine) -> None:
    old = morning.stored(CALLER, 1)
    with engine.begin() as connection:
        connection.execute(tables.transfer.update().values(updated_at_s=1.0))
    morning.accepted(CALLER, 2)
    told = json.loads(run("purge", "--older-than", "7", "--dry-run", "--json").stdout)
    assert (told["transfers"], told["dry_run"], len(rows(engine, tables.transfer))) == (1, True, 2)
    assert run("purge", "--older-than", "7").stdout.startswith("1 transfer(s) that ended before ")
    assert old not in [row["id"] for row in rows(engine, tables.transfer)]
    [line] = json.loads(run("audit", "--json").stdout)["audit"]
    assert (line["actor"], line["action"]) == ("operator", "purged")


def test_a_service_that_keeps_everything_purges_only_by_an_explicit_age(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTACHMENT_TRANSFER_RETENTION_S", "0")
    assert "--older-than" in run("purge", exit_code=2).stderr
    run("purge", "--older-than", "1")
    run("purge", "--older-than", "0", exit_code=2)


def test_a_restore_is_said_once(run: Any, morning: Morning) -> None:
    morning.parked(CALLER, 1, names=("a.png", "b.png"), keep=1)
    assert json.loads(run("after-restore", "--json").stdout) == {"files": 1}
    assert run("after-restore").stdout.startswith("0 file(s)")


def test_a_key_rotation_is_in_the_trail(
    run: Any, morning: Morning, monkeypatch: pytest.MonkeyPatch, engine: sa.Engine
) -> None:
    morning.accepted(CALLER, 1)
    old = f"k1:{base64.urlsafe_b64encode(morning.keys.keys[0][1]).decode()}"
    monkeypatch.setenv("ATTACHMENT_TRANSFER_SEALING_KEYS", f"k2:{new_master_key()},{old}")
    run("keys", "rotate")
    [line] = json.loads(run("audit", "--json").stdout)["audit"]
    assert (line["actor"], line["action"], line["detail"]) == (
        "operator",
        "keys rotated",
        "1 transfer(s) from k1 to k2",
    )


def test_export_without_its_packages_is_said_and_nothing_starts(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> None:
        raise ImportError

    monkeypatch.setenv("ATTACHMENT_TRANSFER_OTEL", "1")
    monkeypatch.setattr("attachment_transfer.telemetry.otel.import_module", missing)
    monkeypatch.setattr("attachment_transfer.runtime.logs.configure", lambda _format: None)
    assert "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http" in run("work", exit_code=2).stderr
