"""``attachment-lab``: exit 0 good, 1 the thing checked failed, 2 wrong use, 128 + n ended by signal n."""

from __future__ import annotations

import os
import sys

import click
from rich.text import Text

from attachment_contract.cli.check import check
from attachment_contract.cli.dry_run import dry_run
from attachment_lab.cli.common import Stopped, err
from attachment_lab.cli.fault_commands import fault
from attachment_lab.cli.probe_commands import probe
from attachment_lab.cli.report_commands import report
from attachment_lab.cli.running_commands import chat, clock, journal, reconcile, reset
from attachment_lab.cli.scenario_commands import scenario
from attachment_lab.cli.stack_commands import demo, up
from attachment_lab.errors import LabError

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Runs the chat-attachment chain on this machine: Contact Pro, CMI and C4C as mocks, the real service."""


for command in (up, demo, chat, reconcile, journal, fault, scenario, report, clock, reset, check, dry_run, probe):
    cli.add_command(command)


def main() -> None:
    """The entry point."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit code and prints errors as sentences, never as traces."""
    try:
        code = cli.main(args=arguments, prog_name="attachment-lab", standalone_mode=False)
    except Stopped as stopped:
        err().print("Stopped; the stack is down.")
        return stopped.exit_code
    except (KeyboardInterrupt, click.Abort):
        err().print("Stopped.")
        return INTERRUPTED
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except LabError as failed:
        err().print(Text(f"attachment-lab: {failed}", style="red"), soft_wrap=True)
        return failed.exit_code
    except BrokenPipeError:
        # The reader (head, say) has seen enough. Python must not complain about it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
