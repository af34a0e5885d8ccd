"""``clock``: show and advance the virtual clocks of a stack that is up."""

from __future__ import annotations

from pathlib import Path

import click

from attachment_lab.cli.common import json_option, out, print_json, running, running_options
from attachment_lab.cli.durations import Duration, words
from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.errors import WrongUse
from attachment_lab.stack.clocks import advance_stack, advance_tenant, read_clocks
from attachment_lab.stack.ready_file import RunningStack


@click.group()
def clock() -> None:
    """The stack's virtual clocks."""


@clock.command("show")
@running_options
@json_option
def clock_show(stack_path: Path | None, tenant_name: str | None, as_json: bool) -> None:
    """Show how far each clock is ahead of the wall clock."""
    stack, to = running(stack_path, tenant_name)
    _print_clocks(stack, to, as_json)


@clock.command("advance")
@click.argument("seconds", metavar="DURATION", type=Duration())
@running_options
@json_option
def clock_advance(seconds: float, stack_path: Path | None, tenant_name: str | None, as_json: bool) -> None:
    """Advance the clocks of service and mocks: token expiry, Retry-After, backoff and lockouts follow.

    DURATION is in seconds, or with units (s, m, h, d): 90, 5m, 1h30m, 2d.
    """
    stack, to = running(stack_path, tenant_name)
    if stack.foreign:
        raise WrongUse(
            "the service is not ours, so its clock cannot be moved; use short lifetimes by the mocks' switches"
        )
    if stack.clock_file:
        advance_stack(to, stack.clock_file, seconds)
    else:
        advance_tenant(to, stack.tenant.name, seconds)
    _print_clocks(stack, to, as_json)


def _print_clocks(stack: RunningStack, to: StackClients, as_json: bool) -> None:
    clocks = read_clocks(to, stack.tenant.name, None if stack.foreign else stack.clock_file)
    offsets = {each.name: each.offset_s for each in clocks}
    if as_json:
        print_json({"offset_s": offsets})
        return
    for name, offset_s in offsets.items():
        out().print(f"{name}: {words(offset_s)}")
