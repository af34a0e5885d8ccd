"""What each round of a transfer leaves in the ledger, in the queue and at the neighbours: whole, round by round."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from ledger_kit import CONTACT
from metrics_kit import Scrape
from prometheus_client import generate_latest
from worker_kit import Stack, a_file

from attachment_transfer.ledger import views
from attachment_transfer.telemetry import metrics
from attachment_transfer.worker.neighbours import NeighbourClients

pytestmark = pytest.mark.off_contract(judge="requests", reason="some neighbours answer what no contract knows")

EXPECTED = Path(__file__).with_name("what_rounds_record.json")
_MOST_ROUNDS = 45
_COUNTED = {"attachments_kept_total", "kept_bytes_total", "upload_retries_total", "attachments_parked_total"}


def files(stack: Stack, count: int) -> None:
    stack.cmi.files = [a_file(number) for number in range(1, count + 1)]


def all_is_well(stack: Stack) -> None:
    files(stack, 2)


def no_files(stack: Stack) -> None:
    files(stack, 0)


def a_lock(stack: Stack) -> None:
    files(stack, 2)
    stack.c4c.plan("post", "lock")


def a_lost_answer(stack: Stack) -> None:
    files(stack, 2)
    stack.c4c.plan("post", "lost")


def an_upload_that_never_arrives(stack: Stack) -> None:
    files(stack, 1)
    stack.c4c.plan("post", "cut", times=100)


def patience_wanted(stack: Stack) -> None:
    files(stack, 3)
    stack.cmi.files[1].statuses, stack.cmi.files[1].retry_after = [429], "30"


def patience_wanted_by_the_listing(stack: Stack) -> None:
    files(stack, 1)
    stack.cmi.statuses = [429]


def a_wrong_c4c_password(stack: Stack) -> None:
    files(stack, 3)
    stack.c4c.password = "another"


def a_wrong_cmi_password(stack: Stack) -> None:
    files(stack, 1)
    stack.cmi.password = "another"


def a_right_is_missing_for_the_second_file(stack: Stack) -> None:
    files(stack, 3)
    stack.cmi.files[1].statuses = [403]


def an_unknown_contact(stack: Stack) -> None:
    stack.cmi.known = False


def no_activity(stack: Stack) -> None:
    files(stack, 1)
    stack.c4c.references = []


def two_activities(stack: Stack) -> None:
    files(stack, 1)
    stack.c4c.references.append((CONTACT, "00163EBBBB"))


def an_outage_of_c4c(stack: Stack) -> None:
    files(stack, 1)
    stack.c4c.plan("find", "unreachable", times=1000)


def an_outage_of_cmi_then_no_history(stack: Stack) -> None:
    files(stack, 1)
    stack.cmi.statuses = [500, 500, 404, 404, 500]


def a_file_that_is_gone(stack: Stack) -> None:
    files(stack, 2)
    stack.cmi.files[0].statuses = [404]


def files_that_fail_one_after_the_other(stack: Stack) -> None:
    files(stack, 5)
    for file in stack.cmi.files[:4]:
        file.statuses = [500]


def a_defect_in_one_file(stack: Stack) -> None:
    files(stack, 2)

    def broken(_request: httpx.Request) -> httpx.Response:
        raise RuntimeError("Word-of-C4C-1618")

    stack.c4c.instead["list"] = broken


def a_refused_file(stack: Stack) -> None:
    files(stack, 2)
    stack.c4c.refuses = {"photo-1.png": 400}


def another_document_than_a_chat(stack: Stack) -> None:
    stack.cmi.document = {"maintenance": True}


def an_event_meanwhile(stack: Stack) -> None:
    files(stack, 1)

    def once() -> None:
        stack.c4c.on_post = lambda: None
        stack.cmi.files.append(a_file(2))
        stack.event()

    stack.c4c.on_post = once


def cancelled_in_the_middle(stack: Stack) -> None:
    files(stack, 2)

    def cancel() -> None:
        views.cancel(stack.engine, stack.transfer().id, now_s=stack.clock.now_s())

    stack.c4c.on_post = cancel


SITUATIONS: dict[str, Callable[[Stack], None]] = {
    each.__name__.replace("_", " "): each
    for each in (
        all_is_well,
        no_files,
        a_lock,
        a_lost_answer,
        an_upload_that_never_arrives,
        patience_wanted,
        patience_wanted_by_the_listing,
        a_wrong_c4c_password,
        a_wrong_cmi_password,
        a_right_is_missing_for_the_second_file,
        an_unknown_contact,
        no_activity,
        two_activities,
        an_outage_of_c4c,
        an_outage_of_cmi_then_no_history,
        a_file_that_is_gone,
        files_that_fail_one_after_the_other,
        a_defect_in_one_file,
        a_refused_file,
        another_document_than_a_chat,
        an_event_meanwhile,
        cancelled_in_the_middle,
    )
}


def clients_opened(stack: Stack) -> list[weakref.ref[NeighbourClients]]:
    """Grows with each client that a round opens."""
    opened: list[weakref.ref[NeighbourClients]] = []
    usual = stack.client_factory.open

    def opening(*arguments: Any) -> NeighbourClients:
        clients = usual(*arguments)
        opened.append(weakref.ref(clients))
        return clients

    stack.client_factory.open = opening  # type: ignore[method-assign, assignment]
    return opened


def recorded(stack: Stack) -> dict[str, Any]:
    """Play to the end; one row per round, and what was counted over all."""
    before, opened = _counted(), clients_opened(stack)
    stack.event()
    rows: list[str] = []
    while stack.due and len(rows) < _MOST_ROUNDS:
        stack.clock.time_s = max(stack.clock.time_s, min(stack.due)[0])
        stack.run_one()
        rows.append(_row(stack))
        assert stack.carrier.rounds() == set()
        gc.collect()
        assert [client for client in opened if client() is not None] == []  # and with it the secrets in memory
    grown = {name: value - before.get(name, 0.0) for name, value in sorted(_counted().items())}
    return {
        "rounds": rows,
        "posts": stack.c4c.calls("post"),
        "at C4C": len(stack.c4c.kept),
        "counted": {name: value for name, value in grown.items() if value},
    }


def _counted() -> dict[str, float]:
    """Counters of attachments with their labels' values."""
    samples = Scrape(generate_latest(metrics.WORKER)).samples
    names = ((name.removeprefix("attachment_transfer_"), labels, value) for name, labels, value in samples)
    return {" ".join([name, *labels.values()]): value for name, labels, value in names if name in _COUNTED}


def _row(stack: Stack) -> str:
    transfer, now_s = stack.transfer(), stack.clock.now_s()
    parts = [str(transfer.state), str(transfer.outcome or "-"), _said(transfer.reason), f"tries {transfer.tries}"]
    parts += [f"next in {min(stack.due)[0] - now_s:.1f} s"] if stack.due else ["nothing due"]
    for item in stack.attachments():
        wait = f" not for {item.retry_at_s - now_s:.1f} s" if item.retry_at_s is not None else ""
        parts.append(f"[{item.state}, {_said(item.reason)}, tries {item.tries}{wait}]")
    return " · ".join(parts)


def _said(reason: Any) -> str:
    return f"{reason.code}: {reason.message}" if reason else "no reason"


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_is_recorded_is(situation: str, stack: Stack) -> None:
    SITUATIONS[situation](stack)
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    assert recorded(stack) == expected[situation]


def test_every_record_has_a_situation() -> None:
    assert json.loads(EXPECTED.read_text(encoding="utf-8")).keys() == SITUATIONS.keys()
