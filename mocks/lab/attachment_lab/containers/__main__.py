"""``python -m attachment_lab.containers``: the containers' one-shot jobs. Exit 0 good, 1 failed, 2 wrong use.

The first tenant (the documentation's, or that of a customer's configuration) is opened at start; a smoke check plays
one chat in it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import httpx

from attachment_contract.terminal import echo
from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.containers.names import aliases
from attachment_lab.containers.own_configuration import FOLDER, compose_override, read_folder
from attachment_lab.containers.provision import provision
from attachment_lab.errors import LabFailed, RequestRefused
from attachment_lab.exits import run_command
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import ReconciliationVerdict
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.tenant.conversation import LabConversation
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.opening import TenantOptions, open_tenant

DEFAULT_SETTINGS = Path("/run/lab/console/console.json")
settings_option = click.option(
    "--settings", "path", type=click.Path(path_type=Path), default=DEFAULT_SETTINGS, show_default=True
)


@click.group()
def main() -> None:
    """One-shot jobs of the stack in containers."""


@main.command("provision")
@click.option("--root", type=click.Path(path_type=Path, file_okay=False), default=Path("/run/lab"), show_default=True)
def provision_command(root: Path) -> None:
    """Create the lab's CA, certificates and secrets, unless they exist; for the configuration in the folder, if any."""
    own = read_folder(FOLDER)
    made = provision(root, own.names if own else None)
    click.echo("certificates and secrets created" if made else "certificates and secrets exist already")


@main.command("configure")
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="The folder's path on the host.")
@click.option("--from", "mounted", type=click.Path(path_type=Path), default=FOLDER, show_default=True)
def configure_command(folder: Path, mounted: Path) -> None:
    """Print a compose file for the configurations in a folder: what the stack needs before it starts."""
    found = read_folder(mounted)
    if found is None:
        raise click.UsageError(f"{mounted} holds no file")
    for remark in found.remarks:
        echo(remark, err=True)
    click.echo(json.dumps(compose_override(found.names, folder), indent=2))


@main.command("open")
@settings_option
def open_command(path: Path) -> None:
    """Open the first tenant in the three mocks, unless it is open."""
    opened = open_first_tenant(_read(path))
    click.echo("tenant opened" if opened else "the tenant is open already")


@main.command("check")
@settings_option
def check_command(path: Path) -> int:
    """Send one chat through the whole chain and reconcile; exit 1 if an invariant is broken."""
    verdict = smoke(_read(path))
    for violation in verdict.violations:
        echo(f"[{violation.invariant}] {violation.sentence}", err=True)
    stored = len(verdict.records.objects)
    click.echo(f"{stored} file(s) in C4C; the reconciliation's invariants {'hold' if verdict.ok else 'do NOT hold'}")
    return 0 if verdict.ok else 1


@main.command("aliases")
def aliases_command() -> None:
    """Print the host names of each container, as JSON."""
    click.echo(json.dumps(aliases(), indent=2))


def _read(path: Path) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise click.UsageError(f"{path} cannot be read ({exc}); run `provision` first") from exc
    return settings


POLL_S = 0.25
#: Two small files: the check is about the path, not about the load.
SMOKE_FILES = (("hello.txt", b"Hello from the smoke check.\n"), ("pixel.gif", b"GIF89a\x01\x00\x01\x00\x80\x00\x00;"))


def wait_for(urls: Mapping[str, str], *, timeout_s: float) -> None:
    """Until every mock answers. Raises LabFailed naming the one that does not."""
    deadline = time.monotonic() + timeout_s
    for name in MOCKS:
        while not _answers(f"{urls[name]}/_mock/health"):
            if time.monotonic() > deadline:
                raise LabFailed(f"the {name} mock at {urls[name]} does not answer within {timeout_s:g} s")
            time.sleep(POLL_S)


def open_first_tenant(settings: Mapping[str, Any], *, timeout_s: float = 60.0) -> bool:
    """Open the console's first tenant in all three mocks; False if it is open already."""
    wait_for(settings["urls"], timeout_s=timeout_s)
    to, names = StackClients(settings["urls"]), TenantNames.from_json(settings["tenant"])
    if _is_open(to, names.name):
        return False
    open_tenant(to, names, TenantOptions(dialects=settings["dialects"]))
    return True


def smoke(settings: Mapping[str, Any], *, timeout_s: float = 90.0) -> ReconciliationVerdict:
    """Play one chat with two files through the whole chain and reconcile. Raises LabError."""
    to, names = StackClients(settings["urls"]), TenantNames.from_json(settings["tenant"])
    reconciliation = Reconciliation(to, names)
    chat = LabConversation.open(to, names, on_sent=reconciliation.customer_sent)
    chat.accept()
    for file in SMOKE_FILES:
        chat.send(file)
    chat.end()
    wait_until_settled(reconciliation, timeout_s=timeout_s)
    chat.wrap_up(fire=False)
    return reconciliation.verdict()


def _is_open(to: StackClients, name: str) -> bool:
    try:
        for mock in MOCKS:
            to.mock(mock).get(f"/_mock/tenants/{name}")
    except RequestRefused as exc:
        if exc.status != 404:
            raise
        return False
    return True


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    sys.exit(run_command(main, "containers", sys.argv[1:]))
