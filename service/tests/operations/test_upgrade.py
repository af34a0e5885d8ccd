"""The release before was killed in the middle of its work; this one upgrades its database and carries on."""

from __future__ import annotations

import json

import pytest
from kept_kit import CHATS, OPEN
from upgrade_kit import Kept

from attachment_transfer.core.states import WriteBackState

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("postgresql-upgrade"), pytest.mark.timeout(400)]


def test_the_kept_database_has_all_that_an_upgrade_may_meet(kept: Kept) -> None:
    states = {name: row["state"] for name, row in kept.transfers().items()}
    assert states == {
        "stored": "settled",
        "parked": "parked",
        "cancelled": "cancelled",
        "waiting": "waiting",
        "landed": "running",
        "lost": "running",
        "reported": "running",
        "queued": "queued",
    }
    assert kept.objects() == {"stored": 2, "landed": 1, "reported": 2}
    assert kept.results() == {"stored": 1, "parked": 1, "reported": 1}


def test_open_transfers_run_to_their_end_on_the_new_program(kept: Kept) -> None:
    assert kept.run("migrate")[0].startswith("ledger schema 1, step 0002; engine schema ")
    parked = kept.transfers()["parked"]["id"]
    kept.run("transfers", "retry", parked)  # its secrets open with the key of before
    kept.carry_on(*OPEN, "parked")
    found = kept.transfers()
    assert {found[name]["outcome"] for name in (*OPEN, "parked")} == {"stored"}
    assert kept.objects() == {name: 2 for name in CHATS if name != "cancelled"}
    assert (found["stored"]["round_no"], found["cancelled"]["state"]) == (1, "cancelled")


@pytest.mark.long
def test_a_result_that_was_written_back_before_the_upgrade_is_not_written_again(kept: Kept) -> None:
    kept.run("migrate")
    transfer = kept.transfers()["reported"]
    assert (transfer["write_back_round_no"], transfer["write_back_state"]) == (1, WriteBackState.WRITTEN)
    kept.carry_on("reported")
    assert kept.transfers()["reported"]["state"] == "settled"
    assert kept.results()["reported"] == 1


@pytest.mark.long
def test_a_transfer_of_before_is_shown_by_the_new_program(kept: Kept) -> None:
    kept.run("migrate")
    found = json.loads(kept.run("transfers", "list", "--state", "parked", "--json")[0])
    [parked] = found["transfers"]
    assert parked["reason"]["code"] == "access-denied"
