"""What a script is, once read: a chat and the steps of its life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cmi_mock.model.chat import Agent, Originator, Queue
from cmi_mock.model.chats import NewChat
from cmi_mock.scripting.samples import SampleFile


class BadScript(Exception):
    """A script that cannot be played as it stands.

    Attributes:
        field: where, e.g. ``steps[3].customer_file.kind``.
        expected: what would be accepted.
        value: what was found.
    """

    def __init__(self, field: str, expected: str, value: object = None) -> None:
        super().__init__(f"{field} does not fit")
        self.field = field
        self.expected = expected
        self.value = value


@dataclass(frozen=True)
class MessageStep:
    """A line of the customer, the agent or the system."""

    originator_type: Originator
    text: str
    in_consult: bool = False


@dataclass(frozen=True)
class FileStep:
    """A file, optionally with a line."""

    originator_type: Originator
    name: str
    content_type: str
    sample: SampleFile
    text: str = ""


@dataclass(frozen=True)
class NamedAgent:
    """An agent as a script knows one: with a name for the transcript."""

    name: str
    agent: Agent


@dataclass(frozen=True)
class HandoverStep:
    """A transfer or a consult, to a queue or an agent; to neither: back to the chat's own queue."""

    what: Literal["transfer", "consult"]
    queue: Queue | None
    to: NamedAgent | None


@dataclass(frozen=True)
class StatusStep:
    """The other steps: accept, end, wrap up, end of a consult."""

    what: Literal["accept", "end", "wrap_up", "end_consult"]
    by: NamedAgent | None = None
    handover: bool = False


@dataclass(frozen=True)
class WaitStep:
    """Time passes; the tenant's clock moves only if the caller of the script wants that."""

    seconds: float


Step = MessageStep | FileStep | HandoverStep | StatusStep | WaitStep


@dataclass(frozen=True)
class Script:
    """A conversation to be played."""

    title: str
    chat: NewChat
    steps: tuple[Step, ...]
