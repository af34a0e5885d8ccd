"""Reads a tenant's chats and events for the pages; the pages share each reading."""

from __future__ import annotations

from typing import Any

from attachment_lab.console.chat.chat_actions import ChatActions
from attachment_lab.console.session.shared_reading import SharedReading
from attachment_lab.console.session.tenant_session import TenantSession
from attachment_lab.console.web.page import tenant_session
from attachment_lab.console.web.stored_file import StoredFile
from attachment_lab.errors import RequestRefused

FRESH_S = 0.2
SLOW_S = 2.0


class ChatReader:
    """One tenant's chats and events, and the actions of its people."""

    def __init__(self, session: TenantSession) -> None:
        to, tenant = session.to, session.names.name
        self._to, self._tenant = to, tenant
        self.actions = ChatActions(to, session.names)
        self.chats = SharedReading(lambda: to.cmi.get("/_mock/chats", tenant=tenant)["chats"], for_s=FRESH_S)
        self.events = SharedReading(lambda: to.orchestration.get("/_mock/events", tenant=tenant), for_s=FRESH_S)
        self.deliveries = SharedReading(lambda: to.orchestration.get("/_mock/deliveries", tenant=tenant), for_s=FRESH_S)
        self.channels = SharedReading(lambda: to.cmi.get("/_mock/channels", tenant=tenant), for_s=SLOW_S)

    def chat(self, guid: str) -> dict[str, Any] | None:
        """One of the chats."""
        return next((each for each in self.chats() if each["guid"] == guid), None)

    def file(self, guid: str, file_id: str) -> StoredFile:
        """A file of a chat. Raises RequestRefused (404)."""
        chat = self.chat(guid) or {"messages": ()}
        for each in (one for message in chat["messages"] for one in message["attachments"]):
            if each["id"] == file_id:
                return StoredFile(
                    calls=self._to.cmi,
                    path=f"/_mock/chats/{guid}/attachments/{file_id}",
                    params={"tenant": self._tenant},
                    name=str(each["name"]),
                    declared=str(each["content_type"]),
                    size_bytes=int(each["size_bytes"]),
                    sha256=str(each["sha256"]),
                )
        raise RequestRefused("this chat has no such file", status=404)


def chat_reader() -> ChatReader:
    """The reader of the running request's tenant."""
    return tenant_session().of(ChatReader)
