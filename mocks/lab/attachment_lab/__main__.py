"""``attachment-lab``: the command line; exit codes are those of ``exits.run_command``."""

from __future__ import annotations

import sys

import click

from attachment_contract.cli.lazy_group import LazyGroup
from attachment_lab.exits import run_command, write_any_encoding

NAME = "attachment-lab"
_CLI = "attachment_lab.cli"
COMMANDS = {
    "up": f"{_CLI}.up_command:up",
    "demo": f"{_CLI}.demo_command:demo",
    "chat": f"{_CLI}.chat_command:chat",
    "reconcile": f"{_CLI}.running_commands:reconcile",
    "journal": f"{_CLI}.running_commands:journal",
    "fault": f"{_CLI}.fault_commands:fault",
    "scenario": f"{_CLI}.scenario_commands:scenario",
    "conform": f"{_CLI}.conform_command:conform",
    "matrix": f"{_CLI}.matrix_commands:matrix",
    "soak": f"{_CLI}.soak_command:soak",
    "tenant": f"{_CLI}.tenant_commands:tenant",
    "snapshot": f"{_CLI}.snapshot_commands:snapshot",
    "report": f"{_CLI}.running_commands:report",
    "clock": f"{_CLI}.clock_commands:clock",
    "reset": f"{_CLI}.running_commands:reset",
    "check": "attachment_contract.cli.check:check",
    "dry-run": "attachment_contract.cli.dry_run:dry_run",
    "probe": f"{_CLI}.probe_commands:probe",
}


#: Commands that start no process and use no lock of Linux.
ANYWHERE = ("check", "dry-run")
WRONG_USE = 2


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=NAME, prog_name=NAME)
def cli() -> None:
    """Runs the chat-attachment chain on this machine: Contact Pro, CMI and C4C as mocks, the real service."""


def main() -> None:
    """The entry point."""
    write_any_encoding()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit code."""
    refusal = elsewhere(arguments, sys.platform)
    if refusal is not None:
        sys.stderr.write(f"{NAME}: {refusal}\n")
        return WRONG_USE
    return run_command(cli, NAME, arguments)


def elsewhere(arguments: list[str], platform: str) -> str | None:
    """Why this command does not run on this system, and what does; None where it runs."""
    wanted = next((each for each in arguments if not each.startswith("-")), None)
    if platform.startswith("linux") or wanted in ANYWHERE or "--version" in arguments:
        return None
    subject = f"`{wanted}`" if wanted else "the lab"
    return f"{subject} runs on Linux, and this is {platform}. On macOS use the containers (`make up`), on Windows WSL."


if __name__ == "__main__":
    main()
