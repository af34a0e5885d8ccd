"""``demo --tour``: the guided tour in a browser; its verdict is the exit code."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from attachment_lab.cli.common import print_json
from attachment_lab.cli.seeding import SeedLoader
from attachment_lab.demo.tour import NoBrowser, TourOptions, show_tour, tour_url
from attachment_lab.stack.reset import StackOwner
from attachment_lab.stack.running import Stack
from attachment_lab.tenant.credentials import TenantNames


def tour(stack: Stack, tenant: TenantNames, chosen: dict[str, Any], console: Console) -> int:
    """Show it; returns 0 if all its steps succeeded, 1 if not."""
    options = TourOptions(headless=chosen["headless"], speed=chosen["speed"])
    url = tour_url(stack.urls["console"], tenant.name, options)
    if chosen["seed"]:
        SeedLoader(stack.clients, console).load(tenant, wait=True)
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
