"""The Docker engine's images, and saving them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from attachment_lab.containers.engine import ContainersFailed, docker, require_images

CHUNK_BYTES = 1 << 20


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
    """Inspect an image. Raises NoEngine with a remedy when no engine answers, or it has none of that name."""
    require_images(name)
    found: dict[str, Any] = json.loads(docker("image", "inspect", name))[0]
    lines = docker("history", "--no-trunc", "--format", "{{json .CreatedBy}}", name).splitlines()
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
    """The images as one tar stream. Leaving the block early ends ``docker save``; its failure is ContainersFailed."""
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
        raise ContainersFailed(f"docker save {' '.join(names)}: {complaint}")
