"""``tenant``: open, close and list tenants of a stack that is up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from attachment_lab.cli.common import json_option, out, print_json, print_table, running, stack_option
from attachment_lab.cli.configurations import configured_tenant, secret_options
from attachment_lab.errors import WrongUse
from attachment_lab.stack import ready_file
from attachment_lab.stack.clocks import catch_up
from attachment_lab.stack.known_stacks import running_path
from attachment_lab.stack.ready_file import RunningStack
from attachment_lab.tenant.addresses import loopback_addresses, loopback_origins
from attachment_lab.tenant.credentials import fresh_tenant
from attachment_lab.tenant.opening import TenantOptions, close_tenant, open_names, open_tenant, stop_transfers
from attachment_lab.tenant.set_up.doing import SetUp
from attachment_lab.tenant.set_up.model import SetUpStep, StepState


@click.group()
def tenant() -> None:
    """Tenants of the running stack: each has its own Contact Pro tenant, CMI address and C4C host."""


@tenant.command("open")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--tenant", "name", default=None, metavar="NAME", help="Its name; default: the path of its CMI address.")
@click.option("--empty", is_flag=True, help="Set nothing up: the guided set-up or `tenant setup --do all` does it.")
@secret_options
@stack_option
@json_option
def tenant_open(
    files: tuple[str, ...],
    name: str | None,
    empty: bool,
    secrets_file: Path | None,
    ask_secrets: bool,
    stack_path: Path | None,
    as_json: bool,
) -> None:
    """Open the tenant of these configurations; without FILE a new one with the documented configuration.

    Other commands use it by --tenant NAME.
    """
    path = stack_path or running_path()
    stack, to = running(path)
    configured = configured_tenant(
        files, name=name, secrets_file=secrets_file, ask_secrets=ask_secrets, taken=open_names(to)
    )
    names = configured.names if configured else fresh_tenant()
    names = replace(names, name=name) if name else names
    if names.name in stack.tenants:
        raise WrongUse(f"there is a tenant {names.name!r} already; choose another name by --tenant")
    ready_file.update(path, lambda each: each)  # raises WrongUse for a ready file, before anything is opened
    open_tenant(to, names, TenantOptions(empty=empty))
    catch_up(to, names.name, stack.clock_file)
    ready_file.update(path, lambda each: each.with_tenant(names))
    if as_json:
        print_json({"tenant": names.name, **ready_file.tenant_json(stack.urls, names, None)})
    else:
        out().print(f"tenant {names.name} is open: {names.cmi_url} and {names.c4c_url}")
        there = loopback_addresses(stack.urls, names)
        out().print(f"  for clients that cannot set a Host header: {there['cmi_url']} and {there['c4c_url']}")


@tenant.command("setup")
@click.argument("name")
@click.option("--do", "step", default=None, metavar="STEP", help="Do this step first, by its id; `all` does the rest.")
@stack_option
@json_option
def tenant_setup(name: str, step: str | None, stack_path: Path | None, as_json: bool) -> int:
    """The set-up of tenant NAME, step by step as the documentation has it: done, missing, or wrong and why.

    Exit 1 while a step is missing or wrong. Once --do has completed the set-up, transfers that failed are retried.
    """
    stack, to = running(stack_path, name)
    set_up = SetUp(to, stack.tenant)
    if step == "all":
        set_up.do_all()
    elif step:
        set_up.do(step)
    if step:
        set_up.retry_failed()
    steps = set_up.steps()
    is_ok = all(each.is_done for each in steps)
    if as_json:
        print_json({"tenant": name, "ok": is_ok, "steps": [each.to_json() for each in steps]})
    else:
        print_table(("", "step", "id", "state", "found, and what to do"), [_step_row(each) for each in steps])
    return 0 if is_ok else 1


def _step_row(step: SetUpStep) -> list[object]:
    colours = {StepState.DONE: "green", StepState.MISSING: "yellow", StepState.WRONG: "red"}
    state = Text(str(step.result.state), style=colours[step.result.state])
    found = f"{step.result.found} {step.result.remedy}".strip()
    return [step.text.number, step.text.title, step.id, state, found]


@tenant.command("close")
@click.argument("name")
@stack_option
@json_option
def tenant_close(name: str, stack_path: Path | None, as_json: bool) -> None:
    """Cancel the transfers of tenant NAME and remove it from the three mocks."""
    path = stack_path or running_path()
    stack, to = running(path)
    if name == stack.default:
        raise WrongUse(f"{name} is the stack's default tenant; `attachment-lab reset` resets it")
    chosen = stack.with_default(name).tenant
    stop_transfers(to, chosen)
    close_tenant(to, name)
    ready_file.update(path, lambda each: each.without_tenant(name))
    if as_json:
        print_json({"status": "closed", "tenant": name})
    else:
        out().print(f"tenant {name} is closed")


@tenant.command("list")
@stack_option
@json_option
def tenant_list(stack_path: Path | None, as_json: bool) -> None:
    """Every tenant of the stack, also those that the console or a test has opened."""
    stack, to = running(stack_path)
    opened = to.orchestration.get("/_mock/tenants")["tenants"]
    rows = [_row(stack, each["name"], each["tenant_path"]) for each in opened]
    if as_json:
        print_json({"tenants": rows, "default": stack.default})
        return
    for row in rows:
        row["tenant"] += " (default)" if row["tenant"] == stack.default else ""
    columns = {"tenant": "tenant", "tenant_path": "CMI path", "cmi_url": "CMI address", "c4c_host": "C4C host"}
    print_table(
        (*columns.values(), "C4C at loopback"),
        [[*(row[name] or "–" for name in columns), row["loopback"]["c4c"]] for row in rows],
    )


def _row(stack: RunningStack, name: str, tenant_path: str) -> dict[str, Any]:
    """Addresses are None for a tenant that is not in this stack file."""
    names = stack.tenants.get(name)
    return {
        "tenant": name,
        "tenant_path": tenant_path,
        "cmi_url": names.cmi_url if names else None,
        "c4c_host": names.c4c_host if names else None,
        "loopback": loopback_origins(stack.urls, name),
    }
