"""Two releases on one database: the release before, as it was, beside this one on the expanded schema."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from kept_kit import CHATS, OPEN
from upgrade_kit import Kept, free_port

pytestmark = [
    pytest.mark.long,
    pytest.mark.stack,
    pytest.mark.xdist_group("postgresql-upgrade"),
    pytest.mark.timeout(500),
]


@pytest.fixture
def before(kept: Kept, program_before: list[Path]) -> Kept:
    """The kept database under the program that made it."""
    return kept.with_program(program_before)


def test_the_kept_program_is_another_one(kept: Kept, before: Kept) -> None:
    kept.run("migrate")
    assert "step" in kept.run("migrate")[0]
    assert before.run("migrate")[0] == "ledger schema 1\n"


def test_the_release_before_is_ready_on_the_expanded_schema(kept: Kept, before: Kept) -> None:
    kept.run("migrate")
    assert readiness(before)["status"] == "ready"
    assert readiness(kept)["status"] == "ready"


def test_the_release_before_carries_on_after_this_one_and_the_other_way_round(kept: Kept, before: Kept) -> None:
    """Also the way back: a program that is rolled back needs no step back of the schema."""
    kept.run("migrate")
    kept.carry_on("queued", "reported")
    assert kept.results() == {"stored": 1, "parked": 1, "reported": 1} | {
        name: 1 for name in OPEN if kept.transfers()[name]["state"] == "settled"
    }
    parked = kept.transfers()["parked"]["id"]
    before.run("transfers", "retry", parked)
    before.carry_on("parked")
    row = kept.transfers()["parked"]
    assert (row["outcome"], row["write_back_round_no"], row["write_back_state"]) == ("stored", 2, "written")
    kept.carry_on(*OPEN)
    assert kept.objects() == {name: 2 for name in CHATS if name != "cancelled"}


@pytest.mark.parametrize("system", ["postgresql"], indirect=True)
def test_workers_of_both_releases_share_the_work(kept: Kept, before: Kept) -> None:
    kept.run("migrate")
    # Each of the two has neighbours of its own in memory: a file that both posted would be there twice.
    kept.take(kept.carrying(*OPEN), before.carrying(*OPEN))
    assert {row["state"] for name, row in kept.transfers().items() if name in OPEN} == {"settled"}
    assert kept.objects() == dict.fromkeys((*OPEN, "stored"), 2)
    assert max(kept.results().values()) == 1


def readiness(kept: Kept) -> dict[str, Any]:
    """What ``/readyz`` of an API process says once it answers."""
    port = free_port()
    process = kept.program("serve", PORT=str(port))
    try:
        return asked(f"http://127.0.0.1:{port}/readyz")
    finally:
        process.terminate()
        process.communicate(timeout=60)


def asked(url: str) -> dict[str, Any]:
    ends_s = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as exc:
            return dict(json.load(exc))
        except OSError:
            if time.monotonic() > ends_s:
                raise
            time.sleep(0.1)
