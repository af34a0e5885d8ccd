"""kill -9 at random points, over and over: nothing lost, nothing doubled, nothing stuck. Figures are printed.

A short version runs with every `make test`; `make faults` runs it long (CRASH_KILLS=20).
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator

import pytest
from instrument.workers import Workers, distributed, embedded

from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import LabTenant

KILLS = int(os.environ.get("CRASH_KILLS", "4"))
CHATS = max(8, 2 * KILLS)
FILES_PER_CHAT = 3
#: C4C commits one second after the upload has ended: slower than the restart of a worker.
SLOW_COMMIT = TenantOptions(dialects={"c4c": {"commit_delay_s": 1.0}})

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(1500)]


def pause(seconds: float) -> None:
    """Let the stack work for a moment, so that the next kill hits it elsewhere."""
    threading.Event().wait(seconds)


def play(tenant: LabTenant, number: int) -> None:
    files = [
        (f"chat-{number}-file-{index}.txt", f"{number}/{index} ".encode() * 2000) for index in range(FILES_PER_CHAT)
    ]
    tenant.chat(files=files).end()


@pytest.mark.parametrize(
    "mode", [pytest.param(embedded, id="sqlite", marks=pytest.mark.long), pytest.param(distributed, id="postgresql")]
)
def test_workers_killed_at_random_lose_double_and_strand_nothing(
    mode: Callable[[], Iterator[Workers]], capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(20261122)
    with mode() as workers, workers.lab.tenant(SLOW_COMMIT) as tenant:  # type: ignore[attr-defined]
        for number in range(CHATS):
            play(tenant, number)
        while workers.killed < KILLS:
            pause(chance.uniform(0.3, 2.0))
            workers.kill_one(chance)
        transfers = tenant.wait_until_settled(timeout_s=900)
        verdict = tenant.verdict()
        stored = tenant.stored()
    attempts = sum(attachment.attempts for transfer in transfers for attachment in transfer.attachments)
    files = CHATS * FILES_PER_CHAT
    with capsys.disabled():
        print(
            f"\n{mode.__name__}: {workers.killed} x kill -9, {len(transfers)} transfers, {files} files, "
            f"{len(stored)} stored, {attempts - files} begun again, {len(verdict.violations)} violations"
        )
    assert verdict.ok, [str(violation) for violation in verdict.violations]
    assert [transfer.outcome for transfer in transfers] == ["stored"] * CHATS
    assert len({(item.name, item.sha256) for item in stored}) == len(stored) == files
