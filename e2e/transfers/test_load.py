"""Many chats on two workers: the invariants hold. `make faults` plays 500 chats of five files (LOAD_CHATS=500)."""

from __future__ import annotations

import os
import time

import pytest
from instrument.workers import distributed

from attachment_lab.tenant.opening import TenantOptions

CHATS = int(os.environ.get("LOAD_CHATS", "12"))
FILES_PER_CHAT = 5

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(3000)]


def test_many_chats_on_two_workers_keep_the_invariants(capsys: pytest.CaptureFixture[str]) -> None:
    with distributed() as workers, workers.lab.tenant(TenantOptions()) as tenant:
        began = time.monotonic()
        for number in range(CHATS):
            names = [f"chat-{number}-file-{index}.txt" for index in range(FILES_PER_CHAT)]
            tenant.chat(files=[(name, name.encode() * 500) for name in names]).end()
        transfers = tenant.wait_until_settled(timeout_s=2400)
        took_s = time.monotonic() - began
        verdict = tenant.verdict()
        stored = len(tenant.stored())
    with capsys.disabled():
        print(
            f"\n{CHATS} chats, {stored} files stored in {took_s:.0f} s on two workers, "
            f"{len(verdict.violations)} violations"
        )
    assert verdict.ok, [str(violation) for violation in verdict.violations]
    assert stored == CHATS * FILES_PER_CHAT
    assert {transfer.outcome for transfer in transfers} == {"stored"}
