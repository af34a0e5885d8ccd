"""``fault``: plan, list and clear faults in the mocks of a stack that is up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from attachment_lab.cli.common import err, json_option, out, print_json, print_table, running, running_options
from attachment_lab.clients.stack_clients import MOCKS
from mock_kit.faults.kinds import KINDS


@click.group()
def fault() -> None:
    """Inject faults into the mocks."""


@fault.command("add")
@click.argument("mock", type=click.Choice(MOCKS))
@click.argument("kind")
@click.argument("params", nargs=-1)
@click.option("--path", default="*", show_default=True, help="Glob for the request's path.")
@click.option("--method", default=None, help="Only this HTTP method.")
@click.option("--phase", type=click.Choice(["before", "after"]), default=None, help="Default: as suits the kind.")
@click.option("--times", type=click.IntRange(min=0), default=1, show_default=True, help="0 = until cleared.")
@click.option("--skip", type=click.IntRange(min=0), default=0, help="Number of matching requests that pass first.")
@running_options
@json_option
def fault_add(
    mock: str, kind: str, stack_path: Path | None, tenant_name: str | None, as_json: bool, **chosen: Any
) -> None:
    """Plan a fault of KIND in MOCK; PARAMS are name=value, such as: fault add c4c status status=503.

    A value may be JSON: body='{"error": "busy"}' becomes a JSON body. All kinds: mocks/kit/README.md.
    """
    stack, to = running(stack_path, tenant_name)
    match = {name: chosen[name] for name in ("path", "method") if chosen[name]}
    how = {name: chosen[name] for name in ("phase", "times", "skip")}
    params = dict(_param(kind, each) for each in chosen["params"])
    planned = to.control(mock, stack.tenant.name).plan(match, kind, params=params, **how)
    if as_json:
        print_json(planned)
    else:
        out().print(f"fault {planned['id']} is planned in {mock}")
    if warning := planned.get("warning"):
        err().print(Text(f"warning: {warning}", style="yellow"))


@fault.command("list")
@running_options
@json_option
def fault_list(stack_path: Path | None, tenant_name: str | None, as_json: bool) -> None:
    """Every fault planned in any mock."""
    stack, to = running(stack_path, tenant_name)
    planned = {mock: to.control(mock, stack.tenant.name).faults() for mock in MOCKS}
    if as_json:
        print_json(planned)
        return
    found = [(mock, each) for mock, faults in planned.items() for each in faults]
    rows = [
        (mock, *(each[name] for name in ("id", "kind", "match", "phase")), each["times"] or "until cleared")
        for mock, each in found
    ]
    print_table(("mock", "id", "kind", "match", "phase", "times"), rows)
    for mock, each in found:
        if each.get("warning"):
            err().print(Text(f"warning: {mock} {each['id']}: {each['warning']}", style="yellow"))


@fault.command("clear")
@running_options
@json_option
def fault_clear(stack_path: Path | None, tenant_name: str | None, as_json: bool) -> None:
    """Remove all faults in all mocks."""
    stack, to = running(stack_path, tenant_name)
    for mock in MOCKS:
        to.control(mock, stack.tenant.name).clear_faults()
    if as_json:
        print_json({"status": "cleared"})
    else:
        out().print("no faults are planned")


def _param(kind: str, text: str) -> tuple[str, Any]:
    """``name=value``; a value that is JSON is parsed, unless the parameter takes text only."""
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not name=value", param_hint="PARAMS")
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return name, value
    known = KINDS[kind].params.get(name) if kind in KINDS else None
    wants_text = known is not None and not known.ok(read) and known.ok(value)
    return name, value if wants_text else read
