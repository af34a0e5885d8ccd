"""The click commands ``check`` and ``dry-run``. Exit code 0: good; 1: findings; 2: wrong use."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

import click
from rich.markdown import Markdown
from rich.progress import Progress

from attachment_contract.dryrun.request import DryRun, NothingToSend
from attachment_contract.dryrun.request import dry_run as make_request
from attachment_contract.files import Named, Unusable, named
from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.catalogue import catalogue, page
from attachment_contract.gate.fixing import fix as fix_text
from attachment_contract.gate.formats import FORMATS, WRITERS
from attachment_contract.gate.formats.text import print_reports
from attachment_contract.gate.judge import check_bytes
from attachment_contract.gate.look import nearest
from attachment_contract.gate.report import Report, Severity
from attachment_contract.gate.settings import BadSettings, Settings, find_settings, read_settings
from attachment_contract.terminal import SafeConsole, echo, visible_json

PROGRESS_FROM_FILES = 50
PIPE_WIDTH = 120


class WrongUse(click.ClickException):
    """The command cannot do what it was asked."""

    exit_code = 2


@click.command()
@click.argument("paths", nargs=-1, metavar="FILE|DIR|-")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How the findings are written.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the findings to a file.")
@click.option("--strict", is_flag=True, help="A warning counts as an error.")
@click.option("--ignore", multiple=True, metavar="RULE[,RULE]", help="Leave rules out.")
@click.option("--severity", multiple=True, metavar="RULE=LEVEL", help="Weigh a rule as error, warning or note.")
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read settings from here.")
@click.option("--pattern", default="*.json", show_default=True, help="Which files of a folder.")
@click.option(
    "--fix", is_flag=True, help="Correct what is mechanical, in place; standard input goes to standard output."
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
    """Judge configurations of the event-driven integration for chat attachments, before anybody saves them.

    A file holds the JSON of the form's field, or {"form": {…}, "secret_names": […], "json": {…}}.
    """
    if explain:
        _explain(explain)
        return
    try:
        settings = (read_settings(config) if config else find_settings(Path.cwd())).with_options(
            strict=strict, ignore=ignore, severity=severity
        )
        wanted = named(paths, pattern=pattern)
        if not wanted:
            raise WrongUse("Name a file, a folder, or - for standard input.")
        reports = _reports(wanted, settings, fix=fix)
    except (BadSettings, Unusable) as exc:
        raise WrongUse(str(exc)) from exc
    to_stderr = fix and any(item.path is None for item in wanted) and output is None
    _write(reports, "json" if as_json else form, output, sys.stderr if to_stderr else sys.stdout)
    ctx.exit(0 if _good(reports, settings) else 1)


def _good(reports: Sequence[Report], settings: Settings) -> bool:
    warned = settings.strict and any(report.count(Severity.WARNING) for report in reports)
    return all(report.ok for report in reports) and not warned


def _explain(name: str) -> None:
    rule = catalogue().get(name.strip().upper())
    if rule is None:
        meant = nearest(name.upper(), catalogue())
        raise WrongUse(f"There is no rule {name!r}." + (f" Did you mean {meant}?" if meant else ""))
    console = _console(sys.stdout)
    console.print(Markdown(page(rule)) if console.is_terminal else page(rule), markup=False, soft_wrap=True)


def _reports(wanted: Sequence[Named], settings: Settings, *, fix: bool) -> list[Report]:
    return [_report(item, settings, fix=fix) for item in _with_progress(wanted)]


def _report(item: Named, settings: Settings, *, fix: bool) -> Report:
    raw = item.read()
    if fix:
        raw = _fixed(item, raw, settings)
    return check_bytes(raw, name=item.name, settings=settings)


def _fixed(item: Named, raw: bytes, settings: Settings) -> bytes:
    """The corrected bytes, written back. What is not UTF-8 is left alone: guessing an encoding is not mechanical."""
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
            raise Unusable(f"{item.name}: {exc.strerror or exc}") from exc
    if done:
        rules = ", ".join(dict.fromkeys(finding.rule for finding in done))
        echo(f"{item.name}: corrected {rules}", err=True)
    return new


def _with_progress(wanted: Sequence[Named]) -> Iterable[Named]:
    console = _console(sys.stderr)
    if len(wanted) < PROGRESS_FROM_FILES or not console.is_terminal:
        yield from wanted
        return
    with Progress(console=console, transient=True) as progress:
        yield from progress.track(wanted, description="Checking")


def _write(reports: Sequence[Report], form: str, output: Path | None, stream: TextIO) -> None:
    if output is None:
        _write_to(reports, form, stream)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            _write_to(reports, form, file)
    except OSError as exc:
        raise WrongUse(f"{output}: {exc.strerror or exc}") from exc


def _write_to(reports: Sequence[Report], form: str, stream: TextIO) -> None:
    if form == "text":
        print_reports(reports, _console(stream))
    else:
        click.echo(WRITERS[form](reports), file=stream, nl=False)


def _console(stream: TextIO) -> SafeConsole:
    return SafeConsole(file=stream, width=None if stream.isatty() else PIPE_WIDTH)


@click.command("dry-run")
@click.argument("path", metavar="FILE|-")
@click.option("--event", type=click.Choice(words.EVENTS, case_sensitive=False), default="Ended", show_default=True)
@click.option(
    "--contact", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Attributes of the contact, JSON."
)
@click.option("--host", default="", help="Host of the endpoint, where the file names none.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, nothing else.")
@click.pass_context
def dry_run(ctx: click.Context, path: str, event: str, contact: Path | None, host: str, as_json: bool) -> None:
    """Show the exact HTTP request that Contact Pro would send for a sample event, secrets masked, and judge it."""
    try:
        (item,) = named([path], pattern="*.json")
        text = item.read().decode("utf-8")
        result = make_request(text, event=event, contact=_contact(contact), host=host)
    except (Unusable, ValueError) as exc:
        raise WrongUse(str(exc)) from exc
    except NothingToSend as exc:
        raise _Failed(f"{path}: {exc}. `attachment-lab check {path}` says more.") from exc
    if as_json:
        click.echo(visible_json(result.as_json(), indent=2))
    else:
        _show(result)
    ctx.exit(0 if result.ok else 1)


class _Failed(click.ClickException):
    """The thing checked failed."""

    exit_code = 1


def _contact(file: Path | None) -> dict[str, object] | None:
    if file is None:
        return None
    value = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{file}: a JSON object is wanted")
    return value


def _show(result: DryRun) -> None:
    echo(result.wire() + "\n")
    verdict = {True: "sent", False: "not sent: the condition is not true", None: "sent if the condition is true"}
    echo(f"for this event: {verdict[result.sends]}")
    for name in result.secrets:
        echo(f"secret used: {name}")
    for note in result.notes:
        echo(f"note: {note}")
    for problem in result.problems:
        echo(f"problem: {problem}")
    click.echo("The request fits the contract." if result.ok else "The endpoint would refuse this request.")
