"""What a failed test's report shows of a tenant's chain, as text. Pure; its length is bounded and secrets are masked.

Per chat: its event, its transfer with reason and remedy, each file that is not stored with the hop where it stopped.
Then the planned faults, whether they took effect, and the exchanges that failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from attachment_lab.chats.facts import ChatFacts
from attachment_lab.chats.picture import FileView, draw
from attachment_lab.exchanges.entry import HOPS, Entry
from attachment_lab.exchanges.why import Explanation
from attachment_lab.names import shown
from mock_kit.faults.kinds import KINDS

#: Limits of one tenant's section: about a screen and a half.
MOST_CHATS = 5
MOST_FILES = 10
MOST_STEPS = 8
MOST_FAULTS = 20
MOST_EXCHANGES = 10
MOST_LINES = 100
MOST_CHARS = 300
MASK = "***"
#: The stations of ``chats.facts`` in their order, for people.
STATIONS = ("in Contact Pro", "at the integration", "at the service", "between CMI and the service", "at C4C")


@dataclass(frozen=True, kw_only=True)
class FailedExchanges:
    """Exchanges that failed in the same way; ``last`` is the newest of ``count``."""

    last: Entry
    count: int
    why: Explanation | None = None


@dataclass(frozen=True, kw_only=True)
class FailureFacts:
    """What could be read of a tenant.

    Attributes:
        faults: (mock, the planned fault as its mock gives it).
        failed: oldest first, as ``grouped`` makes them; ``exchanges``: the number of all exchanges.
        refused: requests that the edge proxy refused since the tenant was opened, as it gives them.
        unread: one sentence for each part that could not be read.
        is_dead: nothing could be read at all.
        secrets: values that are masked, by a name that may be printed.
    """

    tenant: str
    chats: Sequence[ChatFacts] = ()
    faults: Sequence[tuple[str, Mapping[str, Any]]] = ()
    failed: Sequence[FailedExchanges] = ()
    exchanges: int = 0
    refused: Sequence[Mapping[str, Any]] = ()
    unread: Sequence[str] = ()
    is_dead: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def failure_report(facts: FailureFacts) -> str:
    """At most MOST_LINES lines of MOST_CHARS characters; one line where nothing could be read."""
    lines = [_line(_masked(line, facts.secrets)) for line in _lines(facts)]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"… and {len(lines) - MOST_LINES + 1} more lines"]
    return "\n".join(lines)


def grouped(entries: Iterable[Entry]) -> list[FailedExchanges]:
    """The failed ones among ``entries`` (oldest first), equal ones together, ordered by the newest of each group."""
    found: dict[tuple[object, ...], FailedExchanges] = {}
    for entry in entries:
        if entry.failed:
            key = (entry.hop, entry.operation, entry.method, entry.path, entry.status, entry.fault)
            before = found.pop(key, None)
            found[key] = FailedExchanges(last=entry, count=1 + (before.count if before else 0))
    return list(found.values())


def _lines(facts: FailureFacts) -> Iterator[str]:
    if facts.is_dead:
        yield f"The chain cannot be shown: {next(iter(facts.unread), 'no process of the stack answered')}"
        return
    yield from _of_chats(facts.chats)
    yield from _of_faults(facts.faults)
    yield from _of_exchanges(facts)
    yield from (f"Not shown: {sentence}" for sentence in facts.unread)


def _of_chats(chats: Sequence[ChatFacts]) -> Iterator[str]:
    if not chats:
        yield "No chat."
        return
    newest = chats[-MOST_CHATS:]
    if len(chats) > len(newest):
        yield f"{len(chats)} chats, the newest {len(newest)}:"
    for chat in newest:
        yield from _of_chat(chat)


def _of_chat(chat: ChatFacts) -> Iterator[str]:
    files = draw(chat).files
    stored = sum(1 for each in files if each.chip == "Stored")
    yield f"Chat {chat.guid} ({chat.status}): {stored} of {len(files)} file(s) stored."
    for delivery in chat.deliveries:
        answer = f"answered {delivery.status}" if delivery.status else "no answer"
        error = f": {delivery.error}" if delivery.error else ""
        yield f"  event {delivery.event}: {delivery.state}, {answer}{error}"
    if not chat.deliveries:
        yield "  no event was fired"
    yield from _of_transfer(chat)
    missing = [each for each in files if each.chip != "Stored"]
    for file in missing[:MOST_FILES]:
        yield from _of_file(file)
    if len(missing) > MOST_FILES:
        yield f"  … and {len(missing) - MOST_FILES} more file(s) that are not stored"


def _of_transfer(chat: ChatFacts) -> Iterator[str]:
    transfer = chat.transfer
    if transfer is None:
        if chat.deliveries:
            yield "  the service has no transfer for it"
        return
    outcome = f", {transfer.outcome}" if transfer.outcome else ""
    reason = f": {transfer.reason}" if transfer.reason else ""
    yield f"  transfer {transfer.id}: {transfer.state}{outcome}, after {transfer.rounds} round(s){reason}"
    if transfer.remedy:
        yield f"    remedy: {transfer.remedy}"
    if transfer.next_round_at:
        yield f"    next round at {transfer.next_round_at}"


def _of_file(file: FileView) -> Iterator[str]:
    reason = f": {file.reason}" if file.reason else ""
    yield f"  {file.name}: {file.chip.lower()}, {STATIONS[file.station]}{reason}"
    if file.remedy:
        yield f"    remedy: {file.remedy}"
    for hop in file.hops[-MOST_STEPS:]:
        failed = f": {hop.note}" if hop.note else ": failed" if hop.tone == "failed" else ""
        yield f"    {_time(hop.at)} {hop.words}{failed}"


def _of_faults(faults: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    if not faults:
        return
    yield "Planned faults:"
    for mock, fault in faults[:MOST_FAULTS]:
        yield f"  {mock} {fault['id']}: {_what(fault)}: {_struck(fault)}"
    if len(faults) > MOST_FAULTS:
        yield f"  … and {len(faults) - MOST_FAULTS} more"


def _what(fault: Mapping[str, Any]) -> str:
    match, kind = fault.get("match") or {}, KINDS.get(str(fault["kind"]))
    usual = {name: param.default for name, param in kind.params.items()} if kind else {}
    params = (fault.get("params") or {}).items()
    given = ", ".join(f"{name} {value}" for name, value in params if value != usual.get(name))
    where = " ".join(str(match[part]) for part in ("method", "host", "path") if match.get(part))
    return f"{fault['kind']}{f' ({given})' if given else ''} on {where or 'any request'}"


def _struck(fault: Mapping[str, Any]) -> str:
    applied, left = int(fault.get("applied") or 0), fault.get("remaining")
    if not applied:
        return "has NOT struck: no request matched it, or only skipped ones"
    times = "once" if applied == 1 else f"{applied} times"
    more = "" if left == 0 else ", until removed" if left is None else f", {left} more to come"
    return f"struck {times}{more}"


def _of_exchanges(facts: FailureFacts) -> Iterator[str]:
    if facts.failed:
        count = sum(each.count for each in facts.failed)
        newest = facts.failed[-MOST_EXCHANGES:]
        part = f"; the newest {len(newest)} kinds" if len(newest) < len(facts.failed) else ""
        yield f"Failed exchanges ({count} of {facts.exchanges}{part}):"
        for each in newest:
            yield from _of_exchange(each)
    for request in facts.refused[-MOST_EXCHANGES:]:
        address = f"{request['host']}:{request['port']}{request['path']}"
        yield f"  {_time(str(request['time']))} edge proxy refused {request['method']} {address}: no open tenant has it"


def _of_exchange(failed: FailedExchanges) -> Iterator[str]:
    entry = failed.last
    times = f" ({failed.count} times)" if failed.count > 1 else ""
    status = entry.status or "no answer"
    yield f"  {_time(entry.at)} {HOPS[entry.hop]}: {entry.words}: {entry.method} {entry.path} → {status}{times}"
    if failed.why:
        yield from (f"    {sentence}" for sentence in failed.why.because[:2])
        if failed.why.remedy:
            yield f"    remedy: {failed.why.remedy}"


def _time(moment: str) -> str:
    """The time of day of RFC 3339."""
    return moment[11:23].rstrip("Z")


def _line(text: str) -> str:
    """One printable line of at most MOST_CHARS characters; its indentation is kept."""
    indent = text[: len(text) - len(text.lstrip())]
    line = indent + shown(" ".join(text.split()))
    return line if len(line) <= MOST_CHARS else f"{line[: MOST_CHARS - 1]}…"


def _masked(text: str, secrets: Mapping[str, str]) -> str:
    for value in sorted(filter(None, secrets.values()), key=len, reverse=True):
        text = text.replace(value, MASK)
    return text
