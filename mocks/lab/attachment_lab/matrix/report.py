"""``docs/reliability.md``: text by hand, and between two marks what a run of the matrix writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from attachment_lab.matrix.declared import declared_cells
from attachment_lab.matrix.heat_map import MARKS, WORDS, Row, columns, heat_map
from attachment_lab.matrix.lists import EVENT_FAULTS, PROCESS_FAULTS
from attachment_lab.matrix.play import MatrixRun

BEGIN = "<!-- written by `attachment-lab matrix report`: begin -->"
END = "<!-- written by `attachment-lab matrix report`: end -->"


def written_into(page: str, run: MatrixRun) -> str:
    """The page with its generated part replaced. Raises ValueError where the marks are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page needs the two lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{markdown(run)}\n{END}{after}"


def markdown(run: MatrixRun) -> str:
    """Figures, failures, heat map and declarations."""
    parts = (_figures(run), _failures(run), _maps(run), _declared())
    return "\n".join(line for part in parts for line in part)


def _figures(run: MatrixRun) -> Iterator[str]:
    found = run.figures
    yield f"Run of {run.at}. Recovery is in virtual seconds, of the cells that needed no person."
    yield ""
    yield "| cells declared | run | passed | lost | doubled | stuck | recovery, median | recovery, maximum |"
    yield "|---|---|---|---|---|---|---|---|"
    yield (
        f"| {found.declared} | {found.run} | {found.passed} | {found.lost} | {found.doubled} | {found.stuck} "
        f"| {_seconds(found.recovery_median_s)} | {_seconds(found.recovery_max_s)} |"
    )
    yield ""


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:g} s"


def _failures(run: MatrixRun) -> Iterator[str]:
    failed = [each for each in run.results if not each.ok]
    if failed:
        yield "Cells that did not come as declared:"
        yield ""
        yield from (f"- `{each.cell}`: {each.why}" for each in failed)
        yield ""


def _maps(run: MatrixRun) -> Iterator[str]:
    yield "Each mark is an attempt: first, second, last. " + "; ".join(
        f"{MARKS[tone]} {words}" for tone, words in WORDS.items()
    )
    yield ""
    rows = heat_map(run.results)
    yield from _table("Wire and HTTP faults", [row for row in rows if row.family == "wire"])
    yield from _table("Process faults", [row for row in rows if row.family == "process"])
    yield from _table("Event faults", [row for row in rows if row.family == "event"])
    yield from (f"- `{fault.id}`: {fault.says}" for fault in PROCESS_FAULTS)
    yield from (f"- `{fault.id}`: {fault.says}" for fault in EVENT_FAULTS)
    yield ""


def _table(title: str, rows: list[Row]) -> Iterator[str]:
    used = [hop for hop in columns() if any(hop in row.fields for row in rows)]
    yield f"### {title}"
    yield ""
    yield f"| fault | {' | '.join(used)} |"
    yield f"|---|{'---|' * len(used)}"
    for row in rows:
        fields = ("".join(MARKS[mark.tone] for mark in row.fields.get(hop, ())) for hop in used)
        yield f"| {row.fault} | {' | '.join(fields)} |"
    yield ""


def _declared() -> Iterator[str]:
    counted = Counter((declared.outcome, declared.alert) for _, declared in declared_cells())
    yield "### Declared outcomes"
    yield ""
    yield "| outcome | cells | alert |"
    yield "|---|---|---|"
    for (outcome, alert), count in sorted(counted.items()):
        yield f"| {outcome} | {count} | {alert or '–'} |"
    yield ""
