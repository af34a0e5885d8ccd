"""``up`` and ``demo``: the commands that start a stack of their own."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from attachment_lab.cli.common import err, json_option, out, print_json
from attachment_lab.cli.configurations import configuration_options, configured_tenant
from attachment_lab.demo.faults import FAULTS
from attachment_lab.demo.run import DemoOptions, DemoResult, default_files, play
from attachment_lab.demo.tour import NoBrowser, TourOptions, show_tour, tour_url
from attachment_lab.demo.view import DemoProgress, show
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.exits import ending_on_signals
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.stack import egress, ready_file
from attachment_lab.stack.processes import kill_listener
from attachment_lab.stack.reset import StackOwner
from attachment_lab.stack.running import Stack, StackOptions, open_stack
from attachment_lab.tenant.conversation import LabConversation, Sendable
from attachment_lab.tenant.credentials import DEFAULT_NAME, TenantNames, default_tenant
from attachment_lab.tenant.opening import open_tenant

#: Number of files in the chat that waits for its event.
WAITING_FILES = 3

port_option = click.option(
    "--port-base", type=int, help="0 = free ports; else the console's port, with mocks and service on the next ones."
)
run_dir_option = click.option(
    "--run-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Keep logs, spools and the service's database here; default: a temporary folder.",
)
seed_option = click.option(
    "--seed", is_flag=True, help="Load the demo's customers: three people, a dozen chats in every state."
)
fault_proxy_option = click.option(
    "--fault-proxy", is_flag=True, help="The service reaches the mocks through their fault proxies."
)

dialect_option = click.option(
    "--dialect",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Mocks and service behave as this dialect file describes; `attachment-lab probe` writes one.",
)


tenant_name_option = click.option(
    "--tenant",
    "tenant_name",
    default=None,
    metavar="NAME",
    help=f"Name of the tenant that is opened; default: the path of its CMI address ({DEFAULT_NAME} without --edi).",
)


@click.command()
@port_option
@run_dir_option
@fault_proxy_option
@dialect_option
@tenant_name_option
@configuration_options
@click.option(
    "--ready-file",
    "ready_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Write addresses and credentials here (mode 0600) once everything answers.",
)
@seed_option
@json_option
def up(
    port_base: int | None,
    tenant_name: str | None,
    configurations: tuple[str, ...],
    secrets_file: Path | None,
    ask_secrets: bool,
    ready_path: Path | None,
    seed: bool,
    as_json: bool,
    **built: Any,
) -> None:
    """Start the stack and keep it running until Ctrl-C."""
    _check_writable(ready_path)
    first = _first_tenant(tenant_name, configurations, secrets_file, ask_secrets=ask_secrets)
    base = 8100 if port_base is None else port_base
    options = StackOptions(port_base=base, console=True, **built)
    err().print(Text("Starting the stack …", style="dim"))
    with ending_on_signals(), open_stack(options) as stack:
        tenant = _open_default(stack, first)

        def prepare(names: TenantNames) -> None:
            contact_id = _waiting_chat(stack, names, default_files()[:WAITING_FILES])
            if seed:
                _seed(stack, names, err(), wait=names == tenant)
            if ready_path:
                ready_file.write(ready_path, ready_file.ready_json(stack.urls, names, contact_id))
            if as_json:
                print_json(_stack_facts(stack, names, contact_id))
            else:
                _show_stack(stack, names, contact_id, out())

        prepare(tenant)
        StackOwner(stack, tenant, prepare).stay()


@click.command()
@port_option
@run_dir_option
@fault_proxy_option
@dialect_option
@tenant_name_option
@configuration_options
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
    with_console = bool(chosen["keep"] or chosen["tour"])
    options = StackOptions(
        port_base=port_base or 0,
        run_dir=chosen["run_dir"],
        fault_proxy=fault_proxies,
        console=with_console,
        dialect=chosen["dialect"],
    )
    first = _first_tenant(
        chosen["tenant_name"], chosen["configurations"], chosen["secrets_file"], ask_secrets=chosen["ask_secrets"]
    )
    console = err() if chosen["as_json"] else out()
    console.quiet = bool(chosen["as_json"]) and not console.is_terminal
    console.print(Text("Starting the stack …", style="dim"))
    with ending_on_signals(), open_stack(options) as stack:
        if chosen["tour"]:
            return _tour(stack, _open_default(stack, first), chosen, console)
        return _demo(stack, first, chosen, console)


def _demo(stack: Stack, first: TenantNames, chosen: dict[str, Any], console: Console) -> int:
    tenant = _open_default(stack, first)
    if chosen["seed"]:
        _seed(stack, tenant, console)
    files: list[Sendable] = list(chosen["files"]) or default_files()
    reconciliation = Reconciliation(stack.clients, tenant, run_dir=stack.run_dir)
    with DemoProgress(console) as progress:
        options = DemoOptions(
            fault=chosen["fault"],
            on=chosen["on"],
            timeout_s=chosen["timeout_s"],
            after_first_stored=_killer(stack, console) if chosen["kill_worker"] else None,
        )
        result = play(reconciliation, files, options, progress)
    _show_result(result, chosen)
    if chosen["keep"]:
        _show_stack(stack, tenant, None, console)
        StackOwner(stack, tenant).stay()
    return 0 if result.ok else 1


def _tour(stack: Stack, tenant: TenantNames, chosen: dict[str, Any], console: Console) -> int:
    """Show it; returns 0 if all its steps succeeded, 1 if not."""
    options = TourOptions(headless=chosen["headless"], speed=chosen["speed"])
    url = tour_url(stack.urls["console"], tenant.name, options)
    if chosen["seed"]:
        _seed(stack, tenant, console)
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


def _first_tenant(
    name: str | None, configurations: tuple[str, ...], secrets_file: Path | None, *, ask_secrets: bool
) -> TenantNames:
    """The tenant of the configurations, or the documentation's; nothing is started for one that the gate refuses."""
    found = configured_tenant(configurations, name=name, secrets_file=secrets_file, ask_secrets=ask_secrets)
    return found.names if found else replace(default_tenant(), name=name or DEFAULT_NAME)


def _check_writable(ready_path: Path | None) -> None:
    """Raise WrongUse before anything starts, where the ready file's folder cannot be made."""
    if ready_path is None:
        return
    try:
        ready_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if ready_path.exists() and not os.access(ready_path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as exc:
        raise WrongUse(
            f"--ready-file {str(ready_path)[:200]}: {exc.strerror}; name a file that can be written"
        ) from exc


def _open_default(stack: Stack, tenant: TenantNames) -> TenantNames:
    """Open the default tenant; start the console, if any, to show it."""
    open_tenant(stack.clients, tenant, stack.tenant_options())
    if stack.options.console:
        stack.start_console(tenant, stack_file=stack.announced_at)
    return tenant


def _seed(stack: Stack, names: TenantNames, console: Console, *, wait: bool = True) -> None:
    """Load the demo's customers; without ``wait`` in the background, where a failure is only printed."""

    def say(line: object, style: str = "dim") -> None:
        console.print(Text(f"  {line}", style), soft_wrap=True)

    from attachment_lab.demo.seeds.load import load  # noqa: PLC0415 - builds pictures: heavy imports

    def load_and_say() -> None:
        try:
            say(f"{load(stack.clients, names, on_chat=say)} are loaded")
        except LabError as exc:
            if wait:
                raise
            say(f"The demo's customers were not loaded: {exc}", "red")

    if wait:
        load_and_say()
    else:
        threading.Thread(target=load_and_say, daemon=True, name="seeding").start()


def _waiting_chat(stack: Stack, tenant: TenantNames, files: list[Sendable]) -> str:
    """Play an ended chat with attachments and a C4C activity, without firing its event; returns its guid."""
    chat = LabConversation.open(stack.clients, tenant)
    chat.accept()
    chat.say("Here are the papers.")
    for each in files:
        chat.send(each)
    chat.end(fire=False)
    chat.wrap_up(fire=False)
    return chat.guid


def _stack_facts(stack: Stack, tenant: TenantNames, contact_id: str) -> dict[str, Any]:
    """The running stack as JSON; credentials are in the ready file alone."""
    return {
        "urls": {**stack.urls, "worker_health": egress.url(stack.ports.worker_health)},
        "default": tenant.name,
        "contact_id": contact_id,
        "run_dir": str(stack.run_dir),
        "stack_file": str(stack.announced_at),
    }


def _show_stack(stack: Stack, tenant: TenantNames, contact_id: str | None, console: Console) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, url in stack.urls.items():
        table.add_row(Text(f"  {name}", style="bold"), url)
    table.add_row("  worker health", egress.url(stack.ports.worker_health))
    table.add_row("  C4C host", tenant.c4c_host)
    table.add_row("  CMI address", tenant.cmi_url)
    table.add_row("  logs", str(stack.run_dir))
    if contact_id:
        table.add_row("  waiting chat", f"{contact_id} (its event has not been fired)")
    console.print(Text("The stack is running.", style="bold green"))
    console.print(table)
    console.print(Text("Ctrl-C ends it.", style="dim"))
