"""``attachment-lab probe``: a line per request, then the table of assumptions."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from attachment_lab.cli.common import err, json_option, out, print_json, print_table
from attachment_lab.errors import WrongUse
from attachment_lab.evidence.rows import parts
from attachment_lab.fidelity.checks import today
from attachment_lab.fidelity.gaps import Gap, gaps
from attachment_lab.probe.exchange import ProbeExchange
from attachment_lab.probe.findings.verdicts import CONTRADICTIONS, AssumptionVerdict, Word
from attachment_lab.probe.permits import ACCOUNTS, Permits
from attachment_lab.probe.session import ProbeResult, run_probe
from attachment_lab.probe.target import target_from

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
@click.option("--passes", type=click.IntRange(1, 20), default=1, show_default=True, help="Ask everything so often.")
@click.option(
    "--since",
    "earlier",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=None,
    help="The folder of an earlier run: show what has changed since then.",
)
@click.option("--gaps", "only_gaps", is_flag=True, help="Send nothing; list what to ask next, by what it would settle.")
@click.option("--all", "everything", is_flag=True, help="Show assumptions that were not observed too, with the reason.")
@json_option
def probe(
    systems: tuple[Any, ...],
    folder: Path | None,
    passes: int,
    earlier: Path | None,
    as_json: bool,
    only_gaps: bool,
    everything: bool,
    **allowed: Any,
) -> int:
    """Check on a real tenant what the mocks assume about it; write a dialect file that matches the tenant.

    Reads only, unless --allow-writes. Addresses and accounts come from the environment: ATTACHMENT_PROBE_CMI_URL,
    _CMI_API_KEY, _CMI_USER, _CMI_PASSWORD, _C4C_URL, _C4C_USER, _C4C_PASSWORD, _CONTACT_ID (an ended chat with
    attachments and an activity), _TEST_HOSTS (what is no production); each also as NAME_FILE. docs/probe.md lists every
    request that is sent.

    Of each assumption it says: confirmed, refuted, moved (another value than in the run of --since), flaky (the
    --passes disagree), or not seen.

    Exit code: 0 nothing contradicts an assumption, 1 something does or a system could not be probed, 2 wrong use.
    """
    before = _report_of(earlier) if earlier else None
    if only_gaps:
        _show_gaps(gaps(parts(), today(), earlier=before), as_json=as_json)
        return 0
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

    outcome = run_probe(
        target, permits, folder or _new_folder(), passes=passes, earlier=before, on_exchange=show_progress
    )
    _show(outcome, as_json=as_json, everything=everything)
    return 0 if outcome.ok else 1


def _show(outcome: ProbeResult, *, as_json: bool, everything: bool) -> None:
    if as_json:
        print_json(outcome.to_json())
    else:
        show(outcome, out(), everything=everything)


def _report_of(folder: Path) -> dict[str, Any]:
    """``report.json`` of an earlier run. Raises WrongUse."""
    path = folder / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        return {"at": report["at"], "assumptions": report["assumptions"]}
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise WrongUse(f"{path} is no report of a probe ({type(exc).__name__}); name the folder of a run") from exc


def _show_gaps(found: Sequence[Gap], *, as_json: bool) -> None:
    if as_json:
        print_json([each.to_json() for each in found])
        return
    rows = ((each.id, each.proof, each.settles, each.ask) for each in found)
    print_table(("question", "is", "an answer settles", "ask by"), rows)
    out().print(Text(f"{len(found)} open questions, the most important first.", style="bold"))


def _new_folder() -> Path:
    return Path(f"probe-{datetime.now(UTC):%Y%m%d-%H%M%S}")


_STYLES: dict[Word, str] = {
    "confirmed": "green",
    "refuted": "bold red",
    "moved": "bold red",
    "flaky": "bold red",
    "not seen": "dim",
}


def progress_line(exchange: ProbeExchange, number: int) -> Text:
    """One request and its answer, without any address or text of the tenant."""
    line = Text(f"{number:4d}  ", style="dim")
    line.append(f"{exchange.label:<28}")
    line.append(f" {exchange.method} → {exchange.status or '–'}", style="green" if exchange.ok else "yellow")
    line.append(f"  {round(exchange.took_s * 1000)} ms", style="dim")
    return line


def show(outcome: ProbeResult, console: Console, *, everything: bool) -> None:
    """Print the table, the reasons of systems that stopped, and the folder."""
    rows = [v for v in outcome.verdicts if everything or v.word != "not seen"]
    print_table(("assumption", "verdict", "assumed", "seen", "remark"), map(_row, sorted(rows, key=_no_contradiction)))
    counted = {word: len(outcome.with_word(word)) for word in _STYLES}
    console.print(Text(" · ".join(f"{number} {word}" for word, number in counted.items()), style="bold"))
    if not everything and counted["not seen"]:
        console.print(Text("--all shows what was not observed, and why.", style="dim"))
    for reason in outcome.stopped.values():
        console.print(Text(f"stopped: {reason}", style="bold red"), soft_wrap=True)
    if outcome.left_behind:
        console.print(Text(f"{outcome.left_behind} test files stay in the test activity (--clean-up deletes them)."))
    if outcome.rehearsal:
        console.print(Text("A rehearsal: these answers are from this machine, not from a tenant.", style="yellow"))
    console.print(Text(f"Report, evidence and dialect file: {outcome.folder}"), soft_wrap=True)


def _no_contradiction(verdict: AssumptionVerdict) -> bool:
    return verdict.word not in CONTRADICTIONS


def _row(verdict: AssumptionVerdict) -> tuple[object, ...]:
    one = verdict.assumption
    seen = "" if verdict.word == "not seen" else shown(verdict.seen, verdict.describable or not one.entry)
    return (one.id, Text(verdict.word, _STYLES[verdict.word]), shown(one.assumed), seen, verdict.detail)


def shown(value: Any, known: bool = True) -> str:
    """A value in a cell, long ones cut."""
    if not known:
        return "(no value that is known)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
