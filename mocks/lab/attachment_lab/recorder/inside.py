"""The recorder for tests that talk to mocks in their own process: no stack, no sockets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from attachment_contract.traffic import TrafficCheck
from attachment_contract.traffic.exchange import exchange_from_capture
from mock_kit.journal.recorder import RecorderLog, record_exchanges


@contextmanager
def heard(test: str, *, strangers: bool = True) -> Iterator[TrafficCheck]:
    """Judge every exchange of every mock in this process, or started by ``running_mock``, while the block lasts.

    Raises AssertionError at the block's end that lists what was against the contract. ``test`` names the block;
    ``strangers``: whether a mock may be asked for what no hop knows, as long as it refuses.
    """
    hearing = TrafficCheck(allow_unknown=strangers)
    _hear_processes()  # what is left of an earlier block is nobody's
    with record_exchanges() as log:
        yield hearing
        _hear_processes()
    judge(hearing, log)
    told = hearing.report(test)
    assert not told, told


def _hear_processes() -> None:
    testing = sys.modules.get("mock_kit.testing")  # not imported: without it nobody has started a process
    for process in testing.RUNNING if testing else ():
        if process.process.poll() is None:
            process.record()


def judge(hearing: TrafficCheck, log: RecorderLog) -> None:
    """Take in everything that a log holds, and complain of what it had to drop."""
    for captured in log.list():
        hearing.check(exchange_from_capture(captured.to_dict()))
    if log.dropped:
        hearing.note(f"{log.dropped} exchanges did not fit into the recorder's memory; they were not judged")
