"""The recorder for tests that call mocks in their own process: no stack, no sockets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from attachment_contract.traffic import TrafficCheck
from attachment_contract.traffic.exchange import exchange_from_capture
from mock_kit.journal.recorder import RecorderLog, record_exchanges


@contextmanager
def checked_traffic(test: str, *, strangers: bool = True) -> Iterator[TrafficCheck]:
    """Check every exchange of every mock in this process, or started by ``running_mock``, while the block lasts.

    Raises AssertionError at the block's end that lists what broke the contract.

    Args:
        test: names the block.
        strangers: whether a mock may be called with requests that no hop describes, as long as it refuses them.
    """
    check = TrafficCheck(allow_unknown=strangers)
    _flush_processes()  # exchanges of an earlier block belong to no test
    with record_exchanges() as log:
        yield check
        _flush_processes()
    judge(check, log)
    broken = check.report(test)
    assert not broken, broken


def _flush_processes() -> None:
    testing = sys.modules.get("mock_kit.testing")  # not imported: without it no process was started
    for process in testing.RUNNING if testing else ():
        if process.process.poll() is None:
            process.record()


def judge(check: TrafficCheck, log: RecorderLog) -> None:
    """Check everything in a log, and report what it had to drop."""
    for captured in log.list():
        check.check(exchange_from_capture(captured.to_dict()))
    if log.dropped:
        check.note(f"{log.dropped} exchanges did not fit into the recorder's memory; they were not checked")
