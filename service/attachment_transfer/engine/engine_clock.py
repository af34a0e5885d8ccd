"""The clock that DBOS uses: every worker must agree on when a delayed round is due.

DBOS calls its own machine's ``time.time``, both to delay a round and to find rounds that are due. This module replaces
``time`` in the two modules concerned. If a later release reads the time elsewhere, it uses each machine's clock as
before, and a contract test fails.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from dbos import _enqueue_options, _sys_db


class _Time:
    """The module ``time`` with another :func:`time.time`."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.time = now_s

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def use_clock(now_s: Callable[[], float]) -> None:
    """Let the engine of this process use ``now_s`` (epoch seconds) from now on."""
    for module in (_sys_db, _enqueue_options):
        module.time = _Time(now_s)  # type: ignore[attr-defined]
