"""A machine without network: a Docker engine with its own data in a network namespace where only loopback is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A Docker daemon without network. ``host`` is its DOCKER_HOST, ``pid`` the daemon's."""

    host: str
    pid: int

    def run(self, *command: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """A command that talks to this engine, in its network: there is nothing but loopback."""
        environment = os.environ | {"DOCKER_HOST": self.host} | more
        entered = ["nsenter", "--target", str(self.pid), "--net", *command]
        return subprocess.run(entered, capture_output=True, text=True, check=False, env=environment, cwd=cwd)


@contextmanager
def engine_without_network() -> Iterator[Engine]:
    """Ended by its own pid and removed with all it holds."""
    root = Path(tempfile.mkdtemp(prefix="bundle-engine-"))
    begin = "ip link set lo up && exec dockerd --data-root {0}/data --exec-root {0}/run --pidfile {0}/pid --host unix://{0}/s"
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "unshare", "--net", "sh", "-c", begin.format(root)],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    engine = Engine(host=f"unix://{root}/s", pid=process.pid)
    pause = threading.Event()
    try:
        for _ in range(240):
            if engine.run("docker", "version").returncode == 0:
                break
            assert process.poll() is None, (root / "log").read_text(errors="replace")[-3000:]
            pause.wait(0.25)
        else:
            pytest.fail((root / "log").read_text(errors="replace")[-3000:])
        yield engine
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(root, ignore_errors=True)


def skip_where_lacking(image: str) -> None:
    """Skip with one line where this machine cannot do it; fail with REQUIRE_DOCKER=1."""
    reason = _lacking(image)
    if reason and os.environ.get("REQUIRE_DOCKER") == "1":
        pytest.fail(reason, pytrace=False)
    if reason:
        pytest.skip(reason)


def _lacking(image: str) -> str | None:
    """Why these tests cannot run here, in one line."""
    for command in ("docker", "dockerd", "setpriv", "unshare", "nsenter", "ip"):
        if shutil.which(command) is None:
            return f"there is no {command} command"
    if os.geteuid() != 0:
        return "an engine without network needs root"
    if subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode:
        return f"no Docker engine answers, or it has no image {image}"
    if not shutil.which("docker-compose") and subprocess.run(["docker", "compose", "version"], check=False).returncode:
        return "there is no docker compose"
    return None
