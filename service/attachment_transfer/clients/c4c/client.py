"""SAP Service Cloud V1 (C4C) over OData V2: find the activity, list, attach, read back. Nothing is ever deleted.

Every answer is taken in C4C's own JSON (single entities wrapped in ``d.results``) and in standard V2; the strict header
is sent. Errors are decided by HTTP status first (``core/answers/c4c.py``); texts only distinguish a lock from a
refusal, in every form and language (``error_texts.py``). Lists are read within limits
(``lists.py``).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from attachment_transfer.clients.body import UploadBody
from attachment_transfer.clients.c4c.errors import C4cErrors
from attachment_transfer.clients.c4c.lists import LIST_LIMITS, ListLimits, ListReader, selection, single, stored
from attachment_transfer.clients.c4c.lists import object_id as object_id_of
from attachment_transfer.clients.c4c.metadata import AttachmentNavigation, attachment_navigation
from attachment_transfer.clients.documents import read_at_most, read_json
from attachment_transfer.clients.outbound.time_limits import CallTimes, Extensions, too_slow
from attachment_transfer.clients.outbound.transport import speaking_to, unavailable
from attachment_transfer.core.answers.c4c import CsrfTokenMissing, LockWords, NotShown, Operation
from attachment_transfer.core.answers.sniffing import sniff
from attachment_transfer.core.dialect import Lookup, NeighbourDialect
from attachment_transfer.core.errors import (
    AmbiguousActivity,
    OutcomeUnknown,
    TransferError,
    UnexpectedAnswer,
)
from attachment_transfer.core.model import ActivityRef, C4cObject

_DOCUMENT_LIMIT_BYTES = 32 * 1024 * 1024
_NAME = "C4C"
_LOCATION = re.compile(r"\((?:ObjectID=)?'([^']+)'\)/?$")
#: C4C answers in its user's language. Headers and not a query: next links and journals keep the plain address. SAP's
#: HTTP server takes the language of a logon from ``sap-language`` first, then from ``Accept-Language`` (inferred for
#: C4C); gateways before it know only the second.
_IN_ENGLISH = {"Accept-Language": "en", "sap-language": "EN"}
_PAGE_REMEDY = "Open the C4C address with the technical user: a sign-in page or a proxy answers in its place."
_UPLOAD_PAGE_REMEDY = f"{_PAGE_REMEDY} The service looks for the file before it sends it again."


@dataclass(frozen=True, kw_only=True)
class NewAttachment:
    """What a create sends in addition to the bytes."""

    name: str
    content_type: str
    title: str | None


class C4cClient:
    """Needs an ``httpx.Client`` with Basic credentials, timeouts and the outbound policy.

    Args:
        known: where discovered navigations are kept between rounds; shared by all clients of a process.
        times: how long calls may take.
        now_s: the service's clock, epoch seconds; what an HTTP date in an answer is compared with.
        monotonic_s: a clock that only runs forwards, in seconds; bounds lists and error documents.
        list_limits: how much of one list is read.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        c4c_url: str,
        dialect: NeighbourDialect,
        known: MutableMapping[str, AttachmentNavigation],
        times: CallTimes | None = None,
        now_s: Callable[[], float] = time.time,
        monotonic_s: Callable[[], float] = time.monotonic,
        list_limits: ListLimits = LIST_LIMITS,
    ) -> None:
        self._http = http
        self._known = known
        self._times = times or CallTimes()
        self._root = c4c_url.rstrip("/") + "/sap/c4c/odata/v1/"
        self._dialect = dialect
        locks = LockWords(dialect.c4c_lock_pattern, words=dialect.c4c_lock_words, not_words=dialect.c4c_not_lock_words)
        self._errors = C4cErrors(locks, now_s=now_s, monotonic_s=monotonic_s)
        self._lists = ListReader(self._get_json, monotonic_s=monotonic_s, limits=list_limits)
        self._language = _IN_ENGLISH if dialect.c4c_asks_for_english else {}
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

    @property
    def searched(self) -> list[str]:
        """Where ``find_activity`` looks, in order: the entity sets that hold references."""
        return [lookup.set for lookup in self._dialect.c4c_lookups]

    def _parents(self, lookup: Lookup, contact_id: str) -> set[str]:
        params = {
            "$filter": f"{lookup.field} eq '{contact_id}'",
            "$select": f"ObjectID,{lookup.parent}" if lookup.parent != "ObjectID" else "ObjectID",
            "$format": "json",
        }
        service_root = f"{self._root}{lookup.service}/"
        rows = self._lists.rows(f"{service_root}{lookup.set}", params, service_root=service_root)
        parents = {row[lookup.parent] for row in rows if row.get(lookup.parent)}
        if not all(isinstance(parent, str) for parent in parents):
            raise UnexpectedAnswer(f"C4C lists {lookup.parent} of {lookup.set} as something that is no id")
        return parents

    def navigation(self, activity: ActivityRef) -> AttachmentNavigation:
        """Discover how files are attached to this kind of activity; ``known`` remembers it per tenant."""
        url = f"{self._root}{activity.service}/$metadata"
        key = f"{url} {activity.entity_set}"
        if key not in self._known:
            with self._document(url, "application/xml") as response:
                metadata = read_at_most(response, _DOCUMENT_LIMIT_BYTES, _NAME)
            if sniff(metadata[:512]) == "text/html":
                raise UnexpectedAnswer("C4C answered 200 with a web page, not $metadata", remedy=_PAGE_REMEDY)
            self._known[key] = attachment_navigation(metadata, activity.entity_set)
        return self._known[key]

    def attachments(self, activity: ActivityRef, navigation: AttachmentNavigation) -> list[C4cObject]:
        """List what is attached already: all pages, never the bytes, each ObjectID once.

        C4C's pages may overlap when something is attached meanwhile; the later reading of an object counts.
        """
        url = f"{self._entity(activity.service, activity.entity_set, activity.object_id)}/{navigation.navigation}"
        params = {"$select": selection(navigation), "$format": "json"}
        rows = self._lists.rows(url, params, service_root=f"{self._root}{activity.service}/")
        found = (stored(row, self._dialect) for row in rows)
        return list({item.object_id: item for item in found}.values())

    def attachment(self, activity: ActivityRef, navigation: AttachmentNavigation, object_id: str) -> C4cObject | None:
        """Read one attachment's metadata back; None if C4C does not show it (yet)."""
        url = self._entity(activity.service, navigation.entity_set, object_id)
        try:
            document = self._get_json(url, {"$select": selection(navigation), "$format": "json"})
        except NotShown:
            return None
        return stored(single(document), self._dialect)

    def digest(
        self,
        activity: ActivityRef,
        navigation: AttachmentNavigation,
        object_id: str,
        *,
        at_most_bytes: int | None = None,
    ) -> tuple[int, str]:
        """Download the stored bytes as a stream; return (size in bytes, sha256).

        Raises :class:`UnexpectedAnswer` as soon as there are more than ``at_most_bytes``.
        """
        url = self._entity(activity.service, navigation.entity_set, object_id) + "/Binary/$value"
        sha256, size_bytes = hashlib.sha256(), 0
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        with self._got(url, headers, self._times.file()) as response:
            self._times.begin_body(response)
            for piece in response.iter_bytes():
                sha256.update(piece)
                size_bytes += len(piece)
                if at_most_bytes is not None and size_bytes > at_most_bytes:
                    raise UnexpectedAnswer(
                        f"C4C sends more than {at_most_bytes:,} bytes for object {object_id}, which is not that large"
                    )
        return size_bytes, sha256.hexdigest()

    def takes_title(self, navigation: AttachmentNavigation) -> bool:
        """True if our key may travel in ``Title``: the dialect says so, and metadata lets us set it."""
        return self._dialect.c4c_key_field == "Title" and "Title" in navigation.creatable

    def fields(self, new: NewAttachment) -> dict[str, str]:
        """The members of a create other than ``Binary``."""
        fields = {
            "TypeCode": self._dialect.c4c_attachment_type_code,
            "CategoryCode": self._dialect.c4c_attachment_category_code,
            "Name": new.name,
            "MimeType": new.content_type,
        }
        if new.title is not None:
            fields["Title"] = new.title
        return fields

    def upload(
        self, activity: ActivityRef, navigation: AttachmentNavigation, body: UploadBody, *, budget_s: float
    ) -> str | None:
        """POST the body to the activity's navigation; return the new ObjectID, or None if the answer names none.

        Args:
            budget_s: how long C4C may take to receive the body; its answer has a limit of its own.

        An error whose ``may_exist`` is set means that the object may exist; every other error means that it does not.
        """
        url = f"{self._entity(activity.service, activity.entity_set, activity.object_id)}/{navigation.navigation}"
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Content-Length": str(body.content_length),
            "odata-no-response-payload": "true",
            "odata-v2-strict-json-format": "true",
            **self._language,
            **self._csrf,
        }
        try:
            with self._http.stream(
                "POST",
                url,
                headers=headers,
                content=iter(body),
                follow_redirects=False,
                extensions=self._times.upload(budget_s),
            ) as response:
                return self._created(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            raise unavailable(_NAME, exc) from exc
        except httpx.TransportError as exc:
            what = too_slow(exc) or type(exc).__name__
            raise OutcomeUnknown(f"C4C: {what}; the upload had begun") from exc

    def fetch_csrf_token(self, service: str) -> None:
        """GET the service root with ``x-csrf-token: fetch``; token and cookies stay with this client."""
        headers = {"x-csrf-token": "fetch", "Accept": "application/json"}
        with self._got(f"{self._root}{service}/", headers, self._times.document()) as response:
            token = response.headers.get("x-csrf-token")
        if not token:
            raise UnexpectedAnswer("C4C asked for a CSRF token and did not issue one")
        self._csrf = {"x-csrf-token": token}

    def _created(self, response: httpx.Response) -> str | None:
        if response.status_code == 403 and response.headers.get("x-csrf-token", "").lower() == "required":
            raise CsrfTokenMissing("C4C asks for a CSRF token")
        self._errors.raise_if_unwell(response, Operation.UPLOAD)
        if match := _LOCATION.search(response.headers.get("location", "")):
            return match.group(1)
        try:
            return object_id_of(single(read_json(response, _DOCUMENT_LIMIT_BYTES, _NAME)))
        except (TransferError, httpx.HTTPError) as exc:
            if response.status_code == 200:  # 201 and 204 mean "created"; 200 is also the status of a sign-in page
                said = exc.message if isinstance(exc, UnexpectedAnswer) else "C4C answered 200 and broke off"
                raise OutcomeUnknown(
                    f"{said}; whether the upload was kept is not known", remedy=_UPLOAD_PAGE_REMEDY
                ) from exc
            return None

    def _entity(self, service: str, entity_set: str, object_id: str) -> str:
        # In OData's literals a quote is doubled (OData 2.0, URI conventions; documented).
        literal = quote(object_id.replace("'", "''"), safe="")
        return f"{self._root}{service}/{entity_set}('{literal}')"

    def _get_json(self, url: str, params: dict[str, str]) -> dict[str, Any]:
        with self._document(url, "application/json", params) as response:
            document = read_json(response, _DOCUMENT_LIMIT_BYTES, _NAME)
        if not isinstance(document, dict):
            raise UnexpectedAnswer("C4C answered JSON that is not an object")
        return document

    def _document(
        self, url: str, accept: str, params: dict[str, str] | None = None
    ) -> AbstractContextManager[httpx.Response]:
        headers = {"Accept": accept, "odata-v2-strict-json-format": "true"}
        return self._got(url, headers, self._times.document(), params)

    @contextmanager
    def _got(
        self, url: str, headers: dict[str, str], extensions: Extensions, params: dict[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        headers = {**headers, **self._language}
        # Empty parameters would remove the query of a next link.
        call = self._http.stream(
            "GET", url, headers=headers, params=params or None, follow_redirects=False, extensions=extensions
        )
        with speaking_to(_NAME), call as response:
            self._errors.raise_if_unwell(response, Operation.READ)
            yield response
