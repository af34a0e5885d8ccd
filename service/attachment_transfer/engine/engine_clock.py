"""The time that DBOS goes by: when a delayed round comes due must be one and the same for every worker.

DBOS asks ``time.time`` of its own machine, on both sides: whoever delays a round and whoever finds it due. This module
stands in for ``time`` in the two modules concerned. Should a later release ask elsewhere, it goes by each machine's
clock as it always did; a contract test would tell.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from dbos import _enqueue_options, _sys_db


class _Time:
    """The module ``time``, except for what time it is."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.time = now_s

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def use_clock(now_s: Callable[[], float]) -> None:
    """From now on, in this process, the engine's time is ``now_s`` (epoch seconds)."""
    for module in (_sys_db, _enqueue_options):
        module.time = _Time(now_s)  # type: ignore[attr-defined]
