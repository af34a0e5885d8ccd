"""One ended chat of a test: its own CMI host, its own C4C tenant and activity, and what CMI lists and serves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from standin.answers import SIZE_BYTES, answer
from standin.c4c import front_of
from standin.processes import C4C_ROOT, FRONT, Resource, StandinStack
from standin.wire import Answer, Reply, Request, Site

#: What no host but the chat's own CMI may ever be sent.
_CREDENTIALS = ("authorization", "x-api-key", "cookie")


@dataclass(frozen=True)
class Listed:
    """One attachment as the chat document lists it. None leaves the member out; ``url`` None is the usual one,
    relative to CMI's root."""

    id: str | None = "f1"
    name: str = "contract.pdf"
    content_type: str | None = "application/pdf"
    size: int | None = SIZE_BYTES
    url: str | None = None

    def item(self, contact_id: str) -> dict[str, Any]:
        url = self.url or f"/chats/{contact_id}/attachments/{self.id}"
        members = {
            "id": self.id,
            "name": self.name,
            "content_type": self.content_type,
            "size": self.size,
            "url": url,
        }
        return {name: value for name, value in members.items() if value is not None}


#: What is listed unless a test says otherwise.
CONTRACT = Listed()


@dataclass(frozen=True)
class Stored:
    """One object that C4C holds, read through its OData face."""

    object_id: str
    name: str
    mime_type: str
    title: str | None
    content: bytes


class Chat:
    """A chat with one customer, ready to be ended. ``front=True`` puts the stand-in before its C4C tenant."""

    def __init__(self, standin: StandinStack, *listed: Listed, front: bool = False) -> None:
        number = standin.number()
        self.standin = standin
        self.contact_id = f"{number:032X}"
        self.cmi: Site = standin.server.site(f"t{number}.cmi.example.org")
        self.store: Site = standin.server.site(f"t{number}.store.example.org")
        self.stranger: Site = standin.server.site(f"t{number}.example.net")
        self.path = f"/acme/cmi/chats/{self.contact_id}"
        self.cmi_url = f"https://{self.cmi.host}/acme/cmi"
        self.c4c_host = f"t{number}.{FRONT if front else 'crm.cloud.sap'}"
        self.activity = standin.open_tenant(self.c4c_host, self.contact_id)
        self.c4c: Site = standin.server.site(self.c4c_host)
        if front:
            front_of(self.c4c, standin.c4c_url)
        self.lists(*(listed or (CONTRACT,)))

    def document(self, *listed: Listed) -> dict[str, Any]:
        """The chat document, in shape A."""
        message = {
            "id": "m1",
            "timestamp": "2026-11-22T11:01:00.000Z",
            "originator": "Ada Lovelace",
            "originator_type": "customer",
            "message": "",
            "attachments": [one.item(self.contact_id) for one in listed],
        }
        return {
            "id": self.contact_id,
            "group_id": self.contact_id,
            "channel_type": "chat",
            "channel_sub_type": "whatsapp",
            "type": "ChatIn",
            "status": "Handled",
            "created": "2026-11-22T11:00:00.000Z",
            "messages": [message],
        }

    def listing(self, *listed: Listed) -> Answer:
        """The answer to the chat's path that lists these."""
        return document_answer(json.dumps(self.document(*listed)).encode())

    def lists(self, *listed: Listed) -> None:
        """From now on the chat document lists these."""
        self.cmi.plan(self.path, self.listing(*listed))

    def serves(self, *replies: Reply, file_id: str = "f1") -> None:
        """What downloads of a file are answered, in this order; the last one repeats."""
        self.cmi.plan(f"{self.path}/attachments/{file_id}", *replies)

    def downloads(self, file_id: str = "f1") -> list[Request]:
        """The downloads of a file so far."""
        return self.cmi.asked(ending=f"/attachments/{file_id}")

    def post(self) -> str:
        """The event that the chat has ended; returns the transfer's id."""
        return self.standin.post_event(
            contact_id=self.contact_id, cmi_url=self.cmi_url, c4c_url=f"https://{self.c4c_host}"
        )

    def end(self) -> Resource:
        """The event, and everything that follows from it, until the transfer has ended."""
        transfer_id = self.post()
        ended = self.standin.settle([transfer_id])[transfer_id]
        self.check_credentials()
        return ended

    def check_credentials(self) -> None:
        """Neither a store of files nor a stranger ever saw a credential, and nobody spoke to the stranger at all."""
        assert self.stranger.requests == []
        shown = [(request.target, name) for request in self.store.requests for name in _CREDENTIALS
                 if request.header(name) is not None]  # fmt: skip
        assert shown == []

    def stored(self) -> list[Stored]:
        """Everything attached to the chat's activity at C4C, with its bytes."""
        activity = f"{C4C_ROOT}/chatactivity/ChatActivityCollection('{self.activity}')/ChatActivityAttachment"
        rows = self._c4c(activity, {"$format": "json"}).json()["d"]["results"]
        return [self._stored(row) for row in rows]

    def _stored(self, row: dict[str, Any]) -> Stored:
        entity = f"{C4C_ROOT}/chatactivity/ChatActivityAttachmentCollection('{quote(row['ObjectID'])}')"
        content = self._c4c(f"{entity}/Binary/$value", {}).content
        return Stored(row["ObjectID"], row["Name"], row["MimeType"], row.get("Title"), content)

    def _c4c(self, path: str, params: dict[str, str]) -> Any:
        return self.standin.c4c("GET", path, host=self.c4c_host, params=params)


def document_answer(body: bytes) -> Answer:
    """200 and a JSON document as these bytes."""
    return answer(200, body, content_type="application/json")


def reasons(transfer: Resource) -> list[str | None]:
    """Per attachment: ``stored``, or the reason's code."""
    return [item["state"] if item["reason"] is None else item["reason"]["code"] for item in transfer["attachments"]]


def end_of(transfer: Resource) -> tuple[str, str | None]:
    """The transfer's state, and the code of its own reason."""
    return transfer["state"], transfer["reason"] and transfer["reason"]["code"]


def words(transfer: Resource) -> str:
    """Message and remedy of the first attachment's reason, or of the transfer's."""
    found: Sequence[Any] = [item["reason"] for item in transfer["attachments"] if item["reason"]]
    reason = (found or [transfer["reason"]])[0]
    return f"{reason['message']} {reason['remedy']}"
