"""The scorecard on a terminal."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from attachment_lab.conformance.model import Outcome, RowResult, Scorecard

MARKS: dict[Outcome, tuple[str, str]] = {
    "green": ("✓", "green"),
    "red": ("✗", "bold red"),
    "indeterminate": ("?", "yellow"),
    "not_applicable": ("–", "dim"),
}


def progress_line(result: RowResult, number: int, total: int) -> Text:
    """One line for a row that has ended."""
    mark, style = MARKS[result.outcome]
    line = Text(f"  {number:>2}/{total} ").append(f"{mark} {result.row.id}", style)
    return line.append(f"  {result.row.title} ({result.took_s:.0f} s)", "dim")


def show(card: Scorecard, console: Console) -> None:
    """Every row by group, what is not green with its rule and what was seen; the three figures last."""
    parts: list[RenderableType] = [Text(), Text(f"Conformance of {card.service}", "bold")]
    for group in dict.fromkeys(each.row.group for each in card.results):
        parts.append(Text(f"\n{group}", "bold"))
        parts += [part for each in card.results if each.row.group == group for part in _row(each)]
    parts.append(Text())
    parts += [Text(f"{name:<14}", "bold").append(words, "default") for name, words in card.figures]
    window = f"A row is at rest when nothing has moved for {card.quiet_s:g} s; doubles are judged then."
    parts.append(Text(window, "dim"))
    verdict = "Every applicable row is green." if card.ok else "Not every applicable row is green."
    parts.append(Text(f"{verdict} ({card.took_s:.0f} s)", "bold green" if card.ok else "bold red"))
    console.print(Group(*parts))


def _row(result: RowResult) -> list[RenderableType]:
    mark, style = MARKS[result.outcome]
    head = Text(f"  {mark} {result.row.id:<22}", style).append(result.row.title, "default")
    lines: list[RenderableType] = [head.append(f"  [{result.weakest}]", "dim")]
    if result.outcome == "not_applicable":
        lines.append(Padding(Text(result.reason, "dim"), (0, 0, 0, 6)))
    elif result.outcome != "green":
        facts = [("rule", result.row.rule), ("source", result.row.source), ("why", result.row.why)]
        facts += [("seen", each) for each in result.seen]
        lines += [Padding(Text(f"{name}: ", "dim").append(words, "default"), (0, 0, 0, 6)) for name, words in facts]
    return lines
