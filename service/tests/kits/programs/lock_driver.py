"""A process that holds the worker's lock. Prints a line for each thing that happens.

lock_driver.py hold LOCK     take it, then wait for the end of stdin
lock_driver.py drain LOCK    take it with a round that never ends, and end what is left
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from attachment_transfer.runtime import logs
from attachment_transfer.worker.process import WorkerLock, end_what_is_left


def say(text: str) -> None:
    print(text, flush=True)


def main(what: str, lock: Path) -> None:
    logs.configure("json")
    with WorkerLock(lock, wait=False):
        say("held")
        if what == "hold":
            sys.stdin.read()
            return
        for_ever = threading.Event()
        threading.Thread(target=for_ever.wait, name="a round that still posts").start()
        end_what_is_left(patience_s=0.05)
        say("the lock outlived its process's work")
    say("released")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
