"""Known failures, as a table: patterns.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from attachment_lab.exchanges.entry import Entry

ANY = "*"


@dataclass(frozen=True, kw_only=True)
class FailurePattern:
    """One kind of failure.

    Attributes:
        hop, operation: of the exchange; ``*`` = any.
        words: must occur in the answer or in a note, in lower case; empty = no condition.
        because: one sentence on the cause; ``remedy``: one on what to do.
    """

    hop: str
    operation: str
    statuses: tuple[int, ...]
    because: str
    remedy: str
    words: str = ""

    def fits(self, entry: Entry, answer: str) -> bool:
        """Whether it explains this exchange."""
        return (
            self.hop in {ANY, entry.hop}
            and self.operation in {ANY, entry.operation}
            and entry.status in self.statuses
            and self.words in answer.lower()
        )


@cache
def patterns() -> tuple[FailurePattern, ...]:
    """The table, in its order."""
    text = resources.files("attachment_lab.exchanges").joinpath("patterns.toml").read_text()
    return tuple(
        FailurePattern(**each | {"statuses": tuple(each["statuses"])}) for each in tomllib.loads(text)["pattern"]
    )


def find(entry: Entry, answer: str) -> FailurePattern | None:
    """The first pattern that matches; ``answer``: the neighbour's answer and its mock's notes."""
    return next((each for each in patterns() if each.fits(entry, answer)), None)
