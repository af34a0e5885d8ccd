"""The Docker engine through its command line: its images, and saving them."""

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
    """The Docker engine did not answer, or refused the command."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image of the engine.

    Attributes:
        name: repository and tag, as in the compose file.
        image_id: ``sha256:…`` of its configuration; the same on every machine that loads it.
        platform: ``linux/amd64`` and the like.
        size_bytes: unpacked, shared layers included.
        environment: ``NAME=value`` of its containers.
        labels: name to value.
        commands: the command of each layer, newest first.
    """

    name: str
    image_id: str
    platform: str
    size_bytes: int
    environment: tuple[str, ...]
    labels: dict[str, str]
    commands: tuple[str, ...]


def inspect(name: str) -> Image:
    """Inspect an image. Raises EngineFailed with a remedy when the engine has none of that name."""
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
    """The images as one tar stream. Leaving the block early ends ``docker save``; its failure is EngineFailed."""
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
