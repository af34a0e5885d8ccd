"""Why an exchange failed, in words: from planned faults, notes and answers, and what followed.

Pure: everything it reads is passed in (``ExplanationFacts``). Known failures are a table (patterns.toml).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from attachment_lab.exchanges.entry import HOPS, UNTRIGGERED, Entry, fault_in
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord
from attachment_lab.tenant.set_up.causes import FailedCall, cause_of
from attachment_lab.tenant.set_up.model import SetUpStep


@dataclass(frozen=True, kw_only=True)
class Point:
    """One defect: a field, its value, the expected one, and the remedy."""

    field: str
    found: str = ""
    expected: str = ""
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The explanation for people.

    Attributes:
        headline: one sentence.
        because: the known causes, most certain first.
        points: what is wrong, field by field.
        remedy: what to do; empty where nothing is needed.
        then: what happened next, oldest first.
        step: of the set-up, that is the cause: id, number and title; None where it is not the set-up.
    """

    headline: str
    because: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    remedy: str = ""
    then: tuple[str, ...] = ()
    step: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class ExplanationFacts:
    """The facts that are examined.

    Attributes:
        full: the exchange with headers and body heads, from its source.
        faults: planned faults of this mock, by id.
        later: entries after this one, oldest first.
        transfer: the service's record for the chat, if any.
        findings: the contract gate's, in the integration that sent a delivery.
        steps: of the tenant's set-up, with their states; empty = not known.
    """

    entry: Entry
    full: Mapping[str, Any]
    faults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    later: Sequence[Entry] = ()
    transfer: TransferRecord | None = None
    findings: Sequence[Point] = ()
    steps: Sequence[SetUpStep] = ()


def explain(facts: ExplanationFacts) -> Explanation:
    """Why this exchange failed, or which fault affected it although it succeeded."""
    entry = facts.entry
    planned = [facts.faults[each] for each in entry.fault if each in facts.faults]
    because = [_planned(each, entry) for each in planned]
    because += [
        f"Fault {each} took effect; it is no longer planned." for each in entry.fault if each not in facts.faults
    ]
    cause = None if because else cause_of(_failed_call(entry, facts.full), facts.steps)
    pattern = None if because or not entry.failed else known_failure(entry, _answer(facts.full))
    if cause:
        because.append(cause.sentence)
    if pattern:
        because.append(pattern.because)
    because += _own_words(facts.full)
    return Explanation(
        headline=_headline(entry),
        because=tuple(dict.fromkeys(because)),
        points=(*_points(facts.full), *facts.findings),
        remedy=cause.result.remedy if cause else pattern.remedy if pattern else "",
        then=tuple(_then(facts)),
        step={"id": cause.id, "number": cause.text.number, "title": cause.text.title} if cause else None,
    )


def _failed_call(entry: Entry, full: Mapping[str, Any]) -> FailedCall:
    answer = f"{_answer(full)} {full.get('error') or ''}"
    return FailedCall(hop=entry.hop, operation=entry.operation, status=entry.status, answer=answer)


def _headline(entry: Entry) -> str:
    where = HOPS[entry.hop]
    if not entry.failed:
        return "This succeeded although a planned fault took effect." if entry.fault else "This succeeded."
    if entry.hop == "stray":
        return f"{entry.host}{entry.path} is an unassigned address."
    who = "The service" if entry.hop == "delivery" else where
    if entry.operation == UNTRIGGERED:
        return "The event was fired, and nothing was sent."
    if entry.status == 0:
        return f"{entry.words}: no answer."
    return f"{entry.words}: {who} answered {entry.status}."


def _planned(fault: Mapping[str, Any], entry: Entry) -> str:
    done = "The mock did the work, then its answer was changed or lost"
    if fault["phase"] != "after":
        done = "The mock did not do the work"
    given = ", ".join(f"{name} {value}" for name, value in fault["params"].items() if value not in ("", {}, None))
    what = str(fault["kind"]).replace("_", " ")
    effect = f"{what} ({given})" if given else what
    if fault["kind"] == "status":
        effect = f"the answer is {fault['params']['status']}"
    if fault["kind"] == "latency":
        done = f"It took {entry.duration_ms / 1000:.1f} s"
    return f"Planned fault {fault['id']}: {effect}. {done}."


def _answer(full: Mapping[str, Any]) -> str:
    """The neighbour's answer and its mock's notes."""
    notes = [each if isinstance(each, str) else str(each["message"]) for each in full.get("notes", ())]
    return " ".join([*notes, _body(full)])


def _body(full: Mapping[str, Any]) -> str:
    """The start of the answer's body, of an exchange or of a delivery."""
    return str(full["response_body"] if "response_body" in full else full["response"]["head"])


def _own_words(full: Mapping[str, Any]) -> Iterator[str]:
    """The mock's notes, the answer's own sentence, the delivery's error."""
    for each in full.get("notes", ()):
        if isinstance(each, str):
            yield from () if fault_in(each) else (each,)
        elif each["code"] != "fault":
            yield str(each["message"])
    if full.get("error"):
        yield str(full["error"])
    problem = _json(_body(full))
    for sentence in (problem.get("detail"), problem.get("error_description"), _odata(problem), _xml(_body(full))):
        if sentence and isinstance(sentence, str):
            yield sentence


def _points(full: Mapping[str, Any]) -> Iterator[Point]:
    """``errors`` of ``application/problem+json``: the mocks use ``value`` or ``found``, the service ``found``."""
    for each in _json(_body(full)).get("errors") or ():
        if isinstance(each, Mapping):
            found = each.get("found", each.get("value"))
            yield Point(
                field=str(each.get("field", "")),
                found="" if found is None else str(found),
                expected=str(each.get("expected") or ""),
                remedy=str(each.get("remedy") or ""),
            )


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _odata(problem: Mapping[str, Any]) -> str | None:
    error = problem.get("error")
    message = error.get("message") if isinstance(error, Mapping) else None
    return str(message.get("value")) if isinstance(message, Mapping) else None


def _xml(text: str) -> str | None:
    if not re.match(r"\s*<(\?xml|error)", text):
        return None
    try:
        return next((str(each.text) for each in fromstring(text).iter() if each.tag.endswith("message")), None)
    except (ParseError, DefusedXmlException, ValueError):
        return None


def _then(facts: ExplanationFacts) -> Iterator[str]:
    entry = facts.entry
    again = [each for each in facts.later if _same_work(each, entry)]
    listed = next((each for each in facts.later if each.operation == "listing" and each.chat == entry.chat), None)
    if entry.operation == "upload" and entry.failed and listed:
        yield f"{_after(entry, listed)} the service listed the files in C4C before sending anything again."
    if again:
        last = "no answer" if again[-1].status == 0 else str(again[-1].status)
        times = "once more" if len(again) == 1 else f"{len(again)} times more"
        yield f"{_after(entry, again[0])} it was tried again, {times} in all; the last answer was {last}."
    carried = _carried(facts)
    if carried:
        yield _outcome(carried)
    elif facts.transfer and entry.failed:
        yield _transfer(facts.transfer)
    elif entry.failed and entry.caller == "transfer service" and not again:
        yield "No later exchange belongs to it yet."


def _same_work(one: Entry, other: Entry) -> bool:
    same = (one.hop, one.operation, one.method, one.path) == (other.hop, other.operation, other.method, other.path)
    return same and one.chat == other.chat and one.file == other.file


def _after(first: Entry, second: Entry) -> str:
    began, came = (datetime.fromisoformat(each.at) for each in (first, second))
    return f"{max(0.0, (came - began).total_seconds()):.1f} s later"


def _carried(facts: ExplanationFacts) -> AttachmentRecord | None:
    entry, transfer = facts.entry, facts.transfer
    if transfer is None or entry.operation not in {"download", "link", "upload", "verify", "read-back"}:
        return None
    mine = [each for each in transfer.attachments if each.source_id == entry.attachment]
    mine = mine or [each for each in transfer.attachments if entry.object_id and each.object_id == entry.object_id]
    mine = mine or [each for each in transfer.attachments if each.name == entry.file]
    return mine[0] if len(mine) == 1 else None


def _outcome(carried: AttachmentRecord) -> str:
    states = {
        "stored": "was stored in C4C",
        "parked": "was reported failed",
        "skipped": "was skipped",
        "ambiguous": "is being searched in C4C",
        "uploading": "is being uploaded to C4C",
        "open": "waits for its next try",
    }
    why = f": {carried.reason}" if carried.reason and carried.state != "stored" else ""
    todo = f" {carried.remedy}" if carried.remedy and carried.state == "parked" else ""
    return f"In the end {carried.name} {states.get(carried.state, carried.state)}{why}.{todo}".replace("..", ".")


def _transfer(transfer: TransferRecord) -> str:
    why = f": {transfer.reason}" if transfer.reason else ""
    soon = f" The next round is at {transfer.next_round_at}." if transfer.next_round_at else ""
    how = f"{transfer.state}, {transfer.outcome}" if transfer.outcome else transfer.state
    return f"The transfer is {how} after {transfer.rounds} round(s){why}.{soon}".replace("..", ".")


ANY = "*"


@dataclass(frozen=True, kw_only=True)
class FailurePattern:
    """One kind of failure.

    Attributes:
        hop, operation: of the exchange; ``*`` = any.
        words: must occur in the answer or in a note, in lower case; empty = no condition.
        because: one sentence on the cause; ``remedy``: one on what to do.
    """

    hop: str
    operation: str
    statuses: tuple[int, ...]
    because: str
    remedy: str
    words: str = ""

    def fits(self, entry: Entry, answer: str) -> bool:
        """Whether it explains this exchange."""
        return (
            self.hop in {ANY, entry.hop}
            and self.operation in {ANY, entry.operation}
            and entry.status in self.statuses
            and self.words in answer.lower()
        )


@cache
def patterns() -> tuple[FailurePattern, ...]:
    """The table, in its order."""
    text = resources.files("attachment_lab.exchanges").joinpath("patterns.toml").read_text()
    return tuple(
        FailurePattern(**each | {"statuses": tuple(each["statuses"])}) for each in tomllib.loads(text)["pattern"]
    )


def known_failure(entry: Entry, answer: str) -> FailurePattern | None:
    """The first pattern that matches; ``answer``: the neighbour's answer and its mock's notes."""
    return next((each for each in patterns() if each.fits(entry, answer)), None)
