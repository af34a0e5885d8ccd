"""``soak``: chats flow through one stack for minutes; what its processes use must not grow."""

from __future__ import annotations

import click
from rich.text import Text

from attachment_lab.cli.common import err, json_option, out, print_json, print_table
from attachment_lab.exits import ending_on_signals
from attachment_lab.soak.flatness import Flatness
from attachment_lab.soak.run import SoakResult
from attachment_lab.soak.run import soak as run_soak


@click.command()
@click.option("--seconds", type=click.FloatRange(30.0), default=600.0, show_default=True, help="Real seconds.")
@json_option
def soak(seconds: float, as_json: bool) -> int:
    """Let chats flow through one stack and sample memory, handles, threads and the database; exit 1 if one grows.

    A series is flat if the median of its pairwise slopes, after the first third, times the rest of the time is within
    its allowance.
    """
    console = err()

    def show(at_s: float, chats: int) -> None:
        console.print(Text(f"{at_s:5.0f} s  {chats} chats", style="dim"))

    with ending_on_signals():
        result = run_soak(seconds, show)
    if as_json:
        print_json(result.to_json())
    else:
        _print(result)
    return 0 if result.ok else 1


def _print(result: SoakResult) -> None:
    headings = ("what", "at first", "at last", "growth", "allowed", "")
    print_table(headings, [_row(each) for each in result.series])
    for each in result.troubles:
        out().print(Text(f"✗ {each}", style="red"), soft_wrap=True)
    growing = [each.name for each in result.series if not each.ok]
    verdict = f"not flat: {', '.join(growing)}" if growing else "every series is flat"
    style = "bold green" if result.ok else "bold red"
    out().print(Text(f"{result.chats} chats in {result.seconds:.0f} s; {verdict}.", style=style))


def _row(found: Flatness) -> tuple[object, ...]:
    mark = Text("✓", "green") if found.ok else Text("✗", "red")
    numbers = (f"{value:.1f} {found.unit}".rstrip() for value in (found.first, found.last, found.growth, found.allowed))
    return (found.name, *numbers, mark)
