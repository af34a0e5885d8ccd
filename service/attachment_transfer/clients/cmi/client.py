"""Contact Pro's Contact Management Interface: lists a chat's files and downloads them.

Transport as documented: ``x-api-key`` and HTTP Basic on every call, ``Accept: application/json``. The document is read
in ``chat_documents.py``, files in ``downloads.py``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from attachment_transfer.clients.cmi.chat_documents import attachments, chat_messages, says_nothing_of_files
from attachment_transfer.clients.cmi.downloads import NAME, Downloads, OpenSource
from attachment_transfer.clients.documents import read_json, retry_after_s
from attachment_transfer.clients.outbound.time_limits import CallTimes
from attachment_transfer.clients.outbound.transport import speaking_to
from attachment_transfer.core.dialect import NeighbourDialect
from attachment_transfer.core.errors import (
    AccessDenied,
    AttachmentGone,
    CredentialRefused,
    NeighbourBusy,
    NeighbourUnavailable,
    UnexpectedAnswer,
)
from attachment_transfer.core.model import SourceAttachment
from attachment_transfer.core.transcript import ChatMessage

_DOCUMENT_LIMIT_BYTES = 16 * 1024 * 1024
#: Rows of one page of messages, and the most pages that are read.
_PAGE_ROWS, _MOST_PAGES = 100, 200
#: Answers of an interface that does not have the resource, or not with these parameters.
_NOT_OFFERED = frozenset({400, 404, 405, 501})


@dataclass(frozen=True)
class CmiConversation:
    """What CMI knows of a contact. ``known`` is False if there is no history (yet, or for this user).

    Attributes:
        attachments: of all originators; the policy decides whose are carried.
        messages: empty unless they were requested.
    """

    known: bool
    attachments: tuple[SourceAttachment, ...] = ()
    messages: tuple[ChatMessage, ...] = ()


class CmiClient:
    """Needs an ``httpx.Client`` with the two credentials and the outbound policy.

    Args:
        now_s: the service's clock, epoch seconds; what an HTTP date in an answer is compared with.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        cmi_url: str,
        dialect: NeighbourDialect,
        spool_limit_bytes: int,
        times: CallTimes | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._now_s = now_s
        self._base = cmi_url.rstrip("/") + "/"
        self._dialect = dialect
        self._times = times or CallTimes()
        self._downloads = Downloads(
            http,
            base=self._base,
            times=self._times,
            spool_limit_bytes=spool_limit_bytes,
            size_is_exact=dialect.cmi_listed_size_is_exact,
            raise_if_unwell=lambda response: self._raise_if_unwell(response, gone=True),
        )

    def limited(self, spool_limit_bytes: int) -> CmiClient:
        """The same client, for sources that take less of the disk."""
        return CmiClient(
            self._http,
            cmi_url=self._base,
            dialect=self._dialect,
            spool_limit_bytes=spool_limit_bytes,
            times=self._times,
            now_s=self._now_s,
        )

    def conversation(self, contact_id: str, *, with_messages: bool = False) -> CmiConversation:
        """Read the chat's history; every leg of the group is merged, each attachment appears once.

        Where the document has messages and says nothing of files, they may be listed with the messages elsewhere.
        Raises CredentialRefused, AccessDenied, NeighbourUnavailable, NeighbourBusy, UnexpectedAnswer.
        """
        for route in self._dialect.cmi_chat_routes:
            document = self._get_json(urljoin(self._base, route.format(contact_id=contact_id)))
            if document is None or (document == [] and self._dialect.cmi_empty_list_means_unknown):
                continue
            messages = tuple(chat_messages(document)) if with_messages else ()
            files = tuple(attachments(document))
            if says_nothing_of_files(document):
                files = self._files_of_messages(contact_id)
            return CmiConversation(known=True, attachments=files, messages=messages)
        return CmiConversation(known=False)

    def _files_of_messages(self, contact_id: str) -> tuple[SourceAttachment, ...]:
        """The files that the chat's messages list at the dialect's further routes; none where they do not exist.

        Raises AccessDenied where a route is there but not for this user: the chat may have files.
        """
        for route in self._dialect.cmi_message_routes:
            rows = self._all_rows(urljoin(self._base, route.format(contact_id=contact_id)))
            if rows:
                return tuple(attachments(rows))
        return ()

    def _all_rows(self, url: str) -> list[Any]:
        """Every page of a list: ``limit`` and ``offset`` are documented for the RESTful interfaces, a total is not."""
        rows: list[Any] = []
        for _ in range(_MOST_PAGES):
            place = httpx.URL(url).copy_merge_params({"limit": _PAGE_ROWS, "offset": len(rows)})
            page = self._get_json(str(place), absent=_NOT_OFFERED)
            if not isinstance(page, list | None):
                raise UnexpectedAnswer("CMI's list of messages is no list")
            if not page or page[0] in rows[:1]:  # an offset that is ignored gives the first page again
                return rows
            rows += page
        raise UnexpectedAnswer(
            f"CMI's list of messages goes on after {_MOST_PAGES} pages, which is the limit of one chat"
        )

    def open(self, source: SourceAttachment) -> AbstractContextManager[OpenSource]:
        """One attachment's bytes, once all checks show that they are the file that is listed.

        Raises DownloadDoubted, LinkExpired, AttachmentGone, DestinationRefused, and what :meth:`conversation` raises.
        """
        return self._downloads.open(source)

    def _get_json(self, url: str, *, absent: frozenset[int] = frozenset({404})) -> Any:
        with self._called("GET", url, accept="application/json") as response:
            if response.status_code in absent:
                return None
            self._raise_if_unwell(response)
            return read_json(response, _DOCUMENT_LIMIT_BYTES, NAME)

    def write_back(self, contact_id: str, name: str, result: dict[str, Any]) -> None:
        """POST a result to the conversation. Raises what :meth:`conversation` raises.

        Source: CMI user rights, row ``/contactData``: Statistics details and Manage contact history; for conversations
        in wrap-up or handled only (documented). The body's form is the dialect's ``cmi.contact_data_form`` (assumed).
        """
        body: dict[str, Any] = {"contact_id": contact_id, "data": {name: result}}
        if self._dialect.cmi_contact_data_form == "pairs":
            body = {"contact_id": contact_id, "name": name, "value": json.dumps(result, separators=(",", ":"))}
        # A POST accepts text/html, the new id (documented: CMI API description).
        with self._called("POST", urljoin(self._base, "contactData"), accept="text/html", body=body) as response:
            if response.status_code not in {201, 204}:
                self._raise_if_unwell(response)

    @contextmanager
    def _called(self, method: str, url: str, *, accept: str, body: Any = None) -> Iterator[httpx.Response]:
        headers, times = {"Accept": accept}, self._times.document()
        call = self._http.stream(method, url, headers=headers, json=body, follow_redirects=False, extensions=times)
        with speaking_to(NAME), call as response:
            yield response

    def _raise_if_unwell(self, response: httpx.Response, *, gone: bool = False) -> None:
        status = response.status_code
        if status == 200:
            return
        if status == 401:
            raise CredentialRefused("CMI refused the user or password of the request (cmi_user, x-cmi-password)")
        if status == 403:
            raise AccessDenied("CMI answered 403: the API key, or the user's right on the chat's queue, is missing")
        if gone and status in {404, 410}:
            raise AttachmentGone(f"CMI answered {status} for the attachment")
        if status == 413 and gone:
            raise AttachmentGone(
                "CMI answered 413: the file is larger than its gateway carries",
                remedy="Ask Sinch to raise the gateway's payload limit for your tenant.",
            )
        if status in {429, 503}:
            raise NeighbourBusy(f"CMI answered {status}", retry_after_s=retry_after_s(response, self._now_s))
        if status >= 500 or status == 408:
            raise NeighbourUnavailable(f"CMI answered {status}")
        if 300 <= status < 400:
            raise _redirected(response)
        raise UnexpectedAnswer(f"CMI answered {status}")


def _redirected(response: httpx.Response) -> UnexpectedAnswer:
    """A redirect of a document is not followed: credentials would be sent to its target."""
    location = response.headers.get("location")
    try:
        host = urlsplit(urljoin(str(response.request.url), location)).hostname if location else None
    except ValueError:
        host = None
    return UnexpectedAnswer(
        f"CMI redirects the request ({response.status_code}) to {host or 'nowhere'}, which is not followed",
        remedy="Correct cmi_url in the integration: it must name the address that answers itself, not a sign-in page.",
    )
