"""All rows, in the order of the scorecard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attachment_lab.conformance.model import Row
from attachment_lab.conformance.rows import c4c, chats, cmi, endpoint, processes
from attachment_lab.errors import WrongUse

ROWS: tuple[Row, ...] = (*endpoint.ROWS, *chats.ROWS, *cmi.ROWS, *c4c.ROWS, *processes.ROWS)
BY_ID: Mapping[str, Row] = {each.id: each for each in ROWS}

#: Every scenario of the lab, and the row that judges an implementation by it; where the names are equal, none is here.
BY_SCENARIO: Mapping[str, str] = {
    "c4c-down": "c4c-busy",
    "token-expires": "token-renewed",
    "c4c-locked": "locked",
    "c4c-locked-german": "locked-in-german",
    "worker-killed": "killed-half-way",
    "late-commit": "slow-commit",
    "late-commit-next-event": "slow-commit",
    "upload-drips": "answer-slow",
    "two-legs": "event-early",
    "event-meanwhile": "events-race",
    "tokens-refused": "token-forged",
    "password-refused": "cmi-password",
    "api-killed": "killed-after-accept",
    "foreign-link": "redirected-elsewhere",
}


def chosen(names: Iterable[str]) -> tuple[Row, ...]:
    """The rows of these names in the table's order; all without names. Raises WrongUse that lists all names."""
    wanted = set(names)
    unknown = sorted(wanted - BY_ID.keys())
    if unknown:
        raise WrongUse(f"no row is called {', '.join(unknown)}; the rows are: {', '.join(BY_ID)}")
    return tuple(each for each in ROWS if not wanted or each.id in wanted)
