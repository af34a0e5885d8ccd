"""Reads customers.toml into plain records, and refuses contradictions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, get_args

End = Literal["waiting", "open", "ended", "wrapped"]
#: A file gone from CMI; C4C busy once; C4C stores it and its answer is lost.
FaultKind = Literal["gone", "c4c-down", "lost-answer"]


@dataclass(frozen=True, kw_only=True)
class Person:
    """A customer; ``agent`` is the agent of their chats."""

    id: str
    name: str
    email: str
    language: str
    channel: str
    agent: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One message: a text or a file."""

    by: Literal["customer", "agent"] = "customer"
    text: str = ""
    file: str = ""


@dataclass(frozen=True, kw_only=True)
class ScriptedChat:
    """One chat; ``fault`` is (file, kind) or None."""

    person: Person
    end: End
    lines: tuple[Line, ...]
    fault: tuple[str, FaultKind] | None = None


def scripted_chats() -> tuple[ScriptedChat, ...]:
    """The chats of customers.toml, in its order."""
    return read_script(resources.files("attachment_lab.demo.seeds").joinpath("customers.toml").read_text())


def read_script(text: str) -> tuple[ScriptedChat, ...]:
    """Chats from TOML. Raises ValueError that names the chat by its place, from 1."""
    found = tomllib.loads(text)
    people = {each["id"]: Person(**each) for each in found["customer"]}
    return tuple(_chat(place, each, people) for place, each in enumerate(found["chat"], 1))


def _chat(place: int, given: Mapping[str, Any], people: Mapping[str, Person]) -> ScriptedChat:
    lines = tuple(Line(**each) for each in given["lines"])
    fault = given.get("fault")
    sent = {line.file for line in lines if line.file}
    wrong = (
        (given["customer"] not in people, f"customer {given['customer']!r} is none of {', '.join(people)}"),
        (given["end"] not in get_args(End), f"end {given['end']!r} is none of {', '.join(get_args(End))}"),
        (any(bool(line.text) == bool(line.file) for line in lines), "a line has a text or a file"),
        (fault is not None and fault["file"] not in sent, f"the fault's file is none of {', '.join(sorted(sent))}"),
        (
            fault is not None and given["end"] in {"waiting", "open"},
            "a fault takes effect only after the chat has ended",
        ),
    )
    for is_wrong, reason in wrong:
        if is_wrong:
            raise ValueError(f"chat {place}: {reason}")
    return ScriptedChat(
        person=people[given["customer"]],
        end=given["end"],
        lines=lines,
        fault=(fault["file"], fault["kind"]) if fault else None,
    )
