"""What must not travel: traces of the network in which an image was built, and secrets.

A build argument is written into the history of every layer that is made after it, so a company's certificates or a
mirror's password reach whoever gets the image. A second build stage keeps them back.
Evidence: observed with the classic builder of engine 20.10 (`docker history --no-trunc`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attachment_lab.bundle.engine import Image
from attachment_lab.errors import LabFailed

_MARKS = {
    "a certificate": re.compile(r"-----BEGIN (TRUSTED )?CERTIFICATE-----"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an address with a password": re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@'\"]+:[^\s/@'\"]+@"),
    "a setting of the build's network": re.compile(
        r"(?i)\b(pip_index_url|pip_extra_index_url|extra_ca|debian_mirror|https?_proxy|no_proxy)=['\"]?[^\s'\"]"
    ),
}
REMEDY = "take the build argument in an earlier stage and copy only what it made (COPY --from)"


class BuildTraceFound(LabFailed):
    """An image carries something of the network it was built in; it must not leave the house."""


def build_traces(image: Image) -> Iterator[str]:
    """One sentence for each find, never with the thing itself: in its history, environment and labels."""
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
    """Raises LeftBehind that names every image concerned and the remedy."""
    finds = [find for image in images for find in build_traces(image)]
    if finds:
        raise BuildTraceFound("; ".join(finds) + f". Remedy: {REMEDY}")
