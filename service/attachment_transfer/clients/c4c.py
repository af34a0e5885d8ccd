"""SAP Service Cloud V1 (C4C) over OData V2: find the activity, list, attach, read back. Nothing is ever deleted.

Every answer is taken in C4C's own JSON (single entities wrapped in ``d.results``) and in standard V2; the strict header
is sent. Errors are classified by HTTP status, never by text, save for the documented lock message.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import httpx

from attachment_transfer.clients.body import UploadBody
from attachment_transfer.clients.c4c_metadata import AttachmentNavigation, attachment_navigation
from attachment_transfer.clients.documents import read_at_most, read_json, retry_after_s
from attachment_transfer.clients.outbound import speaking_to, unavailable
from attachment_transfer.core.dialect import Dialect, Lookup
from attachment_transfer.core.errors import (
    AccessDenied,
    AmbiguousActivity,
    AttachmentRefused,
    CredentialRefused,
    NeighbourBusy,
    NeighbourUnavailable,
    OutcomeUnknown,
    TransferError,
    UnexpectedAnswer,
)
from attachment_transfer.core.model import ActivityRef, StoredObject
from attachment_transfer.core.names import storable

_DOCUMENT_LIMIT_BYTES = 32 * 1024 * 1024
_NAME = "C4C"
_LOCATION = re.compile(r"\((?:ObjectID=)?'([^']+)'\)/?$")
#: So that one lock error does not hide a file's real refusal, a lock is waited for, in seconds.
_LOCK_WAIT_S = 10.0


class CsrfRequired(TransferError):
    """C4C wants a CSRF token of this user (business users; technical users are exempt). Nothing was written."""

    code = "csrf-required"


class NotShown(UnexpectedAnswer):
    """404: C4C does not show the object; after a create it may not be committed yet."""


@dataclass(frozen=True, kw_only=True)
class NewAttachment:
    """What a create sends beside the bytes."""

    name: str
    content_type: str
    title: str | None


class C4cClient:
    """Give it an ``httpx.Client`` with Basic credentials, timeouts and the outbound policy.

    Args:
        known: where discovered navigations are kept between rounds; shared by all clients of a process.
        now_s: the service's clock, epoch seconds; what an HTTP date in an answer is compared with.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        c4c_url: str,
        dialect: Dialect,
        known: MutableMapping[str, AttachmentNavigation],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._known = known
        self._now_s = now_s
        self._root = c4c_url.rstrip("/") + "/sap/c4c/odata/v1/"
        self._dialect = dialect
        self._lock = re.compile(dialect.c4c_lock_pattern)
        self._csrf: dict[str, str] = {}

    def find_activity(self, contact_id: str) -> ActivityRef | None:
        """Try the dialect's lookups in order. Raises :class:`AmbiguousActivity` if one yields two activities."""
        for lookup in self._dialect.c4c_lookups:
            parents = self._parents(lookup, contact_id)
            if len(parents) > 1:
                raise AmbiguousActivity(
                    f"{len(parents)} activities in {lookup.activity_set} carry this contact's reference"
                )
            if parents:
                return ActivityRef(service=lookup.service, entity_set=lookup.activity_set, object_id=parents.pop())
        return None

    def _parents(self, lookup: Lookup, contact_id: str) -> set[str]:
        params = {
            "$filter": f"{lookup.field} eq '{contact_id}'",
            "$select": f"ObjectID,{lookup.parent}" if lookup.parent != "ObjectID" else "ObjectID",
            "$format": "json",
        }
        rows = self._rows(f"{self._root}{lookup.service}/{lookup.set}", params)
        return {str(row[lookup.parent]) for row in rows if row.get(lookup.parent)}

    def navigation(self, activity: ActivityRef) -> AttachmentNavigation:
        """Discover how files are attached to this kind of activity; ``known`` remembers it per tenant."""
        url = f"{self._root}{activity.service}/$metadata"
        key = f"{url} {activity.entity_set}"
        if key not in self._known:
            with self._got(url, {}, accept="application/xml") as response:
                metadata = read_at_most(response, _DOCUMENT_LIMIT_BYTES, _NAME)
            self._known[key] = attachment_navigation(metadata, activity.entity_set)
        return self._known[key]

    def attachments(self, activity: ActivityRef, navigation: AttachmentNavigation) -> list[StoredObject]:
        """List what is attached already; all pages, never the bytes."""
        url = f"{self._entity(activity.service, activity.entity_set, activity.object_id)}/{navigation.navigation}"
        rows = self._rows(url, {"$select": _selection(navigation), "$format": "json"})
        return [_stored(row, self._dialect) for row in rows]

    def attachment(
        self, activity: ActivityRef, navigation: AttachmentNavigation, object_id: str
    ) -> StoredObject | None:
        """Read one attachment's metadata back; None if C4C does not show it (yet)."""
        url = self._entity(activity.service, navigation.entity_set, object_id)
        try:
            document = self._get_json(url, {"$select": _selection(navigation), "$format": "json"})
        except NotShown:
            return None
        return _stored(_single(document), self._dialect)

    def digest(self, activity: ActivityRef, navigation: AttachmentNavigation, object_id: str) -> tuple[int, str]:
        """Download the stored bytes as a stream; return (size in bytes, sha256)."""
        url = self._entity(activity.service, navigation.entity_set, object_id) + "/Binary/$value"
        sha256, size_bytes = hashlib.sha256(), 0
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        with (
            speaking_to(_NAME),
            self._http.stream("GET", url, headers=headers, follow_redirects=False) as response,
        ):
            self._raise_if_unwell(response)
            for piece in response.iter_bytes():
                sha256.update(piece)
                size_bytes += len(piece)
        return size_bytes, sha256.hexdigest()

    def takes_title(self, navigation: AttachmentNavigation) -> bool:
        """True if our key may travel in ``Title``: the dialect says so, and metadata lets us set it."""
        return self._dialect.c4c_key_field == "Title" and "Title" in navigation.creatable

    def fields(self, new: NewAttachment) -> dict[str, str]:
        """The members of a create beside ``Binary``."""
        fields = {
            "TypeCode": self._dialect.c4c_attachment_type_code,
            "CategoryCode": self._dialect.c4c_attachment_category_code,
            "Name": new.name,
            "MimeType": new.content_type,
        }
        if new.title is not None:
            fields["Title"] = new.title
        return fields

    def upload(self, activity: ActivityRef, navigation: AttachmentNavigation, body: UploadBody) -> str | None:
        """POST the body to the activity's navigation; return the new ObjectID, or None if the answer names none.

        Raises :class:`OutcomeUnknown` where the object may exist; every other error means that it does not.
        """
        url = f"{self._entity(activity.service, activity.entity_set, activity.object_id)}/{navigation.navigation}"
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Content-Length": str(body.content_length),
            "odata-no-response-payload": "true",
            "odata-v2-strict-json-format": "true",
            **self._csrf,
        }
        try:
            with self._http.stream(
                "POST", url, headers=headers, content=iter(body), follow_redirects=False
            ) as response:
                return self._created(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            raise unavailable(_NAME, exc) from exc
        except httpx.TransportError as exc:
            raise OutcomeUnknown(f"C4C: {type(exc).__name__} after the upload had begun") from exc

    def fetch_csrf_token(self, service: str) -> None:
        """GET the service root with ``x-csrf-token: fetch``; token and cookies stay with this client."""
        headers = {"x-csrf-token": "fetch", "Accept": "application/json"}
        with speaking_to(_NAME):
            response = self._http.get(f"{self._root}{service}/", headers=headers, follow_redirects=False)
        self._raise_if_unwell(response)
        token = response.headers.get("x-csrf-token")
        if not token:
            raise UnexpectedAnswer("C4C asked for a CSRF token and did not issue one")
        self._csrf = {"x-csrf-token": token}

    def _created(self, response: httpx.Response) -> str | None:
        if response.status_code >= 500 or response.status_code == 408:
            raise OutcomeUnknown(
                f"C4C answered {response.status_code} to an upload", retry_after_s=retry_after_s(response, self._now_s)
            )
        if response.status_code == 403 and response.headers.get("x-csrf-token", "").lower() == "required":
            raise CsrfRequired("C4C asks for a CSRF token")
        if response.status_code not in {200, 201, 204} and response.is_success:
            raise OutcomeUnknown(f"C4C answered {response.status_code} to an upload")
        self._raise_if_unwell(response, created=True)
        if match := _LOCATION.search(response.headers.get("location", "")):
            return match.group(1)
        try:
            entity = _single(read_json(response, _DOCUMENT_LIMIT_BYTES, _NAME))
        except (TransferError, httpx.HTTPError):
            return None
        return str(entity["ObjectID"]) if entity.get("ObjectID") else None

    def _entity(self, service: str, entity_set: str, object_id: str) -> str:
        # In OData's literals a quote is doubled (OData 2.0, URI conventions; documented).
        literal = quote(object_id.replace("'", "''"), safe="")
        return f"{self._root}{service}/{entity_set}('{literal}')"

    def _rows(self, url: str, params: dict[str, str]) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        rows, following = _page(self._get_json(url, params))
        yield from rows
        while following:
            if following in seen:
                raise UnexpectedAnswer("C4C's pages lead back to one that was read already")
            seen.add(following)
            rows, following = _page(self._get_json(self._here(url, following), {}))
            yield from rows

    def _here(self, url: str, link: str) -> str:
        """Path and query of ``link`` at our own address.

        Credentials go to no other host, and a tenant may name itself by an older one.
        """
        try:
            own, there = urlsplit(url), urlsplit(urljoin(url, link))
        except ValueError as exc:
            raise UnexpectedAnswer("C4C's next link is no address") from exc
        return urlunsplit((own.scheme, own.netloc, there.path, there.query, ""))

    def _get_json(self, url: str, params: dict[str, str]) -> dict[str, Any]:
        with self._got(url, params, accept="application/json") as response:
            document = read_json(response, _DOCUMENT_LIMIT_BYTES, _NAME)
        if not isinstance(document, dict):
            raise UnexpectedAnswer("C4C answered JSON that is not an object")
        return document

    @contextmanager
    def _got(self, url: str, params: dict[str, str], *, accept: str) -> Iterator[httpx.Response]:
        headers = {"Accept": accept, "odata-v2-strict-json-format": "true"}
        arguments: dict[str, Any] = {"params": params} if params else {}
        with (
            speaking_to(_NAME),
            self._http.stream("GET", url, headers=headers, follow_redirects=False, **arguments) as response,
        ):
            self._raise_if_unwell(response)
            yield response

    def _raise_if_unwell(self, response: httpx.Response, *, created: bool = False) -> None:
        status = response.status_code
        if status in {200, 201} or (created and status == 204):
            return
        if status == 401:
            raise CredentialRefused("C4C refused the user or password of the request (sap_v1.user, x-sap-v1-password)")
        if status == 403:
            raise AccessDenied("C4C answered 403: the service is not ticked in the arrangement, or a right is missing")
        if status in {423, 429, 503}:
            raise NeighbourBusy(f"C4C answered {status}", retry_after_s=retry_after_s(response, self._now_s))
        if status >= 500 or status == 408:
            raise NeighbourUnavailable(f"C4C answered {status}")
        if status == 404:
            raise NotShown("C4C answered 404")
        message = _error_text(response)
        if self._lock.search(message):
            raise NeighbourBusy("C4C: the activity is locked", retry_after_s=_LOCK_WAIT_S)
        if created and status in {400, 413, 415, 422}:
            raise AttachmentRefused(f"C4C answered {status}{': ' + message if message else ''}")
        raise UnexpectedAnswer(f"C4C answered {status}{': ' + message if message else ''}")


def _error_text(response: httpx.Response) -> str:
    """The human text of C4C's error form, at most 200 characters; empty for HTML and anything else."""
    try:
        document = json.loads(read_at_most(response, 256 * 1024, _NAME))
        return storable(str(document["error"]["message"]["value"]))[:200]
    except (ValueError, KeyError, TypeError, TransferError, httpx.HTTPError):
        return ""


def _selection(navigation: AttachmentNavigation) -> str:
    wanted = ("ObjectID", "Name", "Title", "MimeType", "SizeInkB")
    return ",".join(name for name in wanted if name in navigation.properties)


def _page(document: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """Rows and next link, in C4C's shape or in standard V2. Anything else is no list, least of all an empty one."""
    data = document.get("d")
    rows = data.get("results") if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedAnswer("C4C answered 200 without the list that was asked for")
    following = data.get("__next") if isinstance(data, dict) else None
    return rows, str(following) if following else None


def _single(document: Any) -> dict[str, Any]:
    """One entity, in C4C's shape (``d.results`` is the object) or in standard V2 (``d`` is)."""
    data = document.get("d") if isinstance(document, dict) else None
    inner = data.get("results", data) if isinstance(data, dict) else None
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    if not isinstance(inner, dict):
        raise UnexpectedAnswer("C4C answered without an entity")
    return inner


def _stored(row: dict[str, Any], dialect: Dialect) -> StoredObject:
    if not row.get("ObjectID"):
        raise UnexpectedAnswer("C4C lists an attachment without ObjectID")
    return StoredObject(
        object_id=str(row["ObjectID"]),
        name=row.get("Name"),
        title=row.get("Title"),
        size_bytes=_size_bytes(row) if dialect.c4c_size_field_holds_bytes else None,
    )


def _size_bytes(row: dict[str, Any]) -> int | None:
    """C4C's ``SizeInkB`` holds bytes, as a decimal string (recorded: the developer guide's 37-byte text)."""
    try:
        return int(Decimal(str(row["SizeInkB"])))
    except (KeyError, InvalidOperation, ValueError, OverflowError):
        return None
