"""What an archive includes: the images of a compose file, and its own files beside it; and what it must not include.

Not included: traces of the network in which an image was built, and secrets. A build argument is written into the
history of every later layer, so a company's certificates or a mirror's password would reach everyone who gets the
image. A second build stage avoids that.
Evidence: observed with the classic builder of engine 20.10 (`docker history --no-trunc`).
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from attachment_lab.bundle.engine import Image
from attachment_lab.containers.engine import ContainersFailed, compose_command
from attachment_lab.errors import LabFailed, WrongUse

PROFILES_VARIABLE = "COMPOSE_PROFILES"


@dataclass(frozen=True, kw_only=True)
class BundleContents:
    """What the archive of one compose file includes.

    Attributes:
        root: the compose file's folder; every path below is inside it.
        images: names, sorted, each once.
        files: relative paths, sorted: the compose file, ``.env``, what containers mount, extra files.
        profiles: the compose profiles that were chosen.
    """

    root: Path
    images: tuple[str, ...]
    files: tuple[Path, ...]
    profiles: tuple[str, ...]


def read_contents(compose_file: Path, *, profiles: Iterable[str] = (), extra: Iterable[Path] = ()) -> BundleContents:
    """Let compose interpret the file; variables and ``.env`` apply as they do on ``up``.

    Args:
        profiles: none = what COMPOSE_PROFILES says, in the environment or in ``.env``.
        extra: more files to include, inside the compose file's folder.

    Raises WrongUse for a file that is missing or cannot be included, ContainersFailed where compose refuses the file,
    NoEngine where compose is not installed.
    """
    if not compose_file.is_file():
        raise WrongUse(f"--compose-file {compose_file}: there is no such file. Remedy: name the stack's compose file")
    root = compose_file.resolve().parent
    chosen = tuple(profiles) or _profiles_of(root, os.environ)
    services = _services(compose_file, chosen)
    files = {Path(compose_file.name)}
    if (root / ".env").is_file():
        files.add(Path(".env"))
    for path in [*_mounted(services.values()), *extra]:
        files.update(_inside(root, path))
    images = {_image(name, service) for name, service in services.items()}
    return BundleContents(root=root, images=tuple(sorted(images)), files=tuple(sorted(files)), profiles=chosen)


def _services(compose_file: Path, profiles: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    command = [*compose_command(), "--project-directory", str(compose_file.resolve().parent), "-f", str(compose_file)]
    environment = os.environ | {PROFILES_VARIABLE: ",".join(profiles)}
    done = subprocess.run([*command, "config"], capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise ContainersFailed(f"{compose_file}: compose refuses it: {done.stderr.strip()}")
    services: dict[str, dict[str, Any]] = yaml.safe_load(done.stdout)["services"]
    # Version 1 prints every service, version 2 only those of the chosen profiles.
    chosen = {name: each for name, each in services.items() if _runs(each, profiles)}
    if not chosen:
        raise WrongUse(f"--profile {','.join(profiles) or '(none)'}: no service of {compose_file} is in it")
    return chosen


def _runs(service: Mapping[str, Any], profiles: tuple[str, ...]) -> bool:
    wanted = service.get("profiles") or []
    return not wanted or bool(set(wanted) & set(profiles))


def _image(name: str, service: Mapping[str, Any]) -> str:
    image = service.get("image")
    if not image:
        raise WrongUse(f"service {name}: it has no image name, so it cannot be included. Remedy: give it `image:`")
    return str(image)


def _profiles_of(root: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    text = environment.get(PROFILES_VARIABLE)
    if text is None and (root / ".env").is_file():
        for line in (root / ".env").read_text(encoding="utf-8").splitlines():
            name, found, value = line.partition("=")
            if found and name.strip() == PROFILES_VARIABLE:
                text = value.strip()
    return tuple(each.strip() for each in (text or "").split(",") if each.strip())


def _mounted(services: Iterable[Mapping[str, Any]]) -> Iterator[Path]:
    """Folders and files of this machine that a container sees, from the short form and the long."""
    for service in services:
        for volume in service.get("volumes") or []:
            source = volume.get("source", "") if isinstance(volume, dict) else str(volume).partition(":")[0]
            kind = volume.get("type", "volume") if isinstance(volume, dict) else "bind"
            if kind == "bind" and source.startswith(("/", ".", "~")):
                yield Path(source)


def _inside(root: Path, path: Path) -> Iterator[Path]:
    """Every file at or below ``path``, relative to ``root``."""
    full = (root / path).resolve()
    if not full.is_relative_to(root):
        raise WrongUse(
            f"{path}: it is outside {root}, so it cannot be included. Remedy: move it beside the compose file"
        )
    if not full.exists():
        raise WrongUse(f"{path}: there is no such file. Remedy: create it, or remove it from the compose file")
    if full.is_file():
        yield full.relative_to(root)
        return
    yield from (each.relative_to(root) for each in sorted(full.rglob("*")) if each.is_file())


_MARKS = {
    "a certificate": re.compile(r"-----BEGIN (TRUSTED )?CERTIFICATE-----"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an address with a password": re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@'\"]+:[^\s/@'\"]+@"),
    "a setting of the build's network": re.compile(
        r"(?i)\b(pip_index_url|pip_extra_index_url|extra_ca|debian_mirror|https?_proxy|no_proxy)=['\"]?[^\s'\"]"
    ),
}
REMEDY = "use the build argument in an earlier stage and copy only its results (COPY --from)"


class BuildTraceFound(LabFailed):
    """An image has traces of the network in which it was built."""


def build_traces(image: Image) -> Iterator[str]:
    """One sentence for each trace in history, environment and labels, without the trace itself."""
    places = {
        "history": image.commands,
        "environment": image.environment,
        "labels": tuple(f"{name}={value}" for name, value in image.labels.items()),
    }
    for place, texts in places.items():
        for what, mark in _MARKS.items():
            if any(mark.search(text) for text in texts):
                yield f"image {image.name}: its {place} holds {what}"


def refuse_build_traces(images: tuple[Image, ...]) -> None:
    """Raise BuildTraceFound that names every such image and the remedy."""
    finds = [find for image in images for find in build_traces(image)]
    if finds:
        raise BuildTraceFound("; ".join(finds) + f". Remedy: {REMEDY}")
