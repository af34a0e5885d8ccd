"""PostgreSQL is stopped hard, twice, while chats travel: everything that was accepted arrives in the end, once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import httpx
import pytest

from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.testing.lab import Lab
from attachment_lab.testing.postgres import NoPostgres, Server, running_server

CHATS = int(os.environ.get("OUTAGE_CHATS", "10"))
SHORT = {
    "ATTACHMENT_TRANSFER_UPLOAD_TIMEOUT_S": "3",
    "ATTACHMENT_TRANSFER_READ_TIMEOUT_S": "3",
    "ATTACHMENT_TRANSFER_LEASE_TTL_S": "2",
}

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(900)]


def test_a_database_that_goes_away_twice_costs_nothing() -> None:
    try:
        with running_server() as server:
            play_with_outages(server)
    except NoPostgres as exc:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(str(exc))


def until(condition: Callable[[], bool], what: str) -> None:
    """Poll a condition; it is the condition that decides."""
    pause = threading.Event()
    for _ in range(1200):
        if condition():
            return
        pause.wait(0.05)
    pytest.fail(f"never happened: {what}")


def play_with_outages(server: Server) -> None:
    environment = {**SHORT, "DATABASE_URL": server.database("transfer")}
    options = StackOptions(service_environment=environment)
    with open_stack(options) as stack, Lab(stack, is_own=True).tenant() as tenant:
        chats = [tenant.chat(files=[(f"chat-{n}-{i}.txt", b"x" * 50_000) for i in range(3)]) for n in range(CHATS)]
        tenant.fault(mock="c4c", kind="latency", path="*", times=None, delay_s=0.2)
        for chat in chats[: CHATS // 2]:
            chat.end()
        until(lambda: len(tenant.transfers()) == CHATS // 2, "the first half is accepted")
        for _ in range(2):
            server.crash()
            threading.Event().wait(1.5)  # the outage itself; longer than a lease's suspect phase
            server.start()
        until(lambda: httpx.get(f"{stack.urls['service']}/readyz", timeout=10).status_code == 200, "ready again")
        for chat in chats[CHATS // 2 :]:
            chat.end()
        transfers = tenant.wait_until_settled(timeout_s=600)
        assert [transfer.outcome for transfer in transfers] == ["stored"] * CHATS
        assert sorted((item.name, item.sha256) for item in tenant.stored()) == sorted(
            (file.name, file.sha256) for chat in chats for file in chat.files
        )
