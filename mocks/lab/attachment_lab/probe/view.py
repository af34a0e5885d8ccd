"""A run on a terminal: a line per request, then the table of assumptions."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from attachment_lab.probe.exchange import ProbeExchange
from attachment_lab.probe.findings.verdicts import AssumptionVerdict
from attachment_lab.probe.session import ProbeResult

_STYLES = {"confirmed": "green", "refuted": "bold red", "not seen": "dim"}


def progress_line(exchange: ProbeExchange, number: int) -> Text:
    """One request and its answer, without any address or text of the tenant."""
    line = Text(f"{number:4d}  ", style="dim")
    line.append(f"{exchange.label:<28}")
    line.append(f" {exchange.method} → {exchange.status or '–'}", style="green" if exchange.ok else "yellow")
    line.append(f"  {round(exchange.took_s * 1000)} ms", style="dim")
    return line


def show(outcome: ProbeResult, console: Console, *, everything: bool) -> None:
    """Print the table, the reasons of systems that stopped, and the folder."""
    rows = [v for v in outcome.verdicts if everything or v.word != "not seen"]
    console.print(_table(rows))
    counted = {word: len(outcome.with_word(word)) for word in _STYLES}
    console.print(Text(" · ".join(f"{number} {word}" for word, number in counted.items()), style="bold"))
    if not everything and counted["not seen"]:
        console.print(Text("--all shows what was not observed, and why.", style="dim"))
    for reason in outcome.stopped.values():
        console.print(Text(f"stopped: {reason}", style="bold red"), soft_wrap=True)
    if outcome.left_behind:
        console.print(Text(f"{outcome.left_behind} test files stay in the test activity (--clean-up deletes them)."))
    if outcome.rehearsal:
        console.print(Text("A rehearsal: these answers are from this machine, not from a tenant.", style="yellow"))
    console.print(Text(f"Report, evidence and dialect file: {outcome.folder}"), soft_wrap=True)


def _table(verdicts: list[AssumptionVerdict]) -> Table:
    drawn = Table(header_style="bold")
    for heading in ("assumption", "verdict", "assumed", "seen", "remark"):
        drawn.add_column(heading, overflow="fold")
    for verdict in sorted(verdicts, key=lambda one: list(_STYLES).index(one.word) != 1):
        one = verdict.assumption
        seen = "" if verdict.word == "not seen" else shown(verdict.seen, verdict.describable or not one.entry)
        drawn.add_row(one.id, Text(verdict.word, _STYLES[verdict.word]), shown(one.assumed), seen, verdict.detail)
    return drawn


def shown(value: Any, known: bool = True) -> str:
    """A value in a cell, long ones cut."""
    if not known:
        return "(no value that is known)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
