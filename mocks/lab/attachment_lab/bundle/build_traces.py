"""What an archive must not include: traces of the network in which an image was built, and secrets.

A build argument is written into the history of every later layer, so a company's certificates or a mirror's password
would reach everyone who gets the image. A second build stage avoids that.
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
