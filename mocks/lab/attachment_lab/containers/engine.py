"""The Docker engine of this machine: whether it answers, and what killed tests left behind.

Everything that these fixtures create is named after the process that created it, so that a later process can remove
what belongs to a process that has ended. Testcontainers' own reaper does the same, but an offline machine cannot pull
its image, so it is switched off.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from attachment_lab.errors import LabFailed

PREFIX = "attachment-test"
OWNER_LABEL = "attachment-lab.owner"
PROJECT_LABEL = "com.docker.compose.project"
#: An owner on another machine or in another container cannot be checked: its things are removed when they are older.
FOREIGN_LIFETIME = datetime.timedelta(hours=24)
_TIMEOUT_S = 60


class NoEngine(LabFailed):
    """No Docker engine answers, or it lacks an image; the message says what to do. Fixtures skip."""


class ContainersFailed(LabFailed):
    """The engine answers, but a command failed; the message has the end of its output. Fixtures fail."""


def docker(*arguments: str, check: bool = True, timeout_s: float = 600.0) -> str:
    """Run the docker command; returns its output. Raises ContainersFailed with the end of its error output."""
    try:
        done = subprocess.run(
            ["docker", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )
    except OSError as exc:
        raise NoEngine(f"docker {arguments[0]}: {exc}; remedy: install docker.io and start dockerd") from exc
    except subprocess.TimeoutExpired as exc:
        raise ContainersFailed(f"docker {' '.join(arguments[:2])}: no answer within {timeout_s:g} s") from exc
    if check and done.returncode:
        raise ContainersFailed(f"docker {' '.join(arguments[:2])}: {done.stderr.strip()[-1500:]}")
    return done.stdout


def log_tail(container: str, lines: int) -> str:
    """The end of a container's output, of both streams; empty if there is no such container."""
    command = ["docker", "logs", "--tail", str(lines), container]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def require_images(*images: str) -> None:
    """Raise NoEngine unless an engine answers and has these images."""
    try:
        docker("version", "--format", "{{.Server.Version}}", timeout_s=_TIMEOUT_S)
    except ContainersFailed as exc:
        raise NoEngine(f"no Docker engine answers ({exc}); remedy: start dockerd, or set DOCKER_HOST") from exc
    for image in images:
        try:
            docker("image", "inspect", "--format", "{{.Id}}", image)
        except ContainersFailed:
            raise NoEngine(f"there is no image {image}; remedy: deploy/images/build.sh") from None


def owner(pid: int | None = None) -> str:
    """The owner of what a process creates: ``<host>-<pid>-<start time in hundredths of a second>``.

    A pid alone may be reused later, and is ambiguous across machines and containers.
    """
    pid = os.getpid() if pid is None else pid
    return f"{_host()}-{pid}-{_started(pid)}"


def unique_name(kind: str) -> str:
    """A unique name with its owner in it: ``attachment-test-stack-1a2b3c4d-123-456-9f2c``."""
    return f"{PREFIX}-{kind}-{owner()}-{secrets.token_hex(2)}"


@cache
def sweep_once() -> None:
    """``sweep``, once per process."""
    sweep()


def sweep() -> list[str]:
    """Remove what belongs to processes that have ended; returns what was removed, containers first."""
    removed = []
    for kind, listing, removal in (
        ("container", ["ps", "-aq"], ["rm", "-f", "-v"]),
        ("network", ["network", "ls", "-q"], ["network", "rm"]),
        ("volume", ["volume", "ls", "-q"], ["volume", "rm", "-f"]),
        ("image", ["image", "ls", "-q", "--no-trunc"], ["image", "rm", "-f"]),
    ):
        for found, made_by, made_at in _ours(kind, listing):
            if _is_gone(made_by, made_at):
                docker(*removal, found, check=False)
                removed.append(f"{kind} {found}")
    return removed


def _ours(kind: str, listing: list[str]) -> Iterator[tuple[str, str, datetime.datetime]]:
    """(id, owner, time) of everything that fixtures created: by our own label, or by the name of a compose project."""
    for key in (OWNER_LABEL, PROJECT_LABEL):
        ids = docker(*listing, "--filter", f"label={key}", check=False).split()
        # One that has been removed in the meantime is not printed.
        inspected: list[dict[str, Any]] = json.loads(docker(kind, "inspect", *ids, check=False) or "[]") if ids else []
        for each in inspected:
            value = ((each.get("Config") or each).get("Labels") or {}).get(key, "")
            made_by = value if key == OWNER_LABEL else _owner_of_project(value)
            if made_by:
                moment = datetime.datetime.fromisoformat(each.get("Created") or each["CreatedAt"])
                yield each.get("Id") or each["Name"], made_by, moment


def _owner_of_project(project: str) -> str:
    parts = project.removeprefix(f"{PREFIX}-").split("-")
    return "-".join(parts[1:4]) if project.startswith(f"{PREFIX}-") and len(parts) == 5 else ""


def _is_gone(made_by: str, made_at: datetime.datetime) -> bool:
    host, _, process = made_by.partition("-")
    pid = process.partition("-")[0]
    if host == _host() and pid.isdigit():
        return owner(int(pid)) != made_by
    return datetime.datetime.now(datetime.UTC) - made_at > FOREIGN_LIFETIME


@cache
def _host() -> str:
    """Eight hex digits for this boot of this machine and this namespace of process ids."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    text = boot.read_text(encoding="utf-8") if boot.exists() else ""
    namespace = Path("/proc/self/ns/pid")
    text += str(namespace.stat().st_ino) if namespace.exists() else os.uname().nodename
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _started(pid: int) -> str:
    try:
        return f"{psutil.Process(pid).create_time() * 100:.0f}"
    except psutil.NoSuchProcess:
        return "gone"


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
