"""``--service-url`` and ``--service-command``: another service in the place of ours, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.text import Text

from attachment_lab.cli.common import err
from attachment_lab.errors import WrongUse
from attachment_lab.reconciliation.quiet import QUIET_S
from attachment_lab.stack.foreign import ForeignOptions, ForeignService

Command = TypeVar("Command", bound=Callable[..., Any])

_url = click.option(
    "--service-url",
    default=None,
    metavar="URL",
    help="Your service takes the place of ours: it runs at http://127.0.0.1:PORT, or you start it while the lab waits. "
    "What it must do: contract_tests/conformance/README.md.",
)
_command = click.option(
    "--service-command",
    default=None,
    metavar="COMMAND",
    help='The same, started by the lab in this folder, such as "node server.mjs"; its port is in the variable PORT.',
)
_env_file = click.option(
    "--env-file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Write the environment of your service here as well (no secrets); default: service.env in the run directory.",
)


_quiet = click.option(
    "--quiet",
    "quiet_s",
    type=click.FloatRange(min=1),
    default=QUIET_S,
    show_default=True,
    help="Seconds without any request after which a chat is at rest, judged from outside; longer than your service "
    "pauses between two tries.",
)


def service_options(command: Command) -> Command:
    """--service-url, --service-command, --env-file and --quiet."""
    return _url(_command(_env_file(_quiet(command))))


def foreign_options(
    *,
    service_url: str | None,
    service_command: str | None,
    env_file: Path | None,
    quiet_s: float,
    issuers: tuple[str, ...],
) -> ForeignOptions | None:
    """The service that is named; None = ours. Raises WrongUse.

    ``issuers``: of the tenants that will be opened.
    """
    if not service_url and not service_command:
        if env_file is not None:
            raise WrongUse("--env-file belongs to --service-url or --service-command")
        return None
    return ForeignOptions(
        url=service_url or "",
        command=service_command or "",
        env_file=env_file,
        issuers=issuers,
        quiet_s=quiet_s,
        announce=_announce,
    )


def _announce(service: ForeignService) -> None:
    """Print what the service needs, on standard error: results alone go to standard output."""
    console = err()
    console.print(Text("Your service needs:", "bold"))
    for name, value in service.environment().items():
        console.print(Text(f"  {name}={value}"), soft_wrap=True)
    console.print(Text(f"The same as a file: {service.env_file}; as JSON: {service.json_file}", "dim"), soft_wrap=True)
    if service.options.url:
        words = f"Waiting until a POST without a token to {service.needs()['endpoint']['url']} is answered 401 …"
        console.print(Text(words, "yellow"), soft_wrap=True)
