"""``python -m attachment_lab.containers``: the containers' one-shot jobs. Exit 0 good, 1 failed, 2 wrong use."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from attachment_contract.terminal import echo
from attachment_lab.containers.names import aliases
from attachment_lab.containers.provision import provision
from attachment_lab.containers.tenants import open_first_tenant, smoke
from attachment_lab.exits import run_command

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
    """Create the lab's CA, certificates and secrets, unless they exist."""
    made = provision(root)
    click.echo("certificates and secrets created" if made else "certificates and secrets exist already")


@main.command("open")
@settings_option
def open_command(path: Path) -> None:
    """Open the documentation's tenant in the three mocks, unless it is open."""
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


if __name__ == "__main__":
    sys.exit(run_command(main, "containers", sys.argv[1:]))
