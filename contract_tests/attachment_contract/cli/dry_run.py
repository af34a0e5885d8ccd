"""``attachment-contract dry-run``: shows the HTTP request that Contact Pro would send."""

from __future__ import annotations

import json
from pathlib import Path

import click

from attachment_contract.cli.common import CheckFailed, InvalidUse, json_option, print_json
from attachment_contract.cli.files import UnusableInput, one_file
from attachment_contract.dryrun.request import DryRun, NothingToSend
from attachment_contract.dryrun.request import dry_run as make_request
from attachment_contract.gate import vocabulary as words
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
    """Show the exact HTTP request that Contact Pro would send for a sample event, secrets masked, and check it."""
    try:
        text = one_file(path).read().decode("utf-8")
        result = make_request(text, event=event, contact=_contact(contact), host=host)
    except UnusableInput as exc:
        raise InvalidUse(str(exc)) from exc
    except UnicodeDecodeError as exc:
        raise InvalidUse(f"{path} is not UTF-8; `{ctx.find_root().info_name} check` shows where") from exc
    except NothingToSend as exc:
        if as_json:
            rest: dict[str, object] = {"request": None, "secrets": [], "sends": None, "notes": []}
            print_json({"ok": False, **rest, "problems": [str(exc)]})
        program = ctx.find_root().info_name
        raise CheckFailed(f"{path}: {exc}. `{program} check {path}` shows the details.") from exc
    if as_json:
        print_json(result.as_json())
    else:
        _show(result)
    ctx.exit(0 if result.ok else 1)


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
    click.echo("The request fits the contract." if result.ok else "The endpoint would refuse this request.")
