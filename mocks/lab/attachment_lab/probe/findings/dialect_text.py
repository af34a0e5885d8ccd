"""The dialect file of a tenant: every switch that was observed, with date and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attachment_lab.evidence.dialect_file import FORMAT, toml_value
from attachment_lab.probe.findings.verdicts import AssumptionVerdict

FILE = "dialect.toml"


def dialect_text(
    verdicts: Iterable[AssumptionVerdict], *, at: datetime, rehearsal: bool, files: Mapping[str, str]
) -> str:
    """The file's text.

    Args:
        rehearsal: the answers came from mocks on this machine; the file states it.
        files: from an exchange's label to its evidence file.
    """
    lines = [
        "# What a tenant showed, for mocks and service: attachment-lab up --dialect FILE,",
        "# and ATTACHMENT_TRANSFER_DIALECT_FILE=FILE for the service. Written by attachment-lab probe.",
        f"format = {toml_value(FORMAT)}",
        "",
        "[recorded]",
        f"at = {at.isoformat(timespec='seconds')}",
        f"rehearsal = {toml_value(rehearsal)}",
    ]
    for verdict in verdicts:
        if verdict.describable:
            lines += _entry(verdict, at, files)
    return "\n".join(lines) + "\n"


def _entry(verdict: AssumptionVerdict, at: datetime, files: Mapping[str, str]) -> list[str]:
    one = verdict.assumption
    seen_in = [files[label] for label in verdict.seen_in if label in files]
    lines = [
        "",
        f"[{one.participant}.{one.entry}]",
        f"value = {toml_value(verdict.seen)}",
        'evidence = "recorded"',
        f"date = {at.date().isoformat()}",
        f"seen_in = {toml_value(seen_in)}",
    ]
    if verdict.word == "refuted":
        lines.append(f"assumed_before = {toml_value(one.assumed)}")
    return [*lines, f"detail = {toml_value(verdict.detail)}"] if verdict.detail else lines
