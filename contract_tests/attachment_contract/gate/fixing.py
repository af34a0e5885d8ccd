"""Makes the mechanical corrections and changes nothing else in the text."""

from __future__ import annotations

from collections.abc import Iterable

from attachment_contract.gate.check import check
from attachment_contract.gate.report import Edit, GateFinding
from attachment_contract.gate.settings import GateSettings

MOST_ROUNDS = 10


def fix(text: str, *, name: str = "<text>", settings: GateSettings | None = None) -> tuple[str, list[GateFinding]]:
    """The text with every mechanical correction, and the findings that were corrected.

    A correction may uncover another finding (a comma first, then a name), so the text is checked again until none of
    its findings can be corrected.
    """
    done: list[GateFinding] = []
    for _ in range(MOST_ROUNDS):
        fixable = [finding for finding in check(text, name=name, settings=settings).findings if finding.fixable]
        if not fixable:
            break
        text, taken = _apply(text, fixable)
        done += taken
    return text, done


def _apply(text: str, findings: Iterable[GateFinding]) -> tuple[str, list[GateFinding]]:
    """Edits from the end to the beginning, so that offsets stay valid; overlapping ones wait for the next round."""
    taken: list[GateFinding] = []
    reached = len(text) + 1
    for finding in sorted(findings, key=lambda finding: _last(finding.edits), reverse=True):
        if max(edit.span.end for edit in finding.edits) > reached:
            continue
        for edit in sorted(finding.edits, key=lambda edit: edit.span.start, reverse=True):
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
            reached = edit.span.start
        taken.append(finding)
    return text, taken[::-1]


def _last(edits: tuple[Edit, ...]) -> tuple[int, int]:
    return max((edit.span.start, edit.span.end) for edit in edits)
