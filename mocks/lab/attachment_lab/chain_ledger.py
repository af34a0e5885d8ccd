"""Read what every hop holds, and judge it by the laws (laws.py)."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attachment_lab.laws import judge
from attachment_lab.minting import WorldNames
from attachment_lab.neighbours import MOCKS, Neighbours
from attachment_lab.records import ChainRecords, Handover, Leak, SourceFile, StoredObject, Verdict
from attachment_lab.service_api import ServiceApi

JOURNAL_PAGE = 500
#: All that Contact Pro's mock keeps.
MOST_DELIVERIES = 10_000


class ChainLedger:
    """The books of one world. ``run_dir`` adds logs and the service's database to the law of secrecy."""

    def __init__(self, to: Neighbours, names: WorldNames, *, run_dir: Path | None = None) -> None:
        self.to = to
        self.names = names
        self._run_dir = run_dir
        self.service = ServiceApi(to, names)

    def verdict(self) -> Verdict:
        """Read everything and judge it."""
        return judge(self.records())

    def records(self) -> ChainRecords:
        """What CMI, Contact Pro, the service and C4C hold now; the secrets are looked for last."""
        sources, handovers = self.sources(), self.handovers()
        transfers, objects = self.service.transfers(), self.objects()
        return ChainRecords(
            sources=tuple(sources),
            handovers=tuple(handovers),
            transfers=tuple(transfers),
            objects=tuple(objects),
            leaks=tuple(self.leaks()),
            technical_user=self.names.c4c_user,
        )

    def sources(self) -> list[SourceFile]:
        """Attachments that CMI holds."""
        held = self.to.cmi.get("/_mock/attachments", world=self.names.name)
        return [
            SourceFile(
                chat=str(each["chat_guid"]),
                id=str(each["id"]),
                name=str(each["name"]),
                size_bytes=int(each["size_bytes"]),
                sha256=str(each["sha256"]),
            )
            for each in _items(held, "attachments")
        ]

    def objects(self) -> list[StoredObject]:
        """Attachment objects that C4C holds."""
        held = self.to.c4c.get("/_mock/attachments", world=self.names.name)
        return [
            StoredObject(
                object_id=str(each["object_id"]),
                external_reference=each.get("external_reference_id"),
                name=str(each["name"]),
                size_bytes=int(each["size_bytes"]),
                sha256=str(each["sha256"]),
                created_by=each.get("created_by"),
            )
            for each in _items(held, "attachments")
        ]

    def handovers(self, event_id: str | None = None) -> list[Handover]:
        """Deliveries of Contact Pro's event engine, oldest first; ``event_id`` narrows to one event."""
        made = self.to.orchestration.get(
            "/_mock/deliveries", world=self.names.name, event_id=event_id, limit=MOST_DELIVERIES
        )
        return [handover_from(each) for each in _items(made, "deliveries")]

    def leaks(self) -> Iterator[Leak]:
        """Secrets of this world in a journal, a log or the service's database."""
        guarded = self.names.guarded()
        for mock in MOCKS:
            for exchange in self.journal(mock):
                where = f"journal of the {mock} mock, exchange {exchange.get('id')}"
                yield from find_secrets(guarded, json.dumps(exchange, ensure_ascii=False).encode(), where)
        for path in _readable(self._run_dir):
            yield from find_in_file(guarded, path)

    def journal(self, mock: str) -> Iterator[dict[str, Any]]:
        """Every exchange in a mock's journal, oldest first."""
        since = 0
        while True:
            page = self.to.mock(mock).get("/_mock/journal", world=self.names.name, since=since, limit=JOURNAL_PAGE)
            exchanges = _items(page, "exchanges")
            yield from exchanges
            newest = max((int(each["id"]) for each in exchanges), default=since)
            if newest <= since:
                return
            since = newest


def handover_from(body: Mapping[str, Any]) -> Handover:
    """A delivery of the orchestration mock as a record."""
    headers = {str(k).lower(): str(v) for k, v in (body.get("response_headers") or {}).items()}
    location = headers.get("location", "")
    duration = body.get("duration_ms")
    return Handover(
        id=str(body["id"]),
        event_id=str(body.get("event_id")),
        event=str(body.get("event")),
        # A request that could not be made has no body; the engine knows all the same whose event it was.
        chat=_contact_id(body.get("request_body")) or body.get("contact_id"),
        state=str(body["state"]),
        status=body.get("status"),
        error=body.get("error"),
        transfer_id=location.rpartition("/transfers/")[2] or None if "/transfers/" in location else None,
        duration_ms=None if duration is None else float(duration),
        url=body.get("url"),
        token_use=body.get("token_use"),
        fired_at=body.get("created_at"),
        finished_at=body.get("finished_at"),
        redelivery_of=body.get("redelivery_of"),
        evidence=tuple(str(each["id"]) for each in body.get("evidence") or ()),
    )


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


def _items(body: Any, key: str) -> list[dict[str, Any]]:
    """The list itself, bare or under its key."""
    found: list[dict[str, Any]] = body[key] if isinstance(body, dict) else body
    return found


def _contact_id(body: Any) -> str | None:
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return None
    return str(body["contact_id"]) if isinstance(body, dict) and body.get("contact_id") else None
