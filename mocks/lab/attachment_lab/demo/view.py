"""The demo on a terminal: progress while it runs, then the table, the verdict and the assumptions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from attachment_lab.demo.assumptions import RISKIEST, Assumption, by_system
from attachment_lab.demo.run import AttachmentRow, DemoCallbacks, DemoResult
from attachment_lab.names import human_size, short, shown
from attachment_lab.reconciliation.records import ReconciliationVerdict
from attachment_lab.reconciliation.settling import ChainState
from attachment_lab.tenant.conversation import SentFile
from attachment_lab.tenant.service_api import AttachmentRecord

#: From this width on, ids are not shortened.
WIDE = 120
#: How each state of an attachment is shown: mark, text, style.
STATES = {
    "at CMI": ("○", "at CMI", "dim"),
    "open": ("○", "known to the service", "cyan"),
    "uploading": ("◐", "on its way to C4C", "yellow"),
    "ambiguous": ("◑", "answer lost, checking C4C", "yellow"),
    "stored": ("●", "stored in C4C", "green"),
    "skipped": ("◌", "skipped", "blue"),
    "parked": ("✗", "failed", "red"),
    "changed": ("✗", "CHANGED", "bold red"),
}


class DemoProgress(DemoCallbacks):
    """One line per attachment; redrawn in place on a terminal, printed on change elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._sent: dict[str, SentFile] = {}
        self._carried: dict[str, AttachmentRecord] = {}
        self._live = Live(console=console, refresh_per_second=12, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def message(self, sentence: str) -> None:
        """Print it."""
        self._console.print(Text(f"  {sentence}", style="dim"), soft_wrap=True)

    def sent(self, file: SentFile) -> None:
        """One more line."""
        self._sent[file.id] = file
        self._draw()

    def state(self, state: ChainState) -> None:
        """Show what has changed."""
        for each in (each for transfer in state.transfers for each in transfer.attachments):
            before = self._carried.get(each.source_id)
            self._carried[each.source_id] = each
            if not self._console.is_terminal and (before is None or before.state != each.state):
                self._console.print(Text(f"  {shown(each.name)}: {STATES[each.state][1]}"), soft_wrap=True)
        self._draw()

    def _draw(self) -> None:
        if self._console.is_terminal:
            self._live.update(self._lines())

    def _lines(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for sent in self._sent.values():
            carried = self._carried.get(sent.id)
            mark, words, style = STATES[carried.state if carried else "at CMI"]
            text = f"{words}: {carried.reason}" if carried and carried.reason else words
            size = Text(human_size(sent.size_bytes), justify="right")
            table.add_row(Text(f"  {mark}", style=style), shown_text(sent.name), size, Text(text, style=style))
        return table


def show(result: DemoResult, console: Console, *, all_assumptions: bool = False, kept: bool = False) -> None:
    """The whole result; the last line says what came of it and what to try next.

    Args:
        all_assumptions: show every assumption, not only the riskiest.
        kept: the stack keeps running, so that other commands can use it.
    """
    parts: list[RenderableType] = [Text(), table(result.rows, console.width), Text()]
    parts += [verdict_lines(result.verdict)]
    missing = [row for row in result.rows if row.outcome != "stored"]
    if result.verdict.ok and missing:
        parts.append(Text(f"{len(missing)} attachment(s) did not arrive.", style="red"))
    parts += [Text(), assumption_lines(result.assumptions, show_all=all_assumptions), Text()]
    parts += [closing_sentence(result, kept=kept)]
    console.print(Group(*parts), soft_wrap=False)


def closing_sentence(result: DemoResult, *, kept: bool = False) -> Text:
    """``14 of 14 files identical in 12 s; next: …`` with commands that are useful now."""
    lead = f"{result.identical} of {len(result.rows)} files identical in {result.took_s:.0f} s; next: "
    return Text(lead, style="bold green" if result.ok else "bold red").append(_next_steps(result, kept=kept))


def _command() -> str:
    """How the lab's command is typed here: `make demo` puts it into .venv, where a shell does not look."""
    in_venv = Path(".venv/bin/attachment-lab")
    return str(in_venv) if not shutil.which("attachment-lab") and in_venv.exists() else "attachment-lab"


def _next_steps(result: DemoResult, *, kept: bool) -> str:
    lab = _command()
    if not result.ok:
        where = "the console shows why" if kept else f"`{lab} demo --keep` with the same options, and its console"
        return f"{where}; `{lab} journal c4c` lists the exchanges." if kept else f"{where}, show why."
    if kept:
        return f"`{lab} chat --file FILE --end` sends a file of yours; `{lab} report --out report.html` writes it down."
    return (
        f"`{lab} up --seed` keeps a stack for your own chats; `{lab} demo --tour` shows each step in a browser; "
        f"`{lab} demo --fault lost-answer` breaks one; `{lab} demo --edi FILE` runs your configuration."
    )


def table(rows: Sequence[AttachmentRow], width: int) -> Table:
    """File, bytes, digests at both ends, C4C object, outcome; ids are shortened on a narrow screen."""
    digits = 12 if width >= WIDE else 7
    drawn = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    drawn.add_column("File", overflow="fold")
    drawn.add_column("Bytes", justify="right", no_wrap=True)
    for heading in ("sha256 at CMI", "sha256 at C4C", "C4C ObjectID"):
        drawn.add_column(heading, no_wrap=width >= WIDE)
    drawn.add_column("Outcome", overflow="fold")
    for row in rows:
        style = STATES.get(row.outcome, ("", "", "yellow"))[2]
        text = _outcome_text(row)
        same = row.cmi_sha256 == row.c4c_sha256
        drawn.add_row(
            shown_text(row.name),
            f"{row.size_bytes:,}",
            short(row.cmi_sha256, digits),
            Text(short(row.c4c_sha256, digits), style="" if same else "bold red"),
            (row.c4c_object_id or "–") if width >= WIDE else short(row.c4c_object_id, digits),
            Text(text, style=style),
        )
    return drawn


def _outcome_text(row: AttachmentRow) -> str:
    if row.outcome == "no_transfer":
        return (row.reason or "no transfer").partition(":")[0]
    return f"{row.outcome}: {row.reason}" if row.reason and row.outcome != "stored" else row.outcome


def no_transfer_lines(rows: Sequence[AttachmentRow]) -> list[Text]:
    """Why each chat without a transfer has none, one line per chat."""
    reasons = {row.chat: row.reason for row in rows if row.outcome == "no_transfer" and row.reason}
    return [Text(f"chat {chat}: {reason}", style="yellow") for chat, reason in reasons.items()]


def verdict_lines(verdict: ReconciliationVerdict) -> RenderableType:
    """The reconciliation's verdict: each violation, and what helps."""
    if verdict.ok:
        return Text("Reconciliation: every invariant holds.", style="bold green")
    lines = [Text(f"Reconciliation: {len(verdict.violations)} violation(s)", style="bold red")]
    for each in verdict.violations:
        lines.append(Text(f"  ✗ {each.invariant}: {each.sentence}", style="red"))
        lines += [Text(f"    remedy: {each.remedy}", style="dim")] if each.remedy else []
    return Group(*lines)


def assumption_lines(assumptions: Sequence[Assumption], *, show_all: bool = False) -> RenderableType:
    """The undocumented behaviours that this result depends on, by system; the riskiest, and on demand the others."""
    if not assumptions:
        return Text("No undocumented behaviour was used.", style="dim")
    riskiest, others = assumptions[:RISKIEST], assumptions[RISKIEST:]
    total = f"This result depends on {len(assumptions)} assumption(s) about the vendors"
    lines = [Text(f"{total}; the riskiest:" if others else f"{total}:", style="bold"), *_by_system(riskiest)]
    if others and show_all:
        lines += [Text(f"The other {len(others)}:", style="bold"), *_by_system(others)]
    elif others:
        lines.append(Text(f"  {len(others)} more: --assumptions shows them.", style="dim"))
    return Group(*lines)


def _by_system(assumptions: Sequence[Assumption]) -> Iterator[Text]:
    for system, found in by_system(assumptions):
        yield Text(f"  {system}")
        for each in found:
            switch = f"; switch: {each.switch}" if each.switch else ""
            yield Text(f"    {each.behaviour} ({each.label}, used {each.hits} times{switch})", style="dim")


def shown_text(name: str) -> Text:
    """A file name as plain text: no markup, no control characters."""
    return Text(shown(name))
