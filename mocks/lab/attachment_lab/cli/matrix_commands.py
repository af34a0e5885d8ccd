"""``matrix``: list the cells of the fault matrix, play them, write what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.text import Text

from attachment_lab.cli.common import err, json_option, out, print_json, print_table
from attachment_lab.errors import WrongUse
from attachment_lab.exits import ending_on_signals
from attachment_lab.matrix.declared import gate
from attachment_lab.matrix.play import MatrixRun, chosen, keep, known_run, play_cells, record
from attachment_lab.matrix.report import written_into
from attachment_lab.matrix.results import CellResult
from attachment_lab.matrix.runner import SLOTS, stack_options
from attachment_lab.matrix.script import ReplayScript, replay
from attachment_lab.shared_files import replace_json
from attachment_lab.stack.running import open_stack

cells_option = click.option(
    "--cells",
    "patterns",
    multiple=True,
    metavar="GLOB",
    help="Only cells whose id (HOP/FAULT/ATTEMPT) fits, or a family: wire, process, event; may be repeated.",
)


@click.group()
def matrix() -> None:
    """The fault matrix: every fault at every hop and attempt, with its declared outcome."""


@matrix.command("list")
@cells_option
@json_option
def matrix_list(patterns: tuple[str, ...], as_json: bool) -> int:
    """List the cells with what is declared; exit 1 if the table is not complete."""
    complaints = gate()
    for each in complaints:
        err().print(Text(each, style="red"), soft_wrap=True)
    if complaints:
        return 1
    jobs = chosen(patterns)
    if as_json:
        print_json([{"cell": cell.id, "family": cell.family, **vars(declared)} for cell, declared in jobs])
        return 0
    print_table(
        ("cell", "declared", "alert", "because"),
        [(cell.id, declared.outcome, declared.alert, declared.why) for cell, declared in jobs],
    )
    return 0


@matrix.command("run")
@cells_option
@click.option("--one-in", type=click.IntRange(1), default=1, metavar="N", help="Every N-th of the chosen cells.")
@click.option("--slots", type=click.IntRange(1, 64), default=SLOTS, show_default=True, help="Cells played at once.")
@click.option(
    "--save", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Write the result to this file too."
)
@json_option
def matrix_run(patterns: tuple[str, ...], one_in: int, slots: int, save: Path | None, as_json: bool) -> int:
    """Play cells on stacks of their own; exit 1 if one does not come as declared."""
    jobs, console = chosen(patterns, one_in=one_in), err()
    console.print(Text(f"{len(jobs)} cells …", style="dim"))

    def show(result: CellResult) -> None:
        mark, style = ("✓", "dim") if result.ok else ("✗", "red")
        line = f"{mark} {result.cell}  {result.found}  ({result.took_s:.1f} s)  {result.why}"
        console.print(Text(line.rstrip(), style=style), soft_wrap=True)

    with ending_on_signals():
        run = play_cells(jobs, show, slots=slots)
    keep(run)
    if save:
        replace_json(save, run.to_json())
    _print(run, as_json=as_json)
    return 0 if run.ok else 1


@matrix.command("report")
@click.argument("page", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--of", "source", type=click.Path(path_type=Path, dir_okay=False), default=None, help="A saved result.")
@click.option(
    "--record",
    "recorded",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Write the run to this file as it is kept with the program (…/matrix/recorded.json).",
)
def matrix_report(page: Path, source: Path | None, recorded: Path | None) -> None:
    """Write the last run, or a saved one, into the generated part of PAGE, such as docs/reliability.md."""
    run = _saved(source) if source else known_run()
    if recorded:
        record(run, recorded)
    try:
        page.write_text(written_into(page.read_text(encoding="utf-8"), run), encoding="utf-8")
    except ValueError as exc:
        raise WrongUse(f"{page}: {exc}") from exc


@matrix.command("replay")
@click.argument("script", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def matrix_replay(script: Path, as_json: bool) -> int:
    """Play a script of chats, faults, kills, clock moves and redrives again; exit 1 if it ends wrong."""
    steps = ReplayScript.load(script).steps
    with ending_on_signals(), open_stack(stack_options()) as stack:
        found = replay(stack, steps)
    if as_json:
        print_json({"ok": not found, "violations": found})
        return 1 if found else 0
    for each in found:
        out().print(Text(f"✗ {each}", style="red"), soft_wrap=True)
    out().print(Text(f"{len(steps)} steps; {len(found)} violations."))
    return 1 if found else 0


def _saved(path: Path) -> MatrixRun:

    try:
        return MatrixRun.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise WrongUse(f"{path} is no result of `attachment-lab matrix run --save` ({type(exc).__name__})") from exc


def _print(run: MatrixRun, *, as_json: bool) -> None:
    if as_json:
        print_json(run.to_json())
        return
    figures = run.figures.to_json()
    print_table([name.replace("_", " ") for name in figures], [list(figures.values())])
    failed = [each for each in run.results if not each.ok]
    for each in failed:
        out().print(Text(f"✗ {each.cell}: {each.why}", style="red"), soft_wrap=True)
