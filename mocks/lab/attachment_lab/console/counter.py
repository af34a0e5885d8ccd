"""Where customers and agents of a tenant meet: its clerk, and readings that the pages share."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from attachment_lab.console.clerk import Clerk
from attachment_lab.console.desk import Desk
from attachment_lab.console.fresh import Fresh, of_this_tenant
from attachment_lab.console.held import Held
from attachment_lab.errors import RequestRefused

FRESH_S = 0.2
SLOW_S = 2.0


class Counter:
    """One tenant's chats and events."""

    def __init__(self, mine: Desk) -> None:
        to, tenant = mine.to, mine.names.name
        self._to, self._tenant = to, tenant
        self.clerk = Clerk(to, mine.names)
        self.chats = Fresh(lambda: to.cmi.get("/_mock/chats", tenant=tenant)["chats"], for_s=FRESH_S)
        self.events = Fresh(lambda: to.orchestration.get("/_mock/events", tenant=tenant), for_s=FRESH_S)
        self.deliveries = Fresh(lambda: to.orchestration.get("/_mock/deliveries", tenant=tenant), for_s=FRESH_S)
        self.channels = Fresh(lambda: to.cmi.get("/_mock/channels", tenant=tenant), for_s=SLOW_S)

    def chat(self, guid: str) -> dict[str, Any] | None:
        """One of the chats."""
        return next((each for each in self.chats() if each["guid"] == guid), None)

    def file(self, guid: str, file_id: str) -> Held:
        """A file that somebody sent in a chat. Raises Refused (404)."""
        chat = self.chat(guid) or {"messages": ()}
        for each in (one for message in chat["messages"] for one in message["attachments"]):
            if each["id"] == file_id:
                return Held(
                    calls=self._to.cmi,
                    path=f"/_mock/chats/{guid}/attachments/{file_id}",
                    params={"tenant": self._tenant},
                    name=str(each["name"]),
                    declared=str(each["content_type"]),
                    size_bytes=int(each["size_bytes"]),
                    sha256=str(each["sha256"]),
                )
        raise RequestRefused("this chat has no such file", status=404)


_COUNTERS: WeakKeyDictionary[Desk, Counter] = WeakKeyDictionary()


def counter() -> Counter:
    """The counter of the running request's tenant."""
    return of_this_tenant(_COUNTERS, Counter)
