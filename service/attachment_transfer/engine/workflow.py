"""One round as a durable workflow: discover, carry each attachment, settle. Each is one step, safe to run twice."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, Protocol, TypeVar

import sqlalchemy as sa
from dbos import DBOS

_CONSECUTIVE_FAILURES_THAT_STOP_A_ROUND = 3

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Discovered(NamedTuple):
    """What a round begins with. Stored by DBOS as a JSON array: a replayed step returns a plain list.

    Attributes:
        go_on: False if the round has ended already.
        attachment_ids: of the open attachments, in the order in which they are carried.
    """

    go_on: bool
    attachment_ids: list[str]


class CarriedOne(NamedTuple):
    """How one attachment ended in this round. Stored by DBOS as a JSON array.

    Attributes:
        error: the reason code if it failed.
        stop_round: True if the other files would fail for the same reason.
    """

    error: str | None = None
    stop_round: bool = False


class RoundRunner(Protocol):
    """What the engine calls, one durable step each. Implemented by the worker."""

    def discover(self, transfer_id: str, round_no: int) -> Discovered:
        """Begin the round."""

    def carry_one(self, transfer_id: str, round_no: int, attachment_id: str) -> CarriedOne:
        """Carry one attachment."""

    def settle(self, transfer_id: str, round_no: int) -> None:
        """End the round."""

    def failed(self, transfer_id: str, round_no: int, error_type: str) -> None:
        """Record that a step raised."""


def round_workflow(
    runner: RoundRunner, running: Callable[[], AbstractContextManager[None]] = nullcontext
) -> Callable[[str, int], None]:
    def round_v1(transfer_id: str, round_no: int) -> None:
        with running():
            carried_through(transfer_id, round_no)

    def carried_through(transfer_id: str, round_no: int) -> None:
        def step(name: str, function: Callable[..., T], *arguments: Any) -> T:
            return DBOS.run_step({"name": name}, patiently(function), transfer_id, round_no, *arguments)

        try:
            go_on, attachment_ids = step("discover", runner.discover)
            if not go_on:
                return
            failures = 0
            for attachment_id in attachment_ids:
                error, stop = step("carry_one", runner.carry_one, attachment_id)
                failures = failures + 1 if error else 0
                if stop or failures >= _CONSECUTIVE_FAILURES_THAT_STOP_A_ROUND:
                    break
            step("settle", runner.settle)
        except Exception as exc:  # noqa: BLE001
            # Whatever the error is, the transfer must not stay "running": the ledger retries or parks it.
            _log.error("round %s:%s failed: %s", transfer_id, round_no, type(exc).__name__)
            step("failed", runner.failed, type(exc).__name__)

    return round_v1


def patiently(function: Callable[..., T], *, pause_s: Callable[[float], None] = time.sleep) -> Callable[..., T]:
    """Wrap a step so that it waits while the database does not answer: steps are safe to run twice."""

    def step(*arguments: Any) -> T:
        wait_s = 0.2
        while True:
            try:
                return function(*arguments)
            except (sa.exc.OperationalError, sa.exc.InterfaceError) as exc:
                _log.warning("the database does not answer (%s); trying again", type(exc.orig).__name__)
                pause_s(wait_s)
                wait_s = min(5.0, wait_s * 2)

    return step
