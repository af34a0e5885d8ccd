"""A PostgreSQL server for tests: Debian's package, a temporary folder, loopback; it ends with its block."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NoPostgres(Exception):
    """PostgreSQL's programs are not on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL is not installed; remedy: apt-get install postgresql (Debian), "
            "or set PATH so that initdb is found"
        )


def binaries() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, if there is one."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A running server. ``crash`` stops it hard, ``start`` brings it back with the same data."""

    def __init__(self, folder: Path, bin_folder: Path, settings: str) -> None:
        self._data = folder / "data"
        self._bin = bin_folder
        self._log = folder / "log"
        self.port = _free_port()
        self._folder = folder
        self._settings = settings
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "transfer", "--no-sync")
        self.start()

    def database(self, name: str) -> str:
        """Create a database; return its URL."""
        subprocess.run(
            [self._bin / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "transfer", name],
            check=True,
            capture_output=True,
        )
        return f"postgresql://transfer@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder} {self._settings}"
        self._run("pg_ctl", "-D", self._data, "-o", options, "-l", self._log, "-w", "start")

    def crash(self) -> None:
        """Stop at once, as a crash does."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")

    def end(self) -> None:
        """Stop it if it runs."""
        if (self._data / "postmaster.pid").exists():
            self.crash()

    def _run(self, program: str, *arguments: str | Path) -> None:
        # PostgreSQL refuses to run as root.
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*prefix, str(self._bin / program), *(str(argument) for argument in arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def running_server(settings: str = "-c fsync=off") -> Iterator[Server]:
    """A server in a temporary folder, started with these settings of ``postgres``. Raises :class:`NoPostgres`."""
    found = binaries()
    if found is None:
        raise NoPostgres
    with tempfile.TemporaryDirectory(prefix="attachment-lab-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = Server(folder, found, settings)
        try:
            yield server
        finally:
            server.end()
