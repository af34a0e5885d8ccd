"""``attachment-lab probe``."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import click

from attachment_lab.cli.common import err, json_option, out, print_json
from attachment_lab.probe.exchange import ProbeExchange
from attachment_lab.probe.permits import ACCOUNTS, Permits
from attachment_lab.probe.session import ProbeResult, run_probe
from attachment_lab.probe.target import target_from
from attachment_lab.probe.view import progress_line, show

#: The endpoint is the service's own; the behaviour suite calls it, the probe does not.
PROBED = ("cmi", "c4c", "token")


@click.command()
@click.option(
    "--system",
    "systems",
    multiple=True,
    type=click.Choice(PROBED),
    default=("cmi", "c4c"),
    show_default=True,
    help="Probe this system; may be repeated.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="A new folder for report, evidence and dialect file.  [default: probe-DATE-TIME]",
)
@click.option("--allow-writes", is_flag=True, help="Add small files to the test activity, and to nothing else.")
@click.option("--test-activity", default="", metavar="OBJECTID", help="The one chat activity that may be written to.")
@click.option("--clean-up", is_flag=True, help="Delete the files that this run added.")
@click.option(
    "--allow-wrong-password",
    type=click.Choice(ACCOUNTS),
    default=None,
    help="Try ONE wrong password on this account, last.",
)
@click.option(
    "--force-production", is_flag=True, help="Probe hosts that are not listed in ATTACHMENT_PROBE_TEST_HOSTS too."
)
@click.option("--all", "everything", is_flag=True, help="Show assumptions that were not observed too, with the reason.")
@json_option
def probe(systems: tuple[Any, ...], folder: Path | None, as_json: bool, everything: bool, **allowed: Any) -> int:
    """Check on a real tenant what the mocks assume about it; write a dialect file that matches the tenant.

    Reads only, unless --allow-writes. Addresses and accounts come from the environment: ATTACHMENT_PROBE_CMI_URL,
    _CMI_API_KEY, _CMI_USER, _CMI_PASSWORD, _C4C_URL, _C4C_USER, _C4C_PASSWORD, _CONTACT_ID (an ended chat with
    attachments and an activity), _TEST_HOSTS (what is no production); each also as NAME_FILE. docs/probe.md lists every
    request that is sent.

    Exit code: 0 nothing contradicts an assumption, 1 something does or a system could not be probed, 2 wrong use.
    """
    target = target_from(os.environ, systems)
    if allowed["test_activity"]:
        target = replace(target, test_activity=allowed["test_activity"])
    permits = Permits(
        writes=allowed["allow_writes"],
        clean_up=allowed["clean_up"],
        tries_on=allowed["allow_wrong_password"],
        production=allowed["force_production"],
    )
    number = count(1)
    screen = err()

    def show_progress(exchange: ProbeExchange) -> None:
        screen.print(progress_line(exchange, next(number)))

    outcome = run_probe(target, permits, folder or _new_folder(), on_exchange=show_progress)
    _show(outcome, as_json=as_json, everything=everything)
    return 0 if outcome.ok else 1


def _show(outcome: ProbeResult, *, as_json: bool, everything: bool) -> None:
    if as_json:
        print_json(outcome.to_json())
    else:
        show(outcome, out(), everything=everything)


def _new_folder() -> Path:
    return Path(f"probe-{datetime.now(UTC):%Y%m%d-%H%M%S}")
