"""The Docker engine, through its own command line: what it holds, and what it writes out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from attachment_lab.errors import LabFailed

CHUNK_BYTES = 1 << 20
NO_ENGINE = "start one (as root: dockerd), install docker.io, or let DOCKER_HOST name yours"


class EngineFailed(LabFailed):
    """The Docker engine did not answer, or would not do what was asked."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image that the engine holds.

    Attributes:
        name: repository and tag, as the compose file says it.
        image_id: ``sha256:…`` of its configuration; the same on every machine that loads it.
        platform: ``linux/amd64`` and the like.
        size_bytes: unpacked, layers that others share counted too.
        environment: ``NAME=value``, as containers get it.
        labels: name to value.
        commands: how each layer was made, newest first.
    """

    name: str
    image_id: str
    platform: str
    size_bytes: int
    environment: tuple[str, ...]
    labels: dict[str, str]
    commands: tuple[str, ...]


def look_up(name: str) -> Image:
    """What the engine knows of an image. Raises EngineFailed with a remedy when it has none of that name."""
    found: dict[str, Any] = json.loads(_docker("image", "inspect", name))[0]
    lines = _docker("history", "--no-trunc", "--format", "{{json .CreatedBy}}", name).splitlines()
    config = found.get("Config") or {}
    return Image(
        name=name,
        image_id=found["Id"],
        platform=f"{found['Os']}/{found['Architecture']}",
        size_bytes=found["Size"],
        environment=tuple(config.get("Env") or ()),
        labels=dict(config.get("Labels") or {}),
        commands=tuple(json.loads(line) for line in lines),
    )


@contextmanager
def saved(names: Sequence[str]) -> Iterator[IO[bytes]]:
    """The images as one tar stream. Leaving it early ends ``docker save``; its failure is EngineFailed."""
    with subprocess.Popen(["docker", "save", *names], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        complaint = process.stderr.read().decode(errors="replace").strip()
    if process.returncode != 0:
        raise EngineFailed(f"docker save {' '.join(names)}: {complaint}")


def _docker(*arguments: str) -> str:
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    except OSError as exc:
        raise EngineFailed(f"there is no docker command ({exc.strerror}). Remedy: {NO_ENGINE}") from exc
    if done.returncode == 0:
        return done.stdout
    complaint = done.stderr.strip() or f"exit {done.returncode}"
    if "No such image" in complaint:
        raise EngineFailed(f"image {arguments[-1]}: the engine has none of that name. Remedy: build the images first")
    if "Cannot connect" in complaint or "daemon" in complaint:
        raise EngineFailed(f"no Docker engine answers: {complaint}. Remedy: {NO_ENGINE}")
    raise EngineFailed(f"docker {' '.join(arguments[:2])}: {complaint}")
