"""A worker in a process of its own, over a kept database and the neighbours that it had.

    carry_on.py NEIGHBOURS.json TRANSFER_ID…

The program is the real one, from ``run_worker`` down; only its transport answers from memory. It runs until each of the
transfers is at an end, prints what the neighbours have stored, and drains. It runs this tree's program, and the one of
the release before, whichever Python's path names first.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx
import sqlalchemy as sa
from kept_kit import Neighbours

from attachment_transfer.core.states import TERMINAL_TRANSFER
from attachment_transfer.ledger import views
from attachment_transfer.ledger.database import open_database

if TYPE_CHECKING or find_spec("attachment_transfer.runtime"):
    from attachment_transfer.runtime import round_wiring
    from attachment_transfer.runtime.common import observe
    from attachment_transfer.runtime.settings import Settings
    from attachment_transfer.runtime.worker_process import run_worker
else:  # the first release: one module wired everything
    from attachment_transfer.bootstrap import observe, run_worker
    from attachment_transfer.settings import Settings

    from attachment_transfer import bootstrap as round_wiring

WAIT_S = 100.0


def at_an_end(engine: sa.Engine, transfer_ids: list[str]) -> bool:
    found = [views.find_transfer(engine, transfer_id, caller=None) for transfer_id in transfer_ids]
    return all(transfer is not None and transfer.state in TERMINAL_TRANSFER for transfer in found)


def main(stored: Path, transfer_ids: list[str]) -> None:
    settings = Settings.from_env(os.environ)
    observe(settings)
    neighbours = Neighbours()
    neighbours.put_back(json.loads(stored.read_text(encoding="utf-8")))
    stop, done = threading.Event(), threading.Event()

    def watch() -> None:
        engine, ends_s = open_database(settings.database_url), time.monotonic() + WAIT_S
        while not done.is_set() and time.monotonic() < ends_s:
            if at_an_end(engine, transfer_ids):
                done.set()
            time.sleep(0.1)
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    transport = httpx.MockTransport(neighbours.answer)
    with patch.object(round_wiring, "OutboundTransport", lambda *_, **__: transport):
        run_worker(settings, stop=stop, standby=False)
    print(json.dumps(neighbours.stored()))
    sys.stdout.flush()
    os._exit(0 if done.is_set() else 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
