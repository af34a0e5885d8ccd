"""``attachment-contract check``: checks configurations and prints the findings."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

import click

from attachment_contract.cli import rules
from attachment_contract.cli.common import InvalidUse, console
from attachment_contract.cli.files import InputFile, UnusableInput, named
from attachment_contract.gate.check import Examined, examine_bytes
from attachment_contract.gate.check_set import check_set
from attachment_contract.gate.fixing import fix as fix_text
from attachment_contract.gate.formats import FORMATS
from attachment_contract.gate.formats.text import print_reports
from attachment_contract.gate.report import GateReport, Severity
from attachment_contract.gate.settings import BadGateSettings, GateSettings, find_settings, read_settings
from attachment_contract.terminal import echo

PROGRESS_FROM_FILES = 50


@click.command()
@click.argument("paths", nargs=-1, metavar="FILE|DIR|-")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="Format of the findings.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the findings to a file.")
@click.option("--strict", is_flag=True, help="A warning counts as an error.")
@click.option("--ignore", multiple=True, metavar="RULE[,RULE]", help="Ignore rules.")
@click.option("--severity", multiple=True, metavar="RULE=LEVEL", help="Make a rule an error, warning or note.")
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read settings from this file."
)
@click.option("--pattern", default="*.json", show_default=True, help="Which files of a folder are checked.")
@click.option(
    "--fix", is_flag=True, help="Make mechanical corrections in place; standard input goes to standard output."
)
@click.option("--explain", metavar="RULE", help="Show the page of a rule.")
@click.pass_context
def check(
    ctx: click.Context,
    paths: tuple[str, ...],
    form: str,
    as_json: bool,
    output: Path | None,
    strict: bool,
    ignore: tuple[str, ...],
    severity: tuple[str, ...],
    config: Path | None,
    pattern: str,
    fix: bool,
    explain: str | None,
) -> None:
    """Check configurations of the event-driven integration for chat attachments before they are saved.

    A file contains the JSON of the form's field, or {"form": {…}, "secret_names": […], "json": {…}}.
    """
    if explain:
        rules.show([explain], as_json=as_json)
        return
    try:
        found = read_settings(config) if config else find_settings(Path())
        settings = found.with_options(strict=strict, ignore=ignore, severity=severity)
        wanted = named(paths, pattern=pattern)
        examined = [_examined(item, settings, fix=fix) for item in _with_progress(wanted)]
        reports = _together(wanted, examined)
    except (BadGateSettings, UnusableInput) as exc:
        raise InvalidUse(str(exc)) from exc
    to_stderr = fix and any(item.path is None for item in wanted) and output is None
    _write(reports, "json" if as_json else form, output, sys.stderr if to_stderr else sys.stdout)
    ctx.exit(0 if _good(reports, settings) else 1)


def _good(reports: Sequence[GateReport], settings: GateSettings) -> bool:
    warned = settings.strict and any(report.count(Severity.WARNING) for report in reports)
    return all(report.ok for report in reports) and not warned


def _together(wanted: Sequence[InputFile], examined: Sequence[Examined]) -> list[GateReport]:
    """The reports, with the findings that compare the files of one folder."""
    folders: dict[Path | None, list[int]] = {}
    for index, item in enumerate(wanted):
        folders.setdefault(item.path.parent if item.path else None, []).append(index)
    reports = [each.report for each in examined]
    for folder, indexes in folders.items():
        if folder is not None and len(indexes) > 1:
            for index, each in zip(indexes, check_set([examined[index] for index in indexes]), strict=True):
                reports[index] = each.report
    return reports


def _examined(item: InputFile, settings: GateSettings, *, fix: bool) -> Examined:
    raw = item.read()
    if fix:
        raw = _fixed(item, raw, settings)
    return examine_bytes(raw, name=item.name, settings=settings)


def _fixed(item: InputFile, raw: bytes, settings: GateSettings) -> bytes:
    """The corrected bytes, written back. A file that is not UTF-8 is unchanged: its encoding would be a guess."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        if item.path is None:
            sys.stdout.buffer.write(raw)
        return raw
    corrected, done = fix_text(text, name=item.name, settings=settings)
    new = corrected.encode("utf-8", errors="surrogatepass")
    if item.path is None:
        sys.stdout.buffer.write(new)
        sys.stdout.buffer.flush()
    elif new != raw:
        try:
            item.path.write_bytes(new)
        except OSError as exc:
            raise UnusableInput(f"{item.name}: {exc.strerror or exc}") from exc
    if done:
        corrected_rules = ", ".join(dict.fromkeys(finding.rule for finding in done))
        echo(f"{item.name}: corrected {corrected_rules}", err=True)
    return new


def _with_progress(wanted: Sequence[InputFile]) -> Iterable[InputFile]:
    out = console(sys.stderr)
    if len(wanted) < PROGRESS_FROM_FILES or not out.is_terminal:
        yield from wanted
        return
    from rich.progress import Progress  # noqa: PLC0415 - needed for many files on a terminal only

    with Progress(console=out, transient=True) as progress:
        yield from progress.track(wanted, description="Checking")


def _write(reports: Sequence[GateReport], form: str, output: Path | None, stream: TextIO) -> None:
    if output is None:
        _write_to(reports, form, stream)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            _write_to(reports, form, file)
    except OSError as exc:
        raise InvalidUse(f"{output}: {exc.strerror or exc}") from exc


def _write_to(reports: Sequence[GateReport], form: str, stream: TextIO) -> None:
    if form == "text":
        print_reports(reports, console(stream))
    else:
        from attachment_contract.gate.formats.machine import WRITERS  # noqa: PLC0415 - its imports are half of all

        click.echo(WRITERS[form](reports), file=stream, nl=False)
