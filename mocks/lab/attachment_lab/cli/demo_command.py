"""``demo``: one chat with realistic files on a stack of its own, from Contact Pro to C4C."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from attachment_lab.cli.common import err, json_option, out, print_json
from attachment_lab.cli.configurations import configuration_options
from attachment_lab.cli.foreign_service import foreign_options, service_options
from attachment_lab.cli.starting import (
    dialect_option,
    fault_proxy_option,
    first_tenant,
    load_customers,
    open_default,
    port_option,
    run_dir_option,
    seed_option,
    show_stack,
    tenant_name_option,
)
from attachment_lab.demo.faults import FAULTS
from attachment_lab.demo.run import DemoOptions, DemoResult, default_files, play
from attachment_lab.demo.tour import NoBrowser, TourOptions, show_tour, tour_url
from attachment_lab.demo.view import DemoProgress, show
from attachment_lab.errors import WrongUse
from attachment_lab.exits import ending_on_signals
from attachment_lab.stack.processes import kill_listener
from attachment_lab.stack.reset import StackOwner
from attachment_lab.stack.running import Stack, StackOptions, open_stack
from attachment_lab.stack.waits import WaitSkipper
from attachment_lab.tenant.conversation import Sendable
from attachment_lab.tenant.credentials import TenantNames


@click.command()
@port_option
@run_dir_option
@fault_proxy_option
@dialect_option
@tenant_name_option
@configuration_options
@service_options
@json_option
@seed_option
@click.option("--keep", is_flag=True, help="Keep the stack running afterwards, until Ctrl-C.")
@click.option("--fault", type=click.Choice(sorted(FAULTS)), default=None, help="Inject this fault.")
@click.option("--on", "on", default=None, help="The file that the fault affects; default: the first.")
@click.option("--kill-worker", is_flag=True, help="kill -9 the worker once, when some files are stored.")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Send this file instead of the customer's usual ones; may be repeated.",
)
@click.option("--timeout", "timeout_s", type=float, default=180.0, show_default=True, help="Seconds.")
@click.option(
    "--assumptions", is_flag=True, help="Show every assumption that the result depends on; with --json as a member too."
)
@click.option(
    "--tour", is_flag=True, help="Show the guided tour in a browser instead; exit 0 only if all its steps succeed."
)
@click.option("--headless", is_flag=True, help="With --tour: no window; the steps advance by themselves.")
@click.option("--speed", type=click.FloatRange(min=0.1, max=100), default=1.0, show_default=True, help="With --tour.")
def demo(port_base: int | None, fault_proxy: bool, **chosen: Any) -> int:
    """Transfer a customer's files from Contact Pro to C4C, then reconcile; exit 0 only if every file arrived."""
    fault_proxies = fault_proxy or bool(chosen["fault"] and FAULTS[chosen["fault"]].needs_fault_proxy)
    service = {name: chosen[name] for name in ("service_url", "service_command", "env_file", "quiet_s")}
    is_foreign = bool(service["service_url"] or service["service_command"])
    if is_foreign and (chosen["tour"] or chosen["kill_worker"] or chosen["seed"]):
        raise WrongUse("--tour, --seed and --kill-worker need our service; `attachment-lab conform` kills another one")
    first = first_tenant(
        chosen["tenant_name"], chosen["configurations"], chosen["secrets_file"], ask_secrets=chosen["ask_secrets"]
    )
    options = StackOptions(
        port_base=port_base or 0,
        run_dir=chosen["run_dir"],
        fault_proxy=fault_proxies,
        console=bool(chosen["keep"] or chosen["tour"]) and not is_foreign,
        dialect=chosen["dialect"],
        foreign=foreign_options(issuers=(first.token_issuer,), **service),
    )
    console = err() if chosen["as_json"] else out()
    console.quiet = bool(chosen["as_json"]) and not console.is_terminal
    console.print(Text("Starting the stack …", style="dim"))
    with ending_on_signals(), open_stack(options) as stack:
        if chosen["tour"]:
            return _tour(stack, open_default(stack, first), chosen, console)
        return _demo(stack, first, chosen, console)


def _demo(stack: Stack, first: TenantNames, chosen: dict[str, Any], console: Console) -> int:
    tenant = open_default(stack, first)
    if chosen["seed"]:
        load_customers(stack, tenant, console)
    files: list[Sendable] = list(chosen["files"]) or default_files()
    reconciliation = stack.reconciliation(tenant)
    with DemoProgress(console) as progress:
        options = DemoOptions(
            fault=chosen["fault"],
            on=chosen["on"],
            timeout_s=chosen["timeout_s"],
            after_first_stored=_killer(stack, console) if chosen["kill_worker"] else None,
            on_transfers=WaitSkipper(stack.clients, stack.clock_file),
        )
        result = play(reconciliation, files, options, progress)
    _show_result(result, chosen)
    if chosen["keep"]:
        show_stack(stack, tenant, None, console)
        StackOwner(stack, tenant).stay()
    return 0 if result.ok else 1


def _tour(stack: Stack, tenant: TenantNames, chosen: dict[str, Any], console: Console) -> int:
    """Show it; returns 0 if all its steps succeeded, 1 if not."""
    options = TourOptions(headless=chosen["headless"], speed=chosen["speed"])
    url = tour_url(stack.urls["console"], tenant.name, options)
    if chosen["seed"]:
        load_customers(stack, tenant, console)
    console.print(Text(f"The tour: {url}", "bold"), soft_wrap=True)
    try:
        verdict = show_tour(stack.urls["console"], tenant.name, options, stack.check_alive)
    except NoBrowser as exc:
        console.print(Text(f"{exc}. Open the address above in any browser. Ctrl-C ends it.", "yellow"), soft_wrap=True)
        if chosen["headless"]:
            return 1
        StackOwner(stack, tenant).stay()
    if chosen["as_json"]:
        print_json(verdict)
    _print_verdict(verdict, console)
    if chosen["keep"]:
        StackOwner(stack, tenant).stay()
    return 0 if verdict["ok"] else 1


def _print_verdict(verdict: dict[str, Any], console: Console) -> None:
    if verdict["ok"]:
        console.print(
            Text("The tour succeeded: every file arrived, every invariant of the reconciliation holds.", "bold green")
        )
        return
    missing = verdict["missing"] or ["it was ended before its last step"]
    console.print(Text(f"The tour did not reach its end: {'; '.join(missing)}", "red"), soft_wrap=True)


def _show_result(result: DemoResult, chosen: dict[str, Any]) -> None:
    if chosen["as_json"]:
        more = {"assumptions": [each.to_json() for each in result.assumptions]} if chosen["assumptions"] else {}
        print_json(result.to_json() | more)
    else:
        show(result, out(), all_assumptions=chosen["assumptions"], kept=chosen["keep"])


def _killer(stack: Stack, console: Console) -> Callable[[], None]:
    def kill() -> None:
        pid = kill_listener(stack.ports.worker_health)
        console.print(Text(f"  kill -9 {pid}: the worker is killed; the supervisor starts another", "yellow"))

    return kill
