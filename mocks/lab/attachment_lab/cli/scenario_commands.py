"""``scenario``: list the scenarios, and play them without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from attachment_lab.cli.common import err, json_option, out, print_json, print_table
from attachment_lab.cli.configurations import configuration_options, configured_tenant
from attachment_lab.errors import WrongUse
from attachment_lab.exits import ending_on_signals
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.scenarios.model import ScenarioResult
from attachment_lab.scenarios.player import play
from attachment_lab.scenarios.run import ScenarioContext
from attachment_lab.scenarios.table import SCENARIOS
from attachment_lab.scenarios.table import scenario as named
from attachment_lab.stack.clocks import catch_up
from attachment_lab.stack.running import Stack, StackOptions, open_stack
from attachment_lab.tenant.credentials import TenantNames, fresh_tenant, with_new_ids
from attachment_lab.tenant.opening import close_tenant, open_tenant


@click.group()
def scenario() -> None:
    """Scenarios: faults, the expected result and the actual one."""


@scenario.command("list")
@json_option
def scenario_list(as_json: bool) -> None:
    """List every scenario."""
    if as_json:
        print_json([each.to_json() for each in SCENARIOS])
        return
    print_table(("name", "what happens", "expected"), [(each.id, each.happens, each.expected) for each in SCENARIOS])


@scenario.command("run")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Play every scenario.")
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Keep logs, spools and the service's database here; default: a temporary folder.",
)
@configuration_options
@json_option
def scenario_run(
    names: tuple[str, ...], everything: bool, run_dir: Path | None, as_json: bool, **configured: Any
) -> int:
    """Play scenarios on a stack of their own, each in its own tenant; exit 1 if a check fails.

    With --edi each of these tenants is that of the configuration, one after the other.
    """
    if bool(names) == everything:
        raise WrongUse("name one or more scenarios, or use --all; `attachment-lab scenario list` shows them")
    chosen = list(SCENARIOS) if everything else [named(each) for each in names]
    customer = configured_tenant(name=None, **configured)
    console = err()
    console.print(Text("Starting the stack …", style="dim"))
    results = []
    with ending_on_signals(), open_stack(StackOptions(fault_proxy=True, run_dir=run_dir)) as stack:
        for each in chosen:
            console.print(Text(f"{each.title} …", style="dim"))
            with _context(stack, with_new_ids(customer.names) if customer else fresh_tenant()) as context:
                result = play(
                    each, context, lambda _, say: console.print(Text(f"  {say}", style="dim"), soft_wrap=True)
                )
            if result.trouble:
                stack.check_alive()
            results.append(result)
            if not as_json:
                _show(result)
    if as_json:
        print_json({"ok": all(each.ok for each in results), "scenarios": [each.to_json() for each in results]})
    return 0 if all(each.ok for each in results) else 1


@contextmanager
def _context(stack: Stack, names: TenantNames) -> Iterator[ScenarioContext]:
    open_tenant(stack.clients, names)
    catch_up(stack.clients, names.name, stack.clock_file)
    try:
        yield ScenarioContext(
            reconciliation=Reconciliation(stack.clients, names, run_dir=stack.run_dir),
            clock_file=stack.clock_file,
            worker_health_port=stack.ports.worker_health,
            fault_proxy=stack.options.fault_proxy,
        )
    finally:
        close_tenant(stack.clients, names.name)


def _show(result: ScenarioResult) -> None:
    console = out()
    verdict = Text(f"{'✓' if result.ok else '✗'} {result.scenario.title}", "bold green" if result.ok else "bold red")
    console.print(verdict.append(f"  ({result.took_s:.1f} s)", "dim"))
    if result.trouble:
        console.print(Text(f"  {result.trouble}", style="red"), soft_wrap=True)
        return
    drawn = Table("", "check", "expected", "found", header_style="bold", box=None, pad_edge=False)
    for each in result.findings:
        mark = Text("✓", "green") if each.ok else Text("✗", "red")
        drawn.add_row(mark, each.title, each.want, Text(each.found))
    console.print(drawn)
