"""The Docker engine of this machine: is it there, and what did a test that died leave behind?

Everything that these fixtures make is named after the process that made it (its id and start time), so whoever comes
next can tell what nobody will remove any more. That is what Testcontainers' own reaper does where its image can be
pulled; here it is off, because an offline machine has no such image.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PREFIX = "attachment-test"
OWNER_LABEL = "attachment-lab.owner"
_TIMEOUT_S = 60


class NoEngine(Exception):
    """No Docker engine answers, or it lacks an image; the message says what to do."""


def docker(*arguments: str, check: bool = True, timeout_s: float = 600.0) -> str:
    """Run the docker command; returns what it prints. Raises NoEngine with its last words if it fails."""
    try:
        done = subprocess.run(
            ["docker", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise NoEngine(f"docker {arguments[0]}: {exc}; remedy: install docker.io and start dockerd") from exc
    if check and done.returncode:
        raise NoEngine(f"docker {' '.join(arguments[:2])}: {done.stderr.strip()[-1500:]}")
    return done.stdout


def require_images(*images: str) -> None:
    """Raise NoEngine unless an engine answers and has these images."""
    docker("version", "--format", "{{.Server.Version}}", timeout_s=_TIMEOUT_S)
    for image in images:
        try:
            docker("image", "inspect", "--format", "{{.Id}}", image)
        except NoEngine:
            raise NoEngine(f"there is no image {image}; remedy: deploy/images/build.sh") from None


def owner(pid: int | None = None) -> str:
    """Who makes things now: ``<pid>-<start time in clock ticks>``; a pid alone may be given to a stranger later."""
    pid = os.getpid() if pid is None else pid
    return f"{pid}-{_started_ticks(pid)}"


def unique_name(kind: str) -> str:
    """A name that tells its owner and collides with nobody's: ``attachment-test-stack-123-456-9f2c``."""
    return f"{PREFIX}-{kind}-{owner()}-{secrets.token_hex(2)}"


def sweep() -> list[str]:
    """Remove what belongs to owners who are gone; returns what was removed, containers first."""
    removed = []
    for kind, listing, removal in (
        ("container", ["ps", "-aq", "--filter"], ["rm", "-f", "-v"]),
        ("network", ["network", "ls", "-q", "--filter"], ["network", "rm"]),
        ("volume", ["volume", "ls", "-q", "--filter"], ["volume", "rm", "-f"]),
    ):
        for found, name in _ours(kind, listing):
            if not _is_alive(name):
                docker(*removal, found, check=False)
                removed.append(f"{kind} {found}")
    return removed


def _ours(kind: str, listing: list[str]) -> Iterator[tuple[str, str]]:
    """(id, owner) of everything that fixtures made: our own label, or a compose project of our naming."""
    label = "{{index .Config.Labels" if kind == "container" else "{{index .Labels"
    for key in (OWNER_LABEL, "com.docker.compose.project"):
        for found in docker(*listing, f"label={key}", check=False).split():
            inspected = docker(kind, "inspect", "--format", f'{label} "{key}"}}}}', found, check=False).strip()
            value = inspected if key == OWNER_LABEL else _owner_of_project(inspected)
            if value:
                yield found, value


def _owner_of_project(project: str) -> str:
    parts = project.removeprefix(f"{PREFIX}-").split("-")
    return f"{parts[1]}-{parts[2]}" if project.startswith(f"{PREFIX}-") and len(parts) == 4 else ""


def _is_alive(name: str) -> bool:
    pid = name.partition("-")[0]
    return pid.isdigit() and owner(int(pid)) == name


def _started_ticks(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "gone"
    return stat.rpartition(")")[2].split()[19]


@cache
def compose_command() -> tuple[str, ...]:
    """``docker compose`` (2) or ``docker-compose`` (1.29). Raises NoEngine."""
    for command in (("docker", "compose"), ("docker-compose",)):
        try:
            done = subprocess.run([*command, "version"], capture_output=True, check=False, timeout=_TIMEOUT_S)
        except OSError:
            continue
        if done.returncode == 0:
            return command
    raise NoEngine("there is no docker compose; remedy: apt-get install docker-compose")
