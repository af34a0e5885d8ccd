"""A recorded chat and its result: enough to play it again with generated files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import RequestRefused
from attachment_lab.exchanges.entry import Entry
from attachment_lab.reconciliation.invariants import judge
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.tenant.credentials import TenantNames


@dataclass(frozen=True, kw_only=True)
class RecordedFile:
    """A file of the chat; ``by`` is customer or agent."""

    id: str
    name: str
    size_bytes: int
    by: str


@dataclass(frozen=True, kw_only=True)
class RecordedFault:
    """A fault that affected this chat.

    Attributes:
        skip: number of matching requests of the chat before the first that it affected.
        times: how often it struck; None = whenever it could.
    """

    mock: str
    kind: str
    path: str
    method: str
    phase: str
    params: Mapping[str, Any]
    skip: int
    times: int | None
    on_the_wire: bool


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A chat as it was, and its end.

    Attributes:
        state, outcome: of its transfer; None when the service has none.
        attachments: (name, state) of the transfer's attachments.
        stored: names of what C4C holds for the chat.
        deliveries: states of the deliveries, in order.
        broken_invariants: of the reconciliation, as far as this chat is concerned.
        events: ticked in the integration; ``dialects``: switches that differ from the default, per mock.
        beyond: what an exported test does not repeat, a sentence each.
    """

    guid: str
    tenant: str
    channel_sub_type: str
    direct: bool
    accepted: bool
    further_legs: int
    ended: bool
    wrapped_up: bool
    files: tuple[RecordedFile, ...]
    faults: tuple[RecordedFault, ...]
    state: str | None
    outcome: str | None
    attachments: tuple[tuple[str, str], ...]
    stored: tuple[str, ...]
    deliveries: tuple[str, ...]
    broken_invariants: tuple[str, ...]
    fired: tuple[str, ...]
    events: tuple[str, ...] = ("Ended",)
    direct_conversations: bool = False
    dialects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    beyond: tuple[str, ...] = ()


def record(to: StackClients, reconciliation: Reconciliation, guid: str, entries: Sequence[Entry]) -> Recording:
    """Read everything about a chat. ``entries``: the tenant's, newest first. Raises LookupError for no such chat."""
    tenant = reconciliation.names.name
    try:
        chat = to.cmi.get(f"/_mock/chats/{guid}", tenant=tenant)
    except RequestRefused as exc:
        if exc.status != 404:
            raise
        raise LookupError(f"there is no chat {guid} in {tenant}") from None
    records = reconciliation.records().of_chat(guid)
    transfer = records.known_transfers[-1] if records.known_transfers else None
    mine = [entry for entry in reversed(entries) if entry.chat == guid]
    forms = to.orchestration.get("/_mock/event-driven-integrations", tenant=tenant)
    form = dict(forms[0]) if len(forms) == 1 else {}
    return Recording(
        guid=guid,
        tenant=reconciliation.names.tenant_path,
        channel_sub_type=str(chat["channel_sub_type"]),
        direct=bool(chat["direct"]),
        accepted=any(leg["agent_id"] for leg in chat["legs"]),
        further_legs=sum(leg["kind"] not in {"first", "consult"} for leg in chat["legs"]),
        ended=chat["status"] in {"Ended", "Handled"},
        wrapped_up=chat["status"] == "Handled",
        files=tuple(_files(to, tenant, guid)),
        faults=tuple(_recorded_faults(to, tenant, mine)),
        state=transfer.state if transfer else None,
        outcome=transfer.outcome if transfer else None,
        attachments=tuple(sorted((each.name, each.state) for each in transfer.attachments)) if transfer else (),
        stored=tuple(sorted(each.name for each in records.objects)),
        deliveries=tuple(each.state for each in records.deliveries),
        broken_invariants=tuple(sorted({each.invariant for each in judge(records).violations})),
        fired=tuple(dict.fromkeys(each.event for each in records.deliveries)),
        events=tuple(form.get("events", ("Ended",))),
        direct_conversations=bool(form.get("direct_conversations", False)),
        dialects={mock: changed for mock in MOCKS if (changed := _dialect(to, mock, tenant))},
        beyond=tuple(_beyond(to, reconciliation.names, forms, chat)),
    )


def _beyond(
    to: StackClients, names: TenantNames, forms: Sequence[Mapping[str, Any]], chat: Mapping[str, Any]
) -> Iterator[str]:
    """What :mod:`.as_pytest` cannot repeat."""
    if [form["json"] for form in forms] != [names.integration_json] or not forms[0]["enabled"]:
        yield (
            f"System Configurator had {len(forms)} event-driven integration(s), not the documented one alone and "
            "as it is; here that one is used."
        )
    moved = {mock: to.control(mock, names.name).offset_s() for mock in MOCKS}
    if any(moved.values()):
        offsets = ", ".join(f"{mock} by {offset_s:g} s" for mock, offset_s in moved.items() if offset_s)
        yield f"Clocks had been moved ({offsets}); here none is."
    failures = to.orchestration.get("/_mock/oauth/failures", tenant=names.name)["failures"]
    if kinds := sorted({str(each["kind"]) for each in failures if each["struck"]}):
        yield f"Planned failures of the token issuer took effect ({', '.join(kinds)}); here there are none."
    if any(leg["kind"] == "consult" for leg in chat["legs"]):
        yield "A colleague had been consulted; here there is no consultation."


def _files(to: StackClients, tenant: str, guid: str) -> Iterator[RecordedFile]:
    for each in to.cmi.get("/_mock/attachments", tenant=tenant):
        if each["chat_guid"] == guid:
            yield RecordedFile(
                id=str(each["id"]),
                name=str(each["name"]),
                size_bytes=int(each["size_bytes"]),
                by=str(each["originator_type"]),
            )


def _recorded_faults(to: StackClients, tenant: str, mine: Sequence[Entry]) -> Iterator[RecordedFault]:
    """``mine``: the chat's entries, oldest first."""
    for mock in MOCKS:
        calls = [entry for entry in mine if entry.mock == mock and entry.hop in {mock, "delivery"}]
        plans = {str(each["id"]): each for each in to.control(mock, tenant).faults()}
        for fault_id in dict.fromkeys(each for entry in calls for each in entry.fault):
            if fault_id in plans:
                yield _recorded_fault(plans[fault_id], mock, fault_id, calls)


def _recorded_fault(plan: Mapping[str, Any], mock: str, fault_id: str, calls: Sequence[Entry]) -> RecordedFault:
    path, method = str(plan["match"].get("path", "*")), str(plan["match"].get("method", "*"))
    fitting = [each for each in calls if fnmatchcase(each.path, path) and method.upper() in {"*", each.method}]
    first = next((place for place, entry in enumerate(fitting) if fault_id in entry.fault), 0)
    return RecordedFault(
        mock=mock,
        kind=str(plan["kind"]),
        path=path,
        method=method,
        phase=str(plan["phase"]),
        params=dict(plan["params"]),
        skip=first,
        times=None if plan["times"] is None else sum(fault_id in entry.fault for entry in calls),
        on_the_wire=plan["layer"] != "app",
    )


def _dialect(to: StackClients, mock: str, tenant: str) -> dict[str, Any]:
    now = to.mock(mock).get("/_mock/dialect", tenant=tenant)
    return {name: value for name, value in now["dialect"].items() if now["defaults"].get(name) != value}
