"""A mock that runs as a process of its own, for tests."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mock_kit.journal.recorder import active_logs, captured_from_json

_START_S = 20.0
_STOP_S = 10.0


def free_port() -> int:
    """A free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(eq=False)
class MockProcess:
    """A mock that runs as a process of its own.

    Attributes:
        url: base URL of the mock; ``fault_proxy_url``: the same through the fault proxy.
    """

    process: subprocess.Popen[bytes]
    url: str
    fault_proxy_url: str
    _last_ids: dict[str, int] = field(default_factory=dict)

    def stop(self) -> tuple[int, str]:
        """SIGTERM; returns the exit code and everything the process wrote."""
        self.record()
        self.process.terminate()
        return self.outcome()

    def record(self) -> None:
        """Add what was exchanged since the last call to the logs of this process (``record_exchanges``)."""
        with contextlib.suppress(OSError):  # a process that a test has killed takes its log along
            tenants = self._get("tenants")["tenants"]
            for path in ("recorder/strays", *(f"recorder?tenant={quote(tenant['name'])}" for tenant in tenants)):
                self._record(path)

    def _record(self, path: str) -> None:
        sign = "&" if "?" in path else "?"
        while (page := self._get(f"{path}{sign}since={self._last_ids.get(path, 0)}"))["exchanges"]:
            self._last_ids[path] = page["last_id"]
            for log in active_logs():
                for document in page["exchanges"]:
                    log.begin()
                    log.add(captured_from_json(document))

    def _get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/_mock/{path}", timeout=30) as response:  # noqa: S310 - our own
            return dict(json.load(response))

    def outcome(self) -> tuple[int, str]:
        """Wait for the end; the exit code and everything the process wrote."""
        output, _ = self.process.communicate(timeout=_STOP_S)
        return self.process.returncode, output.decode(errors="replace")


@contextlib.contextmanager
def running_mock(
    module: str, data_dir: Path | None, *arguments: str, python_path: Sequence[Path] = (), recorder: bool = True
) -> Iterator[MockProcess]:
    """``python -m module`` on free ports, ready when this yields; stopped at the end if it still runs.

    ``data_dir`` None starts it without ``--data``. ``recorder``: what it exchanges goes to the logs of this process.
    """
    options = [*([] if data_dir is None else ["--data", str(data_dir)]), *arguments, *["--recorder"] * recorder]
    mock = _start(module, options, python_path)
    try:
        _wait_until_ready(mock)
        if recorder:
            RUNNING.append(mock)
        yield mock
        if mock in RUNNING and mock.process.poll() is None:
            mock.record()
    finally:
        if mock in RUNNING:
            RUNNING.remove(mock)
        _end(mock.process)


def _start(module: str, options: Sequence[str], python_path: Sequence[Path]) -> MockProcess:
    port, fault_proxy_port = free_port(), free_port()
    command = [sys.executable, "-m", module, "--port", str(port), "--fault-proxy-port", str(fault_proxy_port)]
    path = os.pathsep.join([*map(str, python_path), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": path},
    )
    return MockProcess(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{fault_proxy_port}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_S)
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _wait_until_ready(mock: MockProcess) -> None:
    """Poll the port until health answers. RuntimeError with the output if the process ends or is too slow."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and mock.process.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{mock.url}/_mock/health", timeout=5) as response,  # noqa: S310 - our own
        ):
            if response.status == 200:
                return
        time.sleep(0.02)
    mock.process.kill()
    raise RuntimeError(f"the mock did not start: {mock.outcome()[1]}")


#: Processes whose exchanges are recorded, see ``MockProcess.record``.
RUNNING: list[MockProcess] = []
