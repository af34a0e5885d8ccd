"""``attachment-lab``: the command line; exit codes are those of ``exits.run_command``."""

from __future__ import annotations

import sys

import click

from attachment_contract.cli.check import check
from attachment_contract.cli.dry_run import dry_run
from attachment_lab.cli.chat_command import chat
from attachment_lab.cli.fault_commands import fault
from attachment_lab.cli.probe_commands import probe
from attachment_lab.cli.running_commands import clock, journal, reconcile, report, reset
from attachment_lab.cli.scenario_commands import scenario
from attachment_lab.cli.stack_commands import demo, up
from attachment_lab.cli.tenant_commands import tenant
from attachment_lab.exits import run_command

NAME = "attachment-lab"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="attachment-lab", prog_name="attachment-lab")
def cli() -> None:
    """Runs the chat-attachment chain on this machine: Contact Pro, CMI and C4C as mocks, the real service."""


for command in (
    up,
    demo,
    chat,
    reconcile,
    journal,
    fault,
    scenario,
    tenant,
    report,
    clock,
    reset,
    check,
    dry_run,
    probe,
):
    cli.add_command(command)


def main() -> None:
    """The entry point."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit code."""
    return run_command(cli, NAME, arguments)


if __name__ == "__main__":
    main()
