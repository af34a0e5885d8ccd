"""Contact Pro's Contact Management Interface: what files does this chat hold, and their bytes.

Transport as documented: ``x-api-key`` and HTTP Basic on every call, ``Accept: application/json``. The document's shape
is not publicly documented; this reader takes every shape that ``docs/fidelity.md`` lists as A, B and D.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx

from attachment_transfer.clients.body import BLOCK_BYTES, EncryptedSpool
from attachment_transfer.clients.documents import read_json, retry_after_s
from attachment_transfer.clients.outbound import speaking_to
from attachment_transfer.core.dialect import Dialect
from attachment_transfer.core.errors import (
    AccessDenied,
    AttachmentGone,
    CredentialRefused,
    NeighbourBusy,
    NeighbourUnavailable,
    UnexpectedAnswer,
)
from attachment_transfer.core.model import TRANSCRIPT_PREFIX, SourceAttachment
from attachment_transfer.core.names import storable
from attachment_transfer.core.transcript import ChatMessage

_DOCUMENT_LIMIT_BYTES = 16 * 1024 * 1024
_NAME = "CMI"
#: What the ledger's column takes.
_ORIGINATOR_LIMIT_CHARACTERS = 16
#: A chat or a message has at least one of these members, in every shape that is read.
_MESSAGE_OR_CHAT = frozenset({"messages", "attachments", "message", "originator_type"})


@dataclass(frozen=True)
class Conversation:
    """What CMI knows of a contact. ``known`` is False if there is no history (yet, or for this user).

    Attributes:
        attachments: of all originators; the policy decides whose are carried.
        messages: empty unless they were asked for.
    """

    known: bool
    attachments: tuple[SourceAttachment, ...] = ()
    messages: tuple[ChatMessage, ...] = ()


@dataclass(frozen=True)
class OpenSource:
    """An attachment's bytes, ready to be read once. ``size_bytes`` is what its source announces."""

    size_bytes: int
    pieces: Iterator[bytes]


class CmiClient:
    """Give it an ``httpx.Client`` that knows the two credentials, timeouts and the outbound policy."""

    def __init__(
        self,
        http: httpx.Client,
        *,
        cmi_url: str,
        dialect: Dialect,
        spool_limit_bytes: int,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._now_s = now_s
        self._base = cmi_url.rstrip("/") + "/"
        self._dialect = dialect
        self._spool_limit_bytes = spool_limit_bytes

    def limited(self, spool_limit_bytes: int) -> CmiClient:
        """The same client, for sources that take less of the disk."""
        return CmiClient(
            self._http,
            cmi_url=self._base,
            dialect=self._dialect,
            spool_limit_bytes=spool_limit_bytes,
            now_s=self._now_s,
        )

    def conversation(self, contact_id: str, *, with_messages: bool = False) -> Conversation:
        """Read the chat's history; every leg of the group is merged, each attachment appears once.

        Raises CredentialRefused, AccessDenied, NeighbourUnavailable, NeighbourBusy, UnexpectedAnswer.
        """
        for route in self._dialect.cmi_chat_routes:
            document = self._get_json(urljoin(self._base, route.format(contact_id=contact_id)))
            if document is None or (document == [] and self._dialect.cmi_empty_list_means_unknown):
                continue
            messages = tuple(_chat_messages(document)) if with_messages else ()
            return Conversation(known=True, attachments=tuple(_attachments(document)), messages=messages)
        return Conversation(known=False)

    @contextmanager
    def open(self, source: SourceAttachment) -> Iterator[OpenSource]:
        """Stream one attachment. A source without Content-Length goes through an encrypted spool file first.

        Raises AttachmentGone, and what :meth:`conversation` raises.
        """
        url = self._address(source.href)
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        request = self._http.build_request("GET", url, headers=headers)
        # Credentials go to CMI's own address only, wherever a document may point.
        anonymous = source.public or not self._is_own(url)
        if anonymous:
            request.headers.pop("x-api-key", None)
        auth = None if anonymous else httpx.USE_CLIENT_DEFAULT
        with speaking_to(_NAME):
            response = self._http.send(request, stream=True, auth=auth, follow_redirects=False)
        try:
            if anonymous and response.status_code in {401, 403}:
                raise AttachmentGone(
                    f"the file's public address answered {response.status_code}: its link has expired or was withdrawn"
                )
            self._raise_if_unwell(response, gone=True)
            length = response.headers.get("content-length")
            if length is not None and length.isdigit() and "content-encoding" not in response.headers:
                yield OpenSource(int(length), _guarded(response))
                return
            with _spooled(response, self._spool_limit_bytes) as spool:
                yield OpenSource(spool.size_bytes, spool.read())
        finally:
            response.close()

    def _address(self, href: str) -> httpx.URL:
        try:
            return httpx.URL(urljoin(self._base, href.lstrip("/") if href.startswith("/") else href))
        except (ValueError, httpx.InvalidURL) as exc:
            raise UnexpectedAnswer("CMI lists an attachment under an address that cannot be used") from exc

    def _is_own(self, url: httpx.URL) -> bool:
        own = httpx.URL(self._base)
        return (own.scheme, own.host, own.port) == (url.scheme, url.host, url.port)

    def _get_json(self, url: str) -> Any:
        with (
            speaking_to(_NAME),
            self._http.stream("GET", url, headers={"Accept": "application/json"}, follow_redirects=False) as response,
        ):
            if response.status_code == 404:
                return None
            self._raise_if_unwell(response)
            return read_json(response, _DOCUMENT_LIMIT_BYTES, _NAME)

    def write_back(self, contact_id: str, name: str, result: dict[str, Any]) -> None:
        """POST a result to the conversation. Raises what :meth:`conversation` raises.

        Source: CMI user rights, row ``/contactData``: Statistics details and Manage contact history; for conversations
        in wrap-up or handled only (documented). The body's form is the dialect's ``cmi.contact_data_form`` (assumed).
        """
        body: dict[str, Any] = {"contact_id": contact_id, "data": {name: result}}
        if self._dialect.cmi_contact_data_form == "pairs":
            body = {"contact_id": contact_id, "name": name, "value": json.dumps(result, separators=(",", ":"))}
        # A POST accepts text/html, the new id (documented: CMI API description).
        headers = {"Accept": "text/html"}
        url = urljoin(self._base, "contactData")
        with (
            speaking_to(_NAME),
            self._http.stream("POST", url, headers=headers, json=body, follow_redirects=False) as response,
        ):
            if response.status_code not in {201, 204}:
                self._raise_if_unwell(response)

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
        raise UnexpectedAnswer(f"CMI answered {status}")


@contextmanager
def _spooled(response: httpx.Response, limit_bytes: int) -> Iterator[EncryptedSpool]:
    spool = EncryptedSpool()
    try:
        spool.fill(_guarded(response), limit_bytes=limit_bytes)
        yield spool
    finally:
        spool.close()


def _guarded(response: httpx.Response) -> Iterator[bytes]:
    with speaking_to(_NAME):
        yield from (response.iter_bytes(BLOCK_BYTES) if "content-encoding" in response.headers else response.iter_raw())


def _attachments(document: Any) -> Iterator[SourceAttachment]:
    seen: set[str] = set()
    for message in _messages(document):
        originator = storable(str(message.get("originator_type") or "customer"))[:_ORIGINATOR_LIMIT_CHARACTERS]
        for item in _files(message):
            source = _source(item, originator)
            if source.source_id not in seen:
                seen.add(source.source_id)
                yield source


def _chat_messages(document: Any) -> Iterator[ChatMessage]:
    """Every message once, in the order of the document: legs of one chat may repeat each other's."""
    seen: set[str] = set()
    for message in _messages(document):
        message_id = str(message.get("id") or "")
        text, files = str(message.get("message") or ""), _files(message)
        if (message_id and message_id in seen) or not (text or files):
            continue
        seen.add(message_id)
        yield ChatMessage(
            time=str(message.get("timestamp") or ""),
            originator=str(message.get("originator") or ""),
            originator_type=str(message.get("originator_type") or "customer"),
            text=text,
            files=tuple(str(item.get("name") or "attachment") for item in files if isinstance(item, dict)),
        )


def _messages(document: Any) -> Iterator[dict[str, Any]]:
    """Shapes A (one chat), B (a list of legs) and D (a list of messages) are told apart by what they hold."""
    for part in document if isinstance(document, list) else [document]:
        if not isinstance(part, dict):
            raise UnexpectedAnswer("CMI's chat document holds something that is not an object")
        if not _MESSAGE_OR_CHAT & part.keys():
            # Never taken for a chat without files: that would end the transfer, and lose them.
            raise UnexpectedAnswer("CMI's chat document has neither messages nor attachments in it")
        if isinstance(part.get("messages"), list):
            yield from _messages(part["messages"])
        else:
            yield part


def _files(message: dict[str, Any]) -> list[Any]:
    files = message.get("attachments") or []
    if not isinstance(files, list):
        raise UnexpectedAnswer("CMI lists attachments that are no list")
    return files


def _source(item: Any, originator: str) -> SourceAttachment:
    href = item.get("url") if isinstance(item, dict) else None
    if not href:
        raise UnexpectedAnswer(
            "CMI lists an attachment without a url",
            remedy="Inline content (shape C) is not read; see docs/fidelity.md.",
        )
    size = item.get("size")
    source_id = storable(str(item.get("id") or href))
    return SourceAttachment(
        # Nothing that CMI lists can pass for the service's own transcript, which no policy judges.
        source_id=f"cmi:{source_id}" if source_id.startswith(TRANSCRIPT_PREFIX) else source_id,
        name=storable(str(item.get("name") or "attachment")),
        content_type=storable(str(item.get("content_type") or "application/octet-stream")),
        declared_size_bytes=size if type(size) is int and 0 <= size < 2**63 else None,
        href=storable(str(href)),
        originator_type=originator,
        public="/sms/richcontent/" in str(href),
    )
