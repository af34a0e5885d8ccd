"""The requests to CMI, all about one contact, in this order. docs/probe.md lists every request."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from attachment_lab.probe.chat_shapes import attachments_in, leg_ids
from attachment_lab.probe.client import Credentials, ProbeClient, ProbeFailed
from attachment_lab.probe.exchange import ProbeExchange

JSON = {"Accept": "application/json"}
RICH_CONTENT = "/sms/richcontent/"


class CmiRequests:
    """Sends the requests, and keeps the address of the chat's document."""

    def __init__(self, client: ProbeClient) -> None:
        self.client = client
        #: Path below the CMI address of the first document that was answered; empty if none was.
        self.found_at = ""

    def ask(
        self,
        label: str,
        path: str,
        *,
        credentials: Credentials = "right",
        headers: Mapping[str, str] = JSON,
    ) -> ProbeExchange:
        """One GET below the CMI address."""
        url = f"{self.client.target.cmi_url}/{path}"
        return self.client.ask("cmi", f"cmi.{label}", url, credentials=credentials, headers=headers)

    def run(self) -> None:
        """The whole list. Raises ProbeFailed, CredentialsRefused."""
        contact = self.client.target.contact_id
        first = self.ask("chat", f"chats/{contact}")
        if first.media_type == "text/html" or 300 <= first.status < 400:
            raise ProbeFailed(
                "cmi",
                f"{first.status} with a web page where JSON was expected: CMI_URL must be the address of CMI itself",
            )
        self._documents(first, contact)
        self._access()
        self._ids(contact)
        self._downloads()

    def _documents(self, first: ProbeExchange, contact: str) -> None:
        listed = self.ask("list", f"chats?groupId={contact}")
        messages = self.ask("messages", f"chatMessages?contactId={contact}")
        answers = {
            f"chats/{contact}": first,
            f"chats?groupId={contact}": listed,
            f"chatMessages?contactId={contact}": messages,
        }
        self.found_at = next((path for path, answer in answers.items() if answer.ok and answer.json()), "")
        rows = messages.json() if messages.ok else None
        if isinstance(rows, list) and rows:
            self.ask("messages.limit", f"chatMessages?contactId={contact}&limit={len(rows) + 1}")
        if self.found_at:
            self.ask("xml", self.found_at, headers={"Accept": "application/xml"})

    def _access(self) -> None:
        """Each request leaves one part of the credentials out. The password is known to be right by now."""
        path = self.found_at or f"chats/{self.client.target.contact_id}"
        self.ask("anonymous", path, credentials="none")
        self.ask("wrong_key", path, credentials="wrong_key")
        self.ask("no_user", path, credentials="no_user")
        self.ask("no_key", path, credentials="no_key")

    def _ids(self, contact: str) -> None:
        document = self._document("cmi.chat", "cmi.list")
        legs = [one for one in leg_ids(document) if one != contact]
        if legs:
            self.ask("leg", f"chats/{legs[0]}")
        self.ask("spelling", f"chats/{uuid.UUID(contact)!s}")
        self.ask("unknown", f"chats/{secrets.token_hex(16).upper()}")

    def _downloads(self) -> None:
        listed = attachments_in(self._document("cmi.chat", "cmi.list", "cmi.messages", with_attachments=True))
        hrefs = [str(item["url"]) for item in listed if item.get("url")]
        if not hrefs:
            return
        url = urljoin(f"{self.client.target.cmi_url}/", hrefs[0].lstrip("/") if hrefs[0].startswith("/") else hrefs[0])
        credentials = self._credentials_for(url)
        if credentials is None:
            return
        for label, more in (("download", {}), ("download.range", {"Range": "bytes=0-0"})):
            headers = {"Accept": "*/*", **more}
            self.client.ask("cmi", f"cmi.{label}", url, credentials=credentials, headers=headers, is_file=True)
        if RICH_CONTENT in url:
            gone = url.partition(RICH_CONTENT)[0] + RICH_CONTENT + secrets.token_urlsafe(16)
            self.client.ask("cmi", "cmi.gone", gone, credentials="none", headers={"Accept": "*/*"}, is_file=True)

    def _credentials_for(self, url: str) -> Credentials | None:
        """None for public links; a link to a host that is neither CMI's nor listed is not followed."""
        target, parts = self.client.target, urlsplit(url)
        own = urlsplit(target.cmi_url)
        if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
            return "none" if RICH_CONTENT in url else "right"
        host = (parts.hostname or "").lower()
        tenant = f"{host}/{parts.path.strip('/').split('/')[0]}"
        return "none" if parts.scheme == "https" and {host, tenant} & set(target.test_hosts) else None

    def _document(self, *labels: str, with_attachments: bool = False) -> Any:
        for label in labels:
            answer = self.client.log.good(label)
            document = answer.json() if answer is not None else None
            if document and (not with_attachments or attachments_in(document)):
                return document
        return None
