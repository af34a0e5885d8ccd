"""What ``up`` and ``demo`` share: options, the first tenant, the demo's customers, what a person sees of a stack."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from attachment_lab.cli.configurations import configured_tenant
from attachment_lab.errors import LabError
from attachment_lab.stack import egress
from attachment_lab.stack.running import Stack
from attachment_lab.tenant.credentials import DEFAULT_NAME, TenantNames, default_tenant
from attachment_lab.tenant.opening import open_tenant

port_option = click.option(
    "--port-base", type=int, help="0 = free ports; else the console's port, with mocks and service on the next ones."
)
run_dir_option = click.option(
    "--run-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Keep logs, spools and the service's database here; default: a temporary folder. `up` with the same folder "
    "continues where the stack ended.",
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


def first_tenant(
    name: str | None, configurations: tuple[str, ...], secrets_file: Path | None, *, ask_secrets: bool
) -> TenantNames:
    """The tenant of the configurations, or the documentation's; nothing is started for one that the gate refuses."""
    found = configured_tenant(configurations, name=name, secrets_file=secrets_file, ask_secrets=ask_secrets)
    return found.names if found else replace(default_tenant(), name=name or DEFAULT_NAME)


def open_default(stack: Stack, tenant: TenantNames) -> TenantNames:
    """Open the default tenant; start the console, if any, to show it."""
    open_tenant(stack.clients, tenant, stack.tenant_options())
    if stack.options.console:
        stack.start_console(tenant, stack_file=stack.announced_at)
    return tenant


def load_customers(stack: Stack, names: TenantNames, console: Console, *, wait: bool = True) -> None:
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


def show_stack(stack: Stack, tenant: TenantNames, contact_id: str | None, console: Console) -> None:
    """Addresses, the tenant and the waiting chat of a stack that runs."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, url in stack.urls.items():
        table.add_row(Text(f"  {name}", style="bold"), url)
    if not stack.foreign:
        table.add_row("  worker health", egress.url(stack.ports.worker_health))
    table.add_row("  C4C host", tenant.c4c_host)
    table.add_row("  CMI address", tenant.cmi_url)
    table.add_row("  logs", str(stack.run_dir))
    if contact_id:
        table.add_row("  waiting chat", f"{contact_id} (its event has not been fired)")
    console.print(Text("The stack is running.", style="bold green"))
    console.print(table)
    console.print(Text("Ctrl-C ends it.", style="dim"))
