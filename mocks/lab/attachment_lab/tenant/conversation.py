"""One chat from the customer's first message to the agent's wrap-up, across Contact Pro, CMI and C4C."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self
from urllib.parse import quote

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.errors import LabFailed
from attachment_lab.names import shown
from attachment_lab.tenant import people
from attachment_lab.tenant.credentials import TenantNames

PIECE_BYTES = 256 * 1024
Originator = Literal["customer", "agent"]
#: The queue of chats that name none.
SUPPORT = {
    "id": people.QUEUES[0].id,
    "name": "Support",
    "address": "support@chat",
    "group_id": people.QUEUES[0].group.id,
}


class FileLike(Protocol):
    """What a chat can send: the name as the device gives it, a MIME type, and the path of the bytes."""

    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def path(self) -> Path: ...


#: A path, a (name, bytes) pair, or anything with name, content_type and path.
Sendable = Path | tuple[str, bytes] | FileLike


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """A file that CMI accepted: its id there, and size and digest of the customer's bytes.

    The lab counts them while it sends, before any fault: reconciliation compares with these.
    """

    id: str
    name: str
    content_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FiredChatEvent:
    """An event given to Contact Pro's event engine, and the deliveries that it caused."""

    event: str
    event_id: str
    delivery_ids: tuple[str, ...]
    refused: tuple[str, ...]


class LabConversation:
    """A chat. Create one with ``LabConversation.open``."""

    def __init__(
        self,
        to: StackClients,
        names: TenantNames,
        guid: str,
        *,
        customer: dict[str, str],
        agent: str = "Bob Agent",
        on_sent: Callable[[SentFile], None] = lambda _: None,
    ) -> None:
        self._to = to
        self._names = names
        self._customer = customer
        self._agent = agent
        self._on_sent = on_sent
        self.guid = guid
        self.sent: list[SentFile] = []
        self.fired: list[FiredChatEvent] = []
        #: ObjectID of the chat activity; None until C4C has returned it.
        self.activity: str | None = None
        #: Whether an agent has accepted it; only then does C4C have an activity.
        self.accepted = False
        #: Queued, Accepted, Ended or Handled: of its last leg.
        self.status = "Queued"

    @classmethod
    def open(
        cls,
        to: StackClients,
        names: TenantNames,
        *,
        channel_sub_type: str = "whatsapp",
        direct: bool = False,
        customer: dict[str, str] | None = None,
        language: str = "EN",
        queue: Mapping[str, str] | None = None,
        agent: str = "Bob Agent",
        on_sent: Callable[[SentFile], None] = lambda _: None,
    ) -> Self:
        """The customer writes to a queue or, with ``direct``, to the agent named ``agent``.

        ``on_sent`` is called with each file that CMI has accepted, such as ``Reconciliation.customer_sent``.
        """
        customer = customer or {"name": "Alice Example", "email": "alice@example.com"}
        body: dict[str, Any] = {
            "channel_sub_type": channel_sub_type,
            "direct": direct,
            "customer": customer,
            "language": language,
        }
        if not direct:
            body["queue"] = dict(queue or SUPPORT)
        chat = to.cmi.post("/_mock/chats", body, tenant=names.name)
        return cls(to, names, str(chat["guid"]), customer=customer, agent=agent, on_sent=on_sent)

    @classmethod
    def resume(
        cls,
        to: StackClients,
        names: TenantNames,
        guid: str,
        *,
        on_sent: Callable[[SentFile], None] = lambda _: None,
    ) -> Self:
        """A chat that CMI has already. Raises RequestRefused when it has no chat with this guid."""
        chat = to.cmi.get(f"/_mock/chats/{quote(guid, safe='')}", tenant=names.name)
        found = cls(to, names, str(chat["guid"]), customer=dict(chat["customer"]), on_sent=on_sent)
        found.status = str(chat["status"])
        found.accepted = any(leg["accepted"] for leg in chat["legs"])
        return found

    def accept(self, agent: Mapping[str, str] | None = None) -> dict[str, Any]:
        """An agent accepts the chat; the widget notifies C4C, which creates the activity. Returns the contact."""
        contact = self._move("accept", agent=agent)
        self._notify_c4c("ACCEPT")
        self.accepted = True
        return contact

    def decline(self) -> None:
        """An agent declines: the chat keeps waiting, and C4C creates nothing."""
        self._notify_c4c("DECLINE")

    def say(self, text: str, originator_type: Originator = "customer") -> None:
        """One message of the customer or the agent."""
        originator = self._customer["name"] if originator_type == "customer" else self._agent
        body = {"originator_type": originator_type, "originator": originator, "message": text}
        self._to.cmi.post(f"/_mock/chats/{self.guid}/messages", body, tenant=self._names.name)

    def send(self, sendable: Sendable, originator_type: Originator = "customer") -> SentFile:
        """Send one file, streamed; the digest is computed from the sent bytes, not read from CMI's answer.

        Raises LabFailed when CMI received other bytes than were sent.
        """
        name, content_type, pieces = _opened(sendable)
        counted = _Counted(pieces)
        accepted = self._to.cmi.upload(
            f"/_mock/chats/{self.guid}/attachments",
            iter(counted),
            tenant=self._names.name,
            name=name,
            content_type=content_type,
            originator_type=originator_type,
        )
        sent = SentFile(
            id=str(accepted["id"]),
            name=name,
            content_type=content_type,
            size_bytes=counted.size_bytes,
            sha256=counted.sha256,
        )
        self.sent.append(sent)
        self._on_sent(sent)
        if str(accepted["sha256"]) != sent.sha256:
            raise LabFailed(
                f"CMI received other bytes of {shown(name)} than were sent ({accepted['size_bytes']:,} bytes)"
            )
        return sent

    def add_leg(
        self, *, queue: Mapping[str, str] | None = None, agent: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The agent transfers the chat: one more leg with an id of its own. Returns the contact."""
        return self._move("transfer", queue=queue, agent=agent)

    def end(self, *, fire: bool = True) -> FiredChatEvent | None:
        """The chat ends: C4C completes the activity; the event ``Ended`` is fired if ``fire`` is set."""
        contact = self._move("end")
        if self.accepted:
            self._notify_c4c("END")
        return self.fire("Ended", contact) if fire else None

    def wrap_up(self, *, fire: bool = True) -> FiredChatEvent | None:
        """The agent finishes the wrap-up: event ``Closed`` unless fire is False."""
        contact = self._move("wrap-up")
        return self.fire("Closed", contact) if fire else None

    def fire(self, event: str, contact: dict[str, Any] | None = None, *, copies: int = 1) -> FiredChatEvent:
        """Give an event to the event engine, with the contact as it is now; ``copies`` of it are delivered."""
        if contact is None:
            chat = self._to.cmi.get(f"/_mock/chats/{self.guid}", tenant=self._names.name)
            contact = chat["contact"]
        body = {"event": event, "contact": contact} | ({"copies": copies} if copies > 1 else {})
        answer = self._to.orchestration.post("/_mock/events", body, tenant=self._names.name)
        considered = answer.get("configurations", [])
        fired = FiredChatEvent(
            event=event,
            event_id=str(answer["event_id"]),
            delivery_ids=tuple(str(each) for each in answer.get("delivery_ids", [])),
            refused=tuple(f"{c['name']}: {c['reason']}" for c in considered if not c["matched"]),
        )
        self.fired.append(fired)
        return fired

    def _move(self, step: str, **parts: Mapping[str, str] | None) -> dict[str, Any]:
        body = {name: dict(part) for name, part in parts.items() if part}
        answer = self._to.cmi.post(f"/_mock/chats/{self.guid}/{step}", body, tenant=self._names.name)
        self.status = str(answer["status"])
        contact: dict[str, Any] = answer["contact"]
        return contact

    def _notify_c4c(self, action: str) -> None:
        """Send the CTI payload of the agent's widget. Evidence that ExternalReferenceID is the guid: inferred."""
        payload = {
            "Type": "CHAT",
            "EventType": "INBOUND",
            "Action": action,
            "ExternalReferenceID": self.guid,
            "Email": self._customer["email"],
            "Subject": f"Chat with {self._customer['name']}",
            "Text": "",
        }
        answer = self._to.c4c.post("/_mock/cti", payload, tenant=self._names.name)
        self.activity = (answer.get("activity") or {}).get("object_id", self.activity)


class _Counted:
    """Passes pieces through and computes their number of bytes and sha256."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._digest.update(piece)
            self.size_bytes += len(piece)
            yield piece

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _opened(sendable: Sendable) -> tuple[str, str, Iterable[bytes]]:
    if isinstance(sendable, tuple):
        name, content = sendable
        return name, guessed_type(name), [content]
    if isinstance(sendable, Path):
        name = as_text(sendable.name)
        return name, guessed_type(name), _pieces(sendable)
    return sendable.name, sendable.content_type, _pieces(sendable.path)


def as_text(name: str) -> str:
    """A file name as a device sends it: a byte that is no UTF-8 (on disk a name is bytes) becomes U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def guessed_type(name: str) -> str:
    """The MIME type that a device would declare for this name."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece
