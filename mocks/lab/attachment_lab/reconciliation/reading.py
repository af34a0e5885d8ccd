"""Reads what every hop has and checks it against the invariants (``invariants``)."""

from __future__ import annotations

import json
import mmap
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from attachment_lab.clients.control import MockControl
from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.reconciliation.file_trace import WITH_FILES, FileExchange, answer_from, file_exchange_from
from attachment_lab.reconciliation.invariants import judge, missing_files, wrong_contents
from attachment_lab.reconciliation.quiet import QUIET_S
from attachment_lab.reconciliation.records import (
    C4cFile,
    ChainRecords,
    DeliveryRecord,
    ExpectedOutcome,
    Leak,
    ReconciliationVerdict,
    SourceFile,
)
from attachment_lab.reconciliation.traffic import (
    ChangeRecord,
    CredentialRecord,
    NeighbourRequest,
    changes_from,
    credentials_from,
    requests_from,
)
from attachment_lab.tenant.conversation import SentFile
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.service_api import ServiceApi, TransferRecord

#: As many as Contact Pro's mock keeps.
MOST_DELIVERIES = 10_000
Journals = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Members of ChainRecords that are read together."""

    requests: tuple[NeighbourRequest, ...]
    credentials: tuple[CredentialRecord, ...]
    changes: tuple[ChangeRecord, ...]


class Reconciliation:
    """Compares the hops of one tenant. With ``run_dir`` logs and database are searched for secrets too.

    Attributes:
        service_is_visible: whether the service's own view is used (None = where it is ours); without, it is judged by
            what the mocks saw.
        quiet_s: without it, how long nothing may move before the chain counts as at rest, in seconds.
        expected: the outcome of single files, by their ids at CMI, where a scenario decides it.
    """

    def __init__(
        self,
        to: StackClients,
        names: TenantNames,
        *,
        run_dir: Path | None = None,
        service_is_visible: bool | None = None,
        quiet_s: float = QUIET_S,
    ) -> None:
        self.to = to
        self.service_is_visible = to.service_is_visible if service_is_visible is None else service_is_visible
        self.quiet_s = quiet_s
        self.expected: dict[str, ExpectedOutcome] = {}
        self.names = names
        self._run_dir = run_dir
        self.service = ServiceApi(to, names)
        self._sent: dict[str, SentFile] = {}

    def customer_sent(self, sent: SentFile) -> None:
        """Record size and digest of a file as the lab sent it: these count, whatever CMI reports later."""
        self._sent[sent.id] = sent

    def verdict(self) -> ReconciliationVerdict:
        """Read everything and check every invariant."""
        return judge(self.records())

    def records(self) -> ChainRecords:
        """What CMI, Contact Pro, the service and C4C have now; secrets are searched last."""
        sources, deliveries = self.sources(), self.deliveries()
        transfers = tuple(self.service.transfers()) if self.service_is_visible else None
        objects = self.objects()
        found = ChainRecords(
            sources=tuple(sources),
            deliveries=tuple(deliveries),
            transfers=transfers,
            objects=tuple(objects),
            technical_user=self.names.c4c_user,
            expected=dict(self.expected),
            chats_in_c4c=self.chats_in_c4c(),
        )
        journals = {mock: list(self.journal(mock)) for mock in MOCKS}
        return replace(
            found,
            **vars(self._traffic(journals)),
            exchanges=tuple(self._telling_exchanges(found, journals)),
            leaks=tuple(self._leaks(journals)),
            kept_secrets=tuple(kept_secrets(self._run_dir, found.known_transfers)),
        )

    def sources(self) -> list[SourceFile]:
        """Attachments of this tenant's chats, each with size and digest of the customer's bytes."""
        listed = self.to.cmi.get("/_mock/attachments", tenant=self.names.name)
        return [_source(each, self._sent.get(str(each["id"]))) for each in listed]

    def chats_in_c4c(self) -> frozenset[str]:
        """External references of every activity in C4C."""
        listed = self.to.c4c.get("/_mock/activities", tenant=self.names.name)
        return frozenset(str(each["external_reference_id"]) for each in listed if each["external_reference_id"])

    def _traffic(self, journals: Journals) -> Traffic:
        """What the technical users did at CMI and C4C, and which credentials went where."""
        secrets, logs = self.names.secrets_by_owner(), {}
        for mock in WITH_FILES:
            log = self.to.mock(mock).get("/_mock/credentials", tenant=self.names.name)
            logs[mock] = list(credentials_from(mock, log, secrets))
        if self.to.edge is not None:
            logs["edge"] = list(credentials_from("edge", self.to.edge.get("/_mock/edge/credentials"), secrets))
        users = {mock: {one.exchange: one.user for one in log if one.user} for mock, log in logs.items()}
        technical = {self.names.cmi_user, self.names.c4c_user}
        requests = [
            each
            for mock in WITH_FILES
            for each in requests_from(mock, journals[mock], users[mock])
            if each.user is None or each.user in technical
        ]
        return Traffic(
            requests=tuple(sorted(requests, key=lambda each: each.begun_s)),
            credentials=tuple(each for log in logs.values() for each in log),
            changes=tuple(changes_from(journals["c4c"], users["c4c"])),
        )

    def _telling_exchanges(self, records: ChainRecords, journals: Journals) -> Iterator[FileExchange]:
        """Exchanges that show why bytes are wrong or a file is missing; none when all is well."""
        wrong = {theirs.sha256 for _, theirs in wrong_contents(records)}
        if not wrong and not missing_files(records):
            return
        for mock in WITH_FILES:
            kinds = {str(each["id"]): str(each["kind"]) for each in self.control(mock).faults()}
            for exchange in journals[mock]:
                sent = exchange.get("wire") or exchange["response"]
                by_digest = mock == "cmi" and sent["sha256"] in wrong
                found = answer_from(mock, exchange) if by_digest else file_exchange_from(mock, exchange)
                if found and found.act in {"history", "download", "upload"}:
                    yield _with_kinds(found, kinds)

    def objects(self) -> list[C4cFile]:
        """Attachment objects in C4C."""
        listed = self.to.c4c.get("/_mock/attachments", tenant=self.names.name)
        return [
            C4cFile(
                object_id=str(each["object_id"]),
                external_reference=each.get("external_reference_id"),
                name=str(each["name"]),
                size_bytes=int(each["size_bytes"]),
                sha256=str(each["sha256"]),
                created_by=each.get("created_by"),
                sniffed_type=str(each.get("sniffed_type") or ""),
                mime_type=str(each.get("mime_type") or ""),
                title=str(each.get("title") or ""),
            )
            for each in listed
        ]

    def deliveries(self, event_id: str | None = None) -> list[DeliveryRecord]:
        """Deliveries of Contact Pro's event engine, oldest first; ``event_id`` narrows to one event."""
        made = self.to.orchestration.get(
            "/_mock/deliveries", tenant=self.names.name, event_id=event_id, limit=MOST_DELIVERIES
        )
        return [delivery_from(each) for each in made]

    def leaks(self) -> Iterator[Leak]:
        """Secrets of this tenant in a journal, a log or the service's database."""
        return self._leaks({mock: self.journal(mock) for mock in MOCKS})

    def _leaks(self, journals: Mapping[str, Iterable[Mapping[str, Any]]]) -> Iterator[Leak]:
        guarded = self.names.guarded()
        for mock, exchanges in journals.items():
            for exchange in exchanges:
                where = f"journal of the {mock} mock, exchange {exchange.get('id')}"
                yield from find_secrets(guarded, json.dumps(exchange, ensure_ascii=False).encode(), where)
        for path in _readable(self._run_dir):
            yield from find_in_file(guarded, path)

    def journal(self, mock: str) -> Iterator[dict[str, Any]]:
        """Every exchange in a mock's journal, oldest first."""
        return self.control(mock).journal()

    def control(self, mock: str) -> MockControl:
        """A mock's control interface, for this tenant."""
        return self.to.control(mock, self.names.name)


def _source(listed: Mapping[str, Any], sent: SentFile | None) -> SourceFile:
    """CMI's entry as a record; what the lab counted while sending takes precedence."""
    found = SourceFile(
        chat=str(listed["chat_guid"]),
        id=str(listed["id"]),
        name=str(listed["name"]),
        size_bytes=int(listed["size_bytes"]),
        sha256=str(listed["sha256"]),
        content_type=str(listed.get("content_type") or ""),
        sniffed_type=str(listed.get("sniffed_type") or ""),
    )
    if sent is None:
        return found
    return replace(
        found,
        name=sent.name,
        content_type=sent.content_type,
        size_bytes=sent.size_bytes,
        sha256=sent.sha256,
        cmi_size_bytes=found.size_bytes,
        cmi_sha256=found.sha256,
    )


def _with_kinds(exchange: FileExchange, kinds: Mapping[str, str]) -> FileExchange:
    """The exchange with fault kinds from the plan, where the journal's notes do not name them: faults on the wire."""
    if exchange.fault_kinds or not exchange.fault:
        return exchange
    return replace(exchange, fault_kinds=tuple(kinds[each] for each in exchange.fault.split(", ") if each in kinds))


def delivery_from(body: Mapping[str, Any]) -> DeliveryRecord:
    """A delivery of the orchestration mock as a record."""
    headers = {str(k).lower(): str(v) for k, v in (body.get("response_headers") or {}).items()}
    location = headers.get("location", "")
    duration = body.get("duration_ms")
    return DeliveryRecord(
        id=str(body["id"]),
        event_id=str(body.get("event_id")),
        event=str(body.get("event")),
        # A request that could not be made has no body; the event engine still records the contact.
        chat=_contact_id(body.get("request_body")) or body.get("contact_id"),
        state=str(body["state"]),
        status=body.get("status"),
        error=body.get("error"),
        transfer_id=location.rpartition("/transfers/")[2] or None if "/transfers/" in location else None,
        duration_ms=None if duration is None else float(duration),
        url=body.get("url"),
        token_use=body.get("token_use"),
        token_flaw=body.get("token_flaw"),
        fired_at=body.get("created_at"),
        finished_at=body.get("finished_at"),
        redelivery_of=body.get("redelivery_of"),
        evidence=tuple(str(each["id"]) for each in body.get("evidence") or ()),
        answer=str(body.get("response_body") or ""),
    )


def kept_secrets(run_dir: Path | None, transfers: Iterable[TransferRecord]) -> Iterator[str]:
    """Ids of transfers that have ended for good and whose sealed secrets are still in the database."""
    database = None if run_dir is None else run_dir / "service.db"
    ended = {each.id for each in transfers if each.state in {"settled", "cancelled"}}
    if database is None or not database.exists() or not ended:
        return
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            rows = connection.execute("select transfer_id from sealed_secret").fetchall()
    except sqlite3.Error:  # another service's database, or one that is being made
        return
    yield from (str(row[0]) for row in rows if str(row[0]) in ended)


def find_secrets(guarded: Mapping[str, str], text: bytes, where: str) -> Iterator[Leak]:
    """One leak per secret that occurs in the text."""
    for what, secret in guarded.items():
        if secret.encode() in text:
            yield Leak(what=what, where=where)


def find_in_file(guarded: Mapping[str, str], path: Path) -> Iterator[Leak]:
    """Search a file without reading it into memory."""
    with path.open("rb") as stream:
        if path.stat().st_size == 0:
            return
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for what, secret in guarded.items():
                if content.find(secret.encode()) >= 0:
                    yield Leak(what=what, where=path.name)


def _readable(run_dir: Path | None) -> Iterable[Path]:
    """Logs and the service's database with its side files; the mocks' spools hold customers' bytes only."""
    if run_dir is None:
        return []
    return sorted(path for path in (*run_dir.glob("*.log"), *run_dir.glob("service.db*")) if path.is_file())


def _contact_id(body: Any) -> str | None:
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return None
    return str(body["contact_id"]) if isinstance(body, dict) and body.get("contact_id") else None
