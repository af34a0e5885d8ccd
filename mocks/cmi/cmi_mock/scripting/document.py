"""What a script is, once read: a chat and the steps of its life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cmi_mock.model.chat import Agent, Originator, Queue
from cmi_mock.model.desk import NewChat
from cmi_mock.scripting.samples import Sample


class BadScript(Exception):
    """A script that cannot be played as it stands.

    Attributes:
        field: where, e.g. ``steps[3].customer_file.kind``.
        expected: what would have been understood.
        value: what was found.
    """

    def __init__(self, field: str, expected: str, value: object = None) -> None:
        super().__init__(f"{field} does not fit")
        self.field = field
        self.expected = expected
        self.value = value


@dataclass(frozen=True)
class Say:
    """A line; ``who`` is a name for agents, empty for whoever has the chat."""

    originator_type: Originator
    text: str
    in_consult: bool = False


@dataclass(frozen=True)
class SendFile:
    """A file with, perhaps, a line beside it."""

    originator_type: Originator
    name: str
    content_type: str
    sample: Sample
    text: str = ""


@dataclass(frozen=True)
class NamedAgent:
    """An agent as a script knows one: with a name for the transcript."""

    name: str
    agent: Agent


@dataclass(frozen=True)
class HandOn:
    """A transfer or a consult, to a queue or an agent; to neither: back to the chat's own queue."""

    what: Literal["transfer", "consult"]
    queue: Queue | None
    to: NamedAgent | None


@dataclass(frozen=True)
class Move:
    """The rest of a chat's life."""

    what: Literal["accept", "end", "wrap_up", "end_consult"]
    by: NamedAgent | None = None
    handover: bool = False


@dataclass(frozen=True)
class Wait:
    """Time passes; the tenant's clock is moved only if whoever plays the script says so."""

    seconds: float


Step = Say | SendFile | HandOn | Move | Wait


@dataclass(frozen=True)
class Script:
    """A conversation to be played."""

    title: str
    chat: NewChat
    steps: tuple[Step, ...]
