"""Messages left in a queue: the resource ``/messages``, guarded by the right Messaging."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from cmi_mock.model.chat import Queue
from cmi_mock.model.ids import normal_id
from mock_kit.http.refusals import MissingItem
from mock_kit.tenants.clock import Clock
from mock_kit.tenants.ids import Ids


@dataclass(frozen=True)
class QueueMessage:
    """One message; its members beyond id and queue are assumed."""

    id: str
    queue: Queue
    originator: str
    text: str
    language: str
    created: datetime
    changed: datetime


@dataclass
class QueueMessages:
    """All queue messages of one tenant. Not locked: the caller has the tenant's lock."""

    clock: Clock
    ids: Ids
    _messages: dict[str, QueueMessage] = field(default_factory=dict)

    def __iter__(self) -> Iterator[QueueMessage]:
        """Oldest first."""
        return iter(self._messages.values())

    def load(self, messages: Iterable[QueueMessage]) -> None:
        """Replace all messages by those of a snapshot."""
        self._messages = {message.id: message for message in messages}

    def get(self, message_id: str) -> QueueMessage:
        """Raises MissingItem."""
        try:
            return self._messages[normal_id(message_id)]
        except KeyError:
            raise MissingItem(f"no message has the id {message_id}") from None

    def add(self, queue: Queue, originator: str, text: str, language: str) -> QueueMessage:
        """A message is left in a queue."""
        now = self.clock.now()
        message = QueueMessage(self.ids.hex32("queue-message"), queue, originator, text, language, now, now)
        self._messages[message.id] = message
        return message

    def change(self, message_id: str, queue: Queue, originator: str, text: str, language: str) -> QueueMessage:
        """Replace everything but the id. Raises MissingItem."""
        old = self.get(message_id)
        new = replace(old, queue=queue, originator=originator, text=text, language=language, changed=self.clock.now())
        self._messages[old.id] = new
        return new

    def remove(self, message_id: str) -> None:
        """Raises MissingItem."""
        del self._messages[self.get(message_id).id]
