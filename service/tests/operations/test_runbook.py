"""The runbook knows every reason that a transfer can be parked with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attachment_transfer.core import errors
from attachment_transfer.core.retry import POLICY

RUNBOOK = Path(__file__).parents[3] / "docs" / "operations.md"
#: Roots of the tree, which nothing raises by itself; our own choice; and what ends a transfer without parking it.
NOT_PARKED = {"try-again", "give-up", "not-wanted", "not-there-yet"}


def all_errors(kind: type[errors.TransferError]) -> Iterator[type[errors.TransferError]]:
    for below in kind.__subclasses__():
        yield below
        yield from all_errors(below)


def test_every_reason_to_park_stands_in_the_runbook() -> None:
    named = set(re.findall(r"`([a-z-]+)`", RUNBOOK.read_text(encoding="utf-8")))
    raised = {kind.code for kind in all_errors(errors.TransferError) if kind.__module__ == errors.__name__}
    assert raised - NOT_PARKED - named == set()


def test_every_retried_reason_stands_in_the_runbook() -> None:
    named = set(re.findall(r"`([a-z-]+)`", RUNBOOK.read_text(encoding="utf-8")))
    assert POLICY.keys() - NOT_PARKED - named == set()
