"""``python -m attachment_lab.console --host H --port N``: the console as a process of the stack."""

from __future__ import annotations

import os
from pathlib import Path

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from attachment_lab.stack.commands import CONSOLE_VARIABLE

#: Each open page holds one thread for its stream of events.
THREADS = 96


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, required=True)
def main(host: str, port: int) -> None:
    """Serve until SIGTERM. Settings: the variable that the lab sets, or the file that ``…_FILE`` names."""
    settings_file = os.environ.pop(f"{CONSOLE_VARIABLE}_FILE", None)
    if settings_file:
        os.environ[CONSOLE_VARIABLE] = Path(settings_file).read_text(encoding="utf-8")
    Granian(
        "attachment_lab.console.app:create_app",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=3,
    ).serve()


if __name__ == "__main__":
    main()
