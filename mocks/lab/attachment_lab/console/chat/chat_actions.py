"""What customers and agents do on the console's pages: each action reaches CMI, C4C's widget and the event engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.errors import WrongUse
from attachment_lab.tenant import people
from attachment_lab.tenant.conversation import LabConversation, Originator
from attachment_lab.tenant.credentials import TenantNames

#: The largest file that the pages send: it is on this machine's disk in four places.
MOST_FILE_BYTES = 256 * 1024 * 1024
MOST_NAME_CHARACTERS = 255
MOST_TEXT_CHARACTERS = 20_000


class ChatActions:
    """Acts for the people of one tenant. Every method raises LabError with a sentence for a person."""

    def __init__(self, to: StackClients, names: TenantNames) -> None:
        self._to = to
        self._names = names

    def start(self, customer_id: str, channel: str, *, direct: bool = False) -> str:
        """A customer opens a chat; events Received and Queued. Returns the guid."""
        who = people.customer(customer_id)
        if who is None:
            raise WrongUse(f"customer: one of {', '.join(each.id for each in people.CUSTOMERS)}")
        chat = LabConversation.open(
            self._to,
            self._names,
            channel_sub_type=channel,
            direct=direct,
            customer=who.to_json(),
            language=who.language,
            queue=people.QUEUES[0].to_json(channel),
        )
        chat.fire("Received")
        if not direct:
            chat.fire("Queued")
        return chat.guid

    def say(self, guid: str, who: Originator, text: str) -> None:
        """One message of the chat's customer or of its agent."""
        if not 0 < len(text.strip()) <= MOST_TEXT_CHARACTERS:
            raise WrongUse(f"text: 1 to {MOST_TEXT_CHARACTERS} characters, found {len(text)}")
        body = {"originator_type": who, "message": text}
        self._to.cmi.post(f"/_mock/chats/{guid}/messages", body, tenant=self._names.name)

    def send(self, guid: str, who: Originator, pieces: Iterable[bytes], *, name: str, kind: str, size: int) -> Any:
        """One file, streamed; ``size`` in bytes as the browser declares it. Returns CMI's description of it."""
        if not 0 < len(name) <= MOST_NAME_CHARACTERS:
            raise WrongUse(f"name: 1 to {MOST_NAME_CHARACTERS} characters, found {len(name)}; rename the file")
        if size > MOST_FILE_BYTES:
            most = MOST_FILE_BYTES // (1024 * 1024)
            raise WrongUse(f"{name} is larger than {most} MiB, the most that these pages take; send a smaller file")
        return self._to.cmi.send(
            "POST",
            f"/_mock/chats/{guid}/attachments",
            content=pieces,
            params={"tenant": self._names.name, "name": name, "content_type": kind, "originator_type": who},
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(size)},
        )

    def accept(self, guid: str, agent_id: str) -> None:
        """An agent takes the chat: activity in C4C, event Accepted."""
        taken_by = _agent(agent_id)
        chat = self._chat(guid)
        chat.fire("Accepted", chat.accept(taken_by.to_json()))

    def decline(self, guid: str) -> None:
        """An agent declines: nothing in C4C, event Rejected; the chat keeps waiting."""
        chat = self._chat(guid)
        if self._status(guid)["status"] != "Queued":
            raise WrongUse("only a waiting chat can be declined")
        chat.decline()
        chat.fire("Rejected")

    def transfer(self, guid: str, *, queue_id: str = "", agent_id: str = "") -> None:
        """To a queue or to an agent: another leg, event Transferred."""
        if not (queue_id or agent_id):
            raise WrongUse("name a queue or an agent to transfer the chat to")
        to_agent, to_queue = (_agent(agent_id) if agent_id else None), (_queue(queue_id) if queue_id else None)
        chat, channel = self._chat(guid), str(self._status(guid)["channel_sub_type"])
        contact = chat.add_leg(
            queue=to_queue.to_json(channel) if to_queue else None, agent=to_agent.to_json() if to_agent else None
        )
        chat.fire("Transferred", contact)

    def end(self, guid: str) -> None:
        """The conversation is over, by the agent or because the customer leaves: event Ended."""
        self._chat(guid).end()

    def wrap_up(self, guid: str) -> None:
        """The agent has finished: event Closed."""
        self._chat(guid).wrap_up()

    def fire(self, guid: str, event: str) -> None:
        """Send an event to the event engine (again)."""
        self._chat(guid).fire(event)

    def _chat(self, guid: str) -> LabConversation:
        return LabConversation.resume(self._to, self._names, guid)

    def _status(self, guid: str) -> dict[str, Any]:
        chat: dict[str, Any] = self._to.cmi.get(f"/_mock/chats/{guid}", tenant=self._names.name)
        return chat


def _agent(agent_id: str) -> people.AgentPerson:
    found = people.agent(agent_id)
    if found is None:
        raise WrongUse(f"agent: one of {', '.join(each.name for each in people.AGENTS)}")
    return found


def _queue(queue_id: str) -> people.ChatQueue:
    found = people.queue(queue_id)
    if found is None:
        raise WrongUse(f"queue: one of {', '.join(each.name for each in people.QUEUES)}")
    return found
