"""The filters of the journal page, read from its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from attachment_lab.errors import WrongUse
from attachment_lab.exchanges.entry import HOPS, Entry

STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx", "none")
LABELS = ("documented", "recorded", "inferred", "assumed", "own")
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "MERGE")
MOST = 500


@dataclass(frozen=True, kw_only=True)
class Query:
    """The exchanges to show; empty = all.

    Attributes:
        about: a chat's guid, an attachment's id at CMI, an object of C4C or a transfer's id.
        status: one of STATUS_CLASSES or a number, such as 421.
        text: anywhere in the exchange, in any case.
        label: of a behaviour that was used.
        failed, faulted: only those that failed; that a fault affected.
        after: key of the entry after which the list begins (older ones).
    """

    hop: str = ""
    method: str = ""
    status: str = ""
    about: str = ""
    text: str = ""
    label: str = ""
    failed: bool = False
    faulted: bool = False
    after: str = ""
    limit: int = 100


@dataclass(frozen=True, kw_only=True)
class QueryResult:
    """One page of the result.

    Attributes:
        total: number of all exchanges; ``matching``: of those that match.
        newer: number of matching ones before the first shown.
        older: number of matching ones after the last shown.
    """

    entries: tuple[Entry, ...]
    total: int
    matching: int
    newer: int
    older: int


def read_query(given: Mapping[str, str]) -> Query:
    """From an address's parameters. Raises WrongUse that names the parameter and its allowed values."""
    _one_of(given, "hop", tuple(HOPS))
    _one_of(given, "method", METHODS)
    _one_of(given, "label", LABELS)
    status = given.get("status", "")
    if status and status not in STATUS_CLASSES and not (status.isascii() and status.isdigit() and len(status) == 3):
        raise WrongUse(f"status: {status!r} is none of {', '.join(STATUS_CLASSES)} and no number of three digits")
    return Query(
        hop=given.get("hop", ""),
        method=given.get("method", ""),
        status=status,
        about=given.get("about", "").strip(),
        text=given.get("q", "").strip(),
        label=given.get("label", ""),
        failed=_flag(given, "failed"),
        faulted=_flag(given, "struck"),
        after=given.get("after", ""),
        limit=_limit(given.get("limit", "100")),
    )


def select(
    entries: Sequence[Entry], query: Query, *, containing: Set[str] | None, labels: Mapping[str, str]
) -> QueryResult:
    """The page of ``entries`` (newest first) that the query selects.

    Args:
        containing: keys of the entries that contain the query's text; None without a text.
        labels: evidence label by id.
    """
    found = [
        entry for entry in entries if fits(entry, query, labels) and (containing is None or entry.key in containing)
    ]
    begin = next((place + 1 for place, entry in enumerate(found) if entry.key == query.after), 0)
    shown = found[begin : begin + query.limit]
    return QueryResult(
        entries=tuple(shown),
        total=len(entries),
        matching=len(found),
        newer=begin,
        older=len(found) - begin - len(shown),
    )


def fits(entry: Entry, query: Query, labels: Mapping[str, str]) -> bool:
    """Whether an entry matches, apart from its text."""
    return (
        query.hop in {"", entry.hop}
        and query.method in {"", entry.method}
        and _status_fits(entry.status, query.status)
        and (not query.about or query.about.upper() in _ids(entry))
        and (not query.label or any(labels.get(each) == query.label for each in entry.evidence))
        and (not query.failed or entry.failed)
        and (not query.faulted or bool(entry.fault))
    )


def _status_fits(status: int, wanted: str) -> bool:
    if not wanted:
        return True
    if wanted == "none":
        return status == 0
    return str(status) == wanted or f"{status // 100}xx" == wanted


def _ids(entry: Entry) -> set[str]:
    ids = (entry.chat, entry.attachment, entry.object_id, entry.activity, entry.transfer)
    return {each.upper() for each in ids if each}


def _one_of(given: Mapping[str, str], name: str, known: Sequence[str]) -> None:
    value = given.get(name, "")
    if value and value not in known:
        raise WrongUse(f"{name}: {value!r} is none of {', '.join(known)}")


def _flag(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "")
    if value not in {"", "0", "1"}:
        raise WrongUse(f"{name}: {value!r} is neither 1 nor 0")
    return value == "1"


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise WrongUse(f"limit: {text!r} is no number from 1 to {MOST}")
    return int(text)
