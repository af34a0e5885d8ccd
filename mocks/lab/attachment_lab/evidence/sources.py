"""The public pages that evidence labels name: ``sources.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, kw_only=True)
class EvidenceSource:
    """A public page.

    Attributes:
        read: when we read it, ``YYYY-MM``.
        recorded: when its content was recorded or reported, if the page states it.
        words: a label's source that contains one of these texts refers to this page.
    """

    key: str
    title: str
    url: str
    read: str
    words: tuple[str, ...]
    recorded: str | None = None

    @property
    def dated(self) -> str:
        """``recorded 2018, read 2026-11`` or ``read 2026-11``."""
        return f"recorded {self.recorded}, read {self.read}" if self.recorded else f"read {self.read}"


@cache
def sources() -> tuple[EvidenceSource, ...]:
    """All pages, in the file's order."""
    text = resources.files("attachment_lab.evidence").joinpath("sources.toml").read_text(encoding="utf-8")
    return tuple(
        EvidenceSource(key=key, **{**entry, "words": tuple(entry["words"])})
        for key, entry in tomllib.loads(text).items()
    )


def sources_of(text: str) -> list[EvidenceSource]:
    """The pages that a label's source names, in the file's order; a KBA found by its number alone."""
    lower = text.lower()
    return [each for each in sources() if any(word in lower for word in each.words)]
