"""A chat activity as a service agent sees it, from OData documents. Pure: the same documents give the same view."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attachment_lab.names import shown
from attachment_lab.reconciliation.records import C4cFile, SourceFile
from attachment_lab.tenant.service_api import TransferRecord

Raw = Mapping[str, Any]
#: Life cycle codes of C4C: 1 open, 2 in process, 3 completed, 4 canceled.
TONES = {"1": "waiting", "2": "active", "3": "done", "4": "idle"}
#: The service generates these from the chat's messages; CMI lists no such attachment.
TRANSCRIPT = "transcript:"
_DATE = re.compile(r"\\?/Date\((-?\d+)(?:[+-]\d+)?\)\\?/")


def moment(value: object) -> str | None:
    """OData's ``/Date(milliseconds)/`` as ISO 8601 in UTC; None for anything else."""
    found = _DATE.fullmatch(str(value or ""))
    if found is None:
        return None
    return datetime.fromtimestamp(int(found[1]) / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rows(document: Any) -> list[Raw]:
    """The entities of a collection, in C4C's JSON (``d.results``) or the standard's."""
    inner = document.get("d", document) if isinstance(document, dict) else document
    found = inner.get("results", inner) if isinstance(inner, dict) else inner
    return [found] if isinstance(found, dict) else list(found or [])


def all_rows(read: Callable[[dict[str, str]], Any], options: dict[str, str], *, most: int) -> list[Raw]:
    """The entities of all pages, at most so many: C4C cuts a list at 1,000 rows, one with ``$expand`` at 100.

    ``read``: one page by its query options; the next link of a page names those of the next.
    """
    found: list[Raw] = []
    while len(found) < most:
        document = read(options)
        found += rows(document)
        inner = document.get("d") if isinstance(document, dict) else None
        link = inner.get("__next") if isinstance(inner, dict) else None
        if not link:
            break
        options = dict(parse_qsl(urlsplit(str(link)).query))
    return found[:most]


def row(activity: Raw) -> dict[str, Any]:
    """One line of the list."""
    status = str(activity.get("LifeCycleStatusCode") or "")
    return {
        "object_id": activity["ObjectID"],
        "id": activity.get("ID") or "",
        "subject": shown(str(activity.get("SubjectName") or "(no subject)")),
        "email": activity.get("ChatMainEmailURI") or "",
        "status": activity.get("LifeCycleStatusCodeText") or status or "–",
        "tone": TONES.get(status, "idle"),
        "at": moment(activity.get("ActualStartDateTime")) or moment(activity.get("CreationDate")),
        "chat": reference_of(activity),
    }


def reference_of(activity: Raw) -> str:
    """The chat's guid that C4C keeps: in a reference to another system, or (by dialect) in GroupwareItemID."""
    references = rows(activity.get("ChatActivityBTDReference") or [])
    kept = next((str(each["ID"]) for each in references if each.get("ID")), "")
    return kept or str(activity.get("GroupwareItemID") or "")


def facts(activity: Raw) -> list[list[str]]:
    """Header fields that are filled: label and value; moments as ISO 8601."""
    names = {
        "Type": "ProcessingTypeCodeText",
        "Direction": "InitiatorCodeText",
        "Priority": "PriorityCodeText",
        "Origin": "DataOriginTypeCodeText",
        "E-mail": "ChatMainEmailURI",
        "Customer": "ChatMainPartyID",
        "Started": "ActualStartDateTime",
        "Ended": "ActualEndDateTime",
        "Completed": "CompletionDateTime",
        "Changed": "EntityLastChangedOn",
    }
    values = [(label, activity.get(name)) for label, name in names.items()]
    return [[label, moment(value) or str(value)] for label, value in values if value]


def references(activity: Raw) -> list[dict[str, str]]:
    """External ids with the business system that they are of."""
    found = rows(activity.get("ChatActivityBTDReference") or [])
    pairs = [(each.get("ID"), each.get("ChatBusinessSystemID")) for each in found]
    if not any(id_ for id_, _ in pairs) and activity.get("GroupwareItemID"):
        pairs = [(activity["GroupwareItemID"], "GroupwareItemID")]
    return [{"id": str(id_), "system": str(system or "–")} for id_, system in pairs if id_]


def parties(found: Iterable[Raw]) -> list[dict[str, str]]:
    """Who is involved, with role and type."""
    return [
        {
            "name": shown(str(each.get("PartyName") or each.get("PartyID") or each.get("PartyEmailURI") or "–")),
            "role": str(each.get("RoleCodeText") or each.get("RoleCode") or ""),
            "type": str(each.get("PartyTypeCodeText") or ""),
        }
        for each in found
    ]


def texts(found: Iterable[Raw]) -> list[dict[str, str]]:
    """Notes of the activity."""
    return [{"text": str(each.get("Text") or ""), "by": str(each.get("AuthorName") or "")} for each in found]


def file_view(
    attachment: Raw, stored: C4cFile | None, sources: Iterable[SourceFile], transfers: Iterable[TransferRecord]
) -> dict[str, Any]:
    """One attachment, its digest compared with the file in the chat."""
    size_kb = float(attachment.get("SizeInkB") or 0)
    return {
        "object_id": attachment["ObjectID"],
        "name": shown(str(attachment.get("Name") or "(no name)")),
        "type": str(attachment.get("MimeType") or ""),
        "size_bytes": stored.size_bytes if stored else round(size_kb * 1024),
        "by": str(attachment.get("CreatedBy") or "–"),
        "at": moment(attachment.get("CreatedOn")),
        "is_link": str(attachment.get("CategoryCode")) == "3",
        "link": str(attachment.get("LinkWebURI") or ""),
        "title": shown(str(attachment.get("Title") or "")),
        **_compared(str(attachment["ObjectID"]), stored, list(sources), list(transfers)),
    }


def in_chat_order(files: Iterable[dict[str, Any]], sources: Sequence[SourceFile]) -> list[dict[str, Any]]:
    """Views of files in the order of the chat; what belongs to no file of it comes last."""
    place = {each.sha256: number for number, each in reversed(list(enumerate(sources)))}
    return sorted(files, key=lambda each: place.get(each["source_sha256"], len(sources)))


def _compared(
    object_id: str, stored: C4cFile | None, sources: list[SourceFile], transfers: list[TransferRecord]
) -> dict[str, Any]:
    """``equal``: True, False, or None where there is nothing to compare with; ``compared`` says it in words."""
    if stored is None:
        return {"equal": None, "sha256": "", "source_sha256": "", "compared": "Not committed yet"}
    carried = {each.object_id: each.source_id for transfer in transfers for each in transfer.attachments}
    source_id = carried.get(object_id) or ""
    digests = {"sha256": stored.sha256, "source_sha256": ""}
    if source_id.startswith(TRANSCRIPT):
        return digests | {"equal": None, "compared": "Generated by the service from the chat’s messages"}
    source = next((each for each in sources if each.id == source_id), None)
    source = source or next((each for each in sources if each.sha256 == stored.sha256), None)
    source = source or _only_namesake(stored, sources)
    if source is None:
        return digests | {"equal": None, "compared": "No file of the chat belongs to it"}
    equal = source.equals(stored)
    words = "Equal to the file in the chat" if equal else "Differs from the file in the chat"
    return digests | {"source_sha256": source.sha256, "equal": equal, "compared": words}


def _only_namesake(stored: C4cFile, sources: list[SourceFile]) -> SourceFile | None:
    """A damaged file has no digest in common with its source: its name identifies it, unless several have that name."""
    named = [each for each in sources if each.name == stored.name]
    return named[0] if len(named) == 1 else None
