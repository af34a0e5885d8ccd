"""The people and queues of the lab's chats: customers, agents, queues in two groups. All names are fictitious."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CustomerPerson:
    """A visitor.

    Attributes:
        id: short and stable, for addresses and forms.
        phone: from the ranges that regulators reserve for fiction, or unassigned.
        language: as Contact Pro writes it, two capital letters.
        greeting: a first sentence in that language.
    """

    id: str
    name: str
    email: str
    phone: str
    language: str
    greeting: str

    def to_json(self) -> dict[str, str]:
        """As the CMI mock's control interface expects a customer."""
        return {"name": self.name, "email": self.email, "address": self.phone}


@dataclass(frozen=True, kw_only=True)
class AgentPerson:
    """An agent; ``id`` is 32 hex digits."""

    id: str
    name: str
    number: str
    chat_address: str

    def to_json(self) -> dict[str, str]:
        """As the CMI mock's control interface expects an agent."""
        return {"id": self.id, "number": self.number, "chat_address": self.chat_address}


@dataclass(frozen=True, kw_only=True)
class QueueGroup:
    """A group of queues, on which rights are normally given; ``id`` is 32 hex digits."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ChatQueue:
    """A queue that customers write to; ``id`` is 32 hex digits."""

    id: str
    name: str
    local_part: str
    group: QueueGroup

    def to_json(self, channel: str) -> dict[str, str]:
        """As the CMI mock's control interface expects a queue; the address has the channel's documented type."""
        host = "sinchsms.com" if channel == "sms" else f"{channel.replace('_', '-')}.sinchconversation.com"
        return {"id": self.id, "name": self.name, "address": f"{self.local_part}@{host}", "group_id": self.group.id}


CUSTOMERS = (
    CustomerPerson(
        id="emma",
        name="Emma Clarke",
        email="emma.clarke@example.com",
        phone="+447700900142",
        language="EN",
        greeting="Hello, my heat pump shows error E9 and I can't get it to restart.",
    ),
    CustomerPerson(
        id="juergen",
        name="Jürgen Weiß",
        email="juergen.weiss@example.com",
        phone="+4915112345678",
        language="DE",
        greeting="Guten Tag, unser Geschirrspüler verliert Wasser. Ich schicke Ihnen Fotos.",
    ),
    CustomerPerson(
        id="aino",
        name="Aino Virtanen",
        email="aino.virtanen@example.com",
        phone="+358401234567",
        language="FI",
        greeting="Hei, takuuhakemukseni on liitteenä. Voitteko tarkistaa sen?",
    ),
)
AGENTS = (
    AgentPerson(
        id="6B1D0F5E8C2A4793A1E0D4C3B2A19080", name="Petra Sommer", number="5011", chat_address="petra.sommer@acme"
    ),
    AgentPerson(
        id="0C9E7A41D35B4F68B7A2F1E0D9C8B7A6", name="Mikko Laine", number="5012", chat_address="mikko.laine@acme"
    ),
    AgentPerson(
        id="E4F3D2C1B0A94857968574635241302F", name="Grace Okafor", number="5013", chat_address="grace.okafor@acme"
    ),
)
SERVICE_GROUP = QueueGroup(id="5D0C1B2A39485766758493A2B1C0DFE1", name="Service chats")
CLAIMS_GROUP = QueueGroup(id="E1DFC0B1A29384756657483920A1B2C3", name="Claims chats")
QUEUE_GROUPS = (SERVICE_GROUP, CLAIMS_GROUP)
QUEUES = (
    ChatQueue(
        id="3C6E0B8A9C15224A8228B9A98CA1531D", name="Customer service", local_part="service", group=SERVICE_GROUP
    ),
    ChatQueue(id="8A51F0C3D2E74B6990A1B2C3D4E5F607", name="Claims", local_part="claims", group=CLAIMS_GROUP),
    ChatQueue(
        id="1F2E3D4C5B6A79880011223344556677", name="Technical support", local_part="technical", group=SERVICE_GROUP
    ),
)


def customer(id_: str) -> CustomerPerson | None:
    """The customer of that id."""
    return next((each for each in CUSTOMERS if each.id == id_), None)


def agent(id_: str) -> AgentPerson | None:
    """The agent of that id."""
    return next((each for each in AGENTS if each.id == id_), None)


def queue(id_: str) -> ChatQueue | None:
    """The queue of that id."""
    return next((each for each in QUEUES if each.id == id_), None)
