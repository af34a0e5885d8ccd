"""A scrape of the metrics, and how much a counter grew between two."""

from __future__ import annotations

import re
from collections.abc import Callable

from prometheus_client.parser import text_string_to_metric_families

SUFFIXES = re.compile(r"_(bucket|count|sum)$")


class Scrape:
    """One page of metrics."""

    def __init__(self, text: bytes) -> None:
        self.samples = [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
        ]

    def __call__(self, name: str, **labels: str) -> float | None:
        """The one sample with this name and these labels."""
        found = [value for n, had, value in self.samples if n == f"attachment_transfer_{name}" and had == labels]
        assert len(found) <= 1
        return found[0] if found else None

    def names(self) -> set[str]:
        return {SUFFIXES.sub("", name) for name, _, _ in self.samples}


class Growth:
    """How much a counter grew since this was made."""

    def __init__(self, scrape: Callable[[], Scrape]) -> None:
        self._scrape = scrape
        self._before = scrape()

    def __call__(self, name: str, **labels: str) -> float:
        return (self._scrape()(name, **labels) or 0.0) - (self._before(name, **labels) or 0.0)
