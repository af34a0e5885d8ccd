"""Keep a street up for other commands, and set it back to its beginning when one of them asks.

Why the owner does it: ids are counted per world, so a mock set back alone would mint the guid of a chat
that the service has carried already. The service must forget as well, and only its owner can restart it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from attachment_lab import street_file
from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.minting import WorldNames
from attachment_lab.street import Street
from attachment_lab.street_file import RunningStreet
from attachment_lab.worlds import close_world, open_world

WATCH_S = 0.2
RESET_TIMEOUT_S = 90.0


class Keeper:
    """Owns a running street: announces it by the street file, watches it, sets it back on SIGUSR1.

    Args:
        prepare: run again after each reset, when the world is furnished anew.
    """

    def __init__(self, street: Street, world: WorldNames, prepare: Callable[[], None] | None = None) -> None:
        self._street = street
        self._world = world
        self._prepare = prepare
        self._asked = False
        self._path = street_file.default_path().absolute()
        self._running = RunningStreet(
            urls=street.urls,
            world=world,
            run_dir=street.run_dir,
            clock_file=street.clock_file,
            pid=os.getpid(),
        )

    def stay(self) -> None:
        """Until a signal ends it; a process that dies ends everything, with its log (StreetFailed)."""
        signal.signal(signal.SIGUSR1, self._ask)
        street_file.write(self._path, street_file.street_json(self._running))
        try:
            while True:
                self._street.check_alive()
                if self._asked:
                    self._reset()
                time.sleep(WATCH_S)
        finally:
            with suppress(OSError):
                self._path.unlink()

    def _ask(self, _number: int, _frame: object) -> None:
        self._asked = True

    def _reset(self) -> None:
        self._asked = False
        close_world(self._street.neighbours, self._world.name)
        self._street.restart_service_empty()
        open_world(self._street.neighbours, self._world, self._street.world_options())
        if self._prepare:
            self._prepare()
        self._running = replace(self._running, resets=self._running.resets + 1)
        street_file.write(self._path, street_file.street_json(self._running))


def ask_for_reset(path: Path) -> None:
    """Ask the owner of the street at ``path`` and wait until it has done it. Raises WrongUse, LabFailed."""
    before = street_file.read(path)
    if before.pid is None:
        raise WrongUse(f"{path} does not tell who owns the street; give its street file by --street")
    try:
        os.kill(before.pid, signal.SIGUSR1)
    except ProcessLookupError:
        raise WrongUse(f"the street of {path} is gone; start one with `attachment-lab up`") from None
    deadline = time.monotonic() + RESET_TIMEOUT_S
    while time.monotonic() < deadline:
        if street_file.read(path).resets > before.resets:
            return
        time.sleep(WATCH_S)
    raise LabFailed(f"no reset within {RESET_TIMEOUT_S:g} s; see the logs in {before.run_dir}")
