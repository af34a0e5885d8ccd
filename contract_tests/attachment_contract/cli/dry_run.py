"""``attachment-contract dry-run``: shows the HTTP request that Contact Pro would send."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from attachment_contract.cli.common import CheckFailed, InvalidUse, console, json_option, print_json
from attachment_contract.cli.files import UnusableInput, one_file
from attachment_contract.dryrun.request import DryRun, NothingToSend
from attachment_contract.dryrun.request import dry_run as make_request
from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.check import check_bytes
from attachment_contract.gate.encodings import decode
from attachment_contract.gate.formats.text import print_reports
from attachment_contract.gate.report import GateReport, Severity
from attachment_contract.gate.settings import BadGateSettings, GateSettings, find_settings
from attachment_contract.terminal import echo


@click.command("dry-run")
@click.argument("path", metavar="FILE|-")
@click.option("--event", type=click.Choice(words.EVENTS, case_sensitive=False), default="Ended", show_default=True)
@click.option(
    "--contact", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Attributes of the contact, JSON."
)
@click.option("--host", default="", help="Host of the endpoint, if the file names none.")
@json_option
@click.pass_context
def dry_run(ctx: click.Context, path: str, event: str, contact: Path | None, host: str, as_json: bool) -> None:
    """Show the exact HTTP request that Contact Pro would send for a sample event, secrets masked, and check it.

    The gate runs first: its errors end the run, its warnings and notes are shown.
    """
    try:
        item = one_file(path)
        raw = item.read()
        report = check_bytes(raw, name=item.name, settings=_settings())
    except (UnusableInput, BadGateSettings) as exc:
        raise InvalidUse(str(exc)) from exc
    if not report.ok:
        raise _refusal(report, path, ctx.find_root().info_name, as_json=as_json)
    try:
        result = make_request(decode(raw).text, event=event, contact=_contact(contact), host=host)
    except NothingToSend as exc:
        if as_json:
            print_json(_nothing(report, [str(exc)]))
        raise CheckFailed(f"{path}: {exc}. `{ctx.find_root().info_name} check {path}` shows the details.") from exc
    if as_json:
        print_json({**result.as_json(), "findings": _findings(report)})
    else:
        _show_findings(report)
        _show(result)
    ctx.exit(0 if result.ok else 1)


def _settings() -> GateSettings:
    """The settings of the current folder, without those that would let a text pass that is not JSON."""
    found = find_settings(Path())
    return replace(
        found,
        ignore=frozenset(rule for rule in found.ignore if not _is_about_json(rule)),
        severity={rule: level for rule, level in found.severity.items() if not _is_about_json(rule)},
        per_file_ignores={
            pattern: frozenset(rule for rule in rules if not _is_about_json(rule))
            for pattern, rules in found.per_file_ignores.items()
        },
    )


def _is_about_json(rule: str) -> bool:
    """AC001 to AC010: whether the text is JSON in UTF-8."""
    return rule <= "AC010"


def _refusal(report: GateReport, path: str, program: str | None, *, as_json: bool) -> CheckFailed:
    """Show the gate's findings; the error that ends the run."""
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    if as_json:
        print_json(_nothing(report, [f"line {each.line}, column {each.column}: {each.message}" for each in errors]))
    else:
        _show_findings(report)
    count = f"{len(errors)} error{'' if len(errors) == 1 else 's'}"
    return CheckFailed(
        f"{path}: no request is shown, because the gate finds {count}. See also `{program} check {path}`."
    )


def _nothing(report: GateReport, problems: list[str]) -> dict[str, object]:
    """The document for a text of which no request is made."""
    rest: dict[str, object] = {"request": None, "secrets": [], "sends": None, "notes": []}
    return {"ok": False, **rest, "problems": problems, "findings": _findings(report)}


def _findings(report: GateReport) -> list[dict[str, object]]:
    return [finding.as_json() for finding in report.findings]


def _show_findings(report: GateReport) -> None:
    """The gate's findings on standard error: standard output has the request alone."""
    if report.findings:
        print_reports([report], console(sys.stderr))


def _contact(file: Path | None) -> dict[str, object] | None:
    if file is None:
        return None
    try:
        value = json.loads(file.read_bytes())
    except OSError as exc:
        raise InvalidUse(f"{file}: {exc.strerror or exc}") from exc
    except (ValueError, RecursionError) as exc:
        raise InvalidUse(f"{file} is not JSON") from exc
    if not isinstance(value, dict):
        raise InvalidUse(f"{file} is not a JSON object")
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
    click.echo(_verdict(result))


def _verdict(result: DryRun) -> str:
    if not result.ok:
        return "The endpoint would refuse this request."
    return "The request fits the contract." if result.checked else "The request was not checked."
