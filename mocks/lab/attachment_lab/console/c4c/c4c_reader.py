"""Reads C4C for the pages, by the mock's OData for observers: no journal entry, no fault, no rate limit is touched."""

from __future__ import annotations

import re
from typing import Any

from attachment_lab.console.c4c import activity_view as view
from attachment_lab.console.session.shared_reading import SharedReading
from attachment_lab.console.session.tenant_session import TenantSession
from attachment_lab.console.web.page import tenant_session
from attachment_lab.console.web.stored_file import StoredFile
from attachment_lab.errors import LabError, RequestRefused
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.tenant.service_api import TransferRecord

FRESH_S = 0.8
LISTED_ACTIVITIES = 100
LISTED_FILES = 10_000
KEPT_READINGS = 50
SERVICE = "/_mock/odata/chatactivity"
_FIELDS = (
    "ObjectID,ParentObjectID,Name,MimeType,SizeInkB,CategoryCode,CreatedOn,CreatedBy,LinkWebURI,Title"  # not Binary
)
_OBJECT_ID = re.compile(r"[0-9A-Za-z]{1,70}")


class C4cReader:
    """One tenant's chat activities."""

    def __init__(self, session: TenantSession) -> None:
        self._c4c, self._tenant = session.to.c4c, session.names.name
        self._reconciliation: Reconciliation = session.reconciliation
        self.activities = SharedReading(self._list, for_s=FRESH_S)
        self._details: dict[str, SharedReading] = {}

    def of_chat(self, guid: str) -> dict[str, Any] | None:
        """The activity of a chat, as a line of the list."""
        return next((each for each in self.activities() if each["chat"] == guid), None)

    def detail(self, object_id: str) -> dict[str, Any]:
        """One activity in full. Raises RequestRefused (404)."""
        key = _checked(object_id)
        if key not in self._details:
            while len(self._details) >= KEPT_READINGS:
                self._details.pop(next(iter(self._details)))
            self._details[key] = SharedReading(lambda: self._read(key), for_s=FRESH_S)
        found: dict[str, Any] = self._details[key]()
        return found

    def file(self, object_id: str) -> StoredFile:
        """An attachment's bytes, by OData's ``$value``. Raises RequestRefused (404)."""
        key = _checked(object_id)
        (attachment,) = view.rows(self._get(f"ChatActivityAttachmentCollection('{key}')", **{"$select": _FIELDS}))
        stored = next((each for each in self._reconciliation.objects() if each.object_id == key), None)
        if stored is None:
            raise RequestRefused("this attachment has no document", status=404)
        return StoredFile(
            calls=self._c4c,
            path=f"{SERVICE}/ChatActivityAttachmentCollection('{key}')/Binary/$value",
            params={"tenant": self._tenant},
            name=str(attachment.get("Name") or "file"),
            declared=str(attachment.get("MimeType") or ""),
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
        )

    def _list(self) -> list[dict[str, Any]]:
        wanted = {
            "$expand": "ChatActivityBTDReference",
            "$orderby": "ActualStartDateTime desc",
            "$top": str(LISTED_ACTIVITIES),
        }
        found = view.all_rows(lambda page: self._get("ChatActivityCollection", **page), wanted, most=LISTED_ACTIVITIES)
        return [view.row(each) for each in found]

    def _read(self, object_id: str) -> dict[str, Any]:
        address = f"ChatActivityCollection('{object_id}')"
        expand = "ChatActivityBTDReference,ChatActivityParties,ChatActivityTextCollection"
        (activity,) = view.rows(self._get(address, **{"$expand": expand}))
        line = view.row(activity)
        return line | {
            "facts": view.facts(activity),
            "references": view.references(activity),
            "parties": view.parties(view.rows(activity.get("ChatActivityParties") or [])),
            "texts": view.texts(view.rows(activity.get("ChatActivityTextCollection") or [])),
            "files": self._files(address, line["chat"]),
        }

    def _files(self, address: str, chat: str) -> list[dict[str, Any]]:
        path = f"{address}/ChatActivityAttachment"
        found = view.all_rows(lambda page: self._get(path, **page), {"$select": _FIELDS}, most=LISTED_FILES)
        if not found:
            return []
        stored = {each.object_id: each for each in self._reconciliation.objects()}
        sources = [each for each in self._reconciliation.sources() if each.chat == chat]
        transfers = self._transfers(chat)
        files = [view.file_view(each, stored.get(str(each["ObjectID"])), sources, transfers) for each in found]
        return view.in_chat_order(files, sources)

    def _transfers(self, chat: str) -> list[TransferRecord]:
        """The service's transfers; without them the digests alone are compared."""
        try:
            return self._reconciliation.service.transfers(chat=chat) if chat else []
        except LabError:
            return []

    def _get(self, path: str, **options: str) -> Any:
        params = {"$format": "json", **options, "tenant": self._tenant}
        return self._c4c.send("GET", f"{SERVICE}/{path}", params=params)


def _checked(object_id: str) -> str:
    """An ObjectID becomes part of an OData address: letters and digits only. Raises RequestRefused (404)."""
    if not _OBJECT_ID.fullmatch(object_id):
        raise RequestRefused(f"no activity has the ObjectID {object_id[:80]!r}", status=404)
    return object_id


def c4c_reader() -> C4cReader:
    """The reader of the running request's tenant."""
    return tenant_session().of(C4cReader)
