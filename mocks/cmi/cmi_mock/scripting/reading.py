"""Reads a script from YAML (JSON is YAML): every value a text, checked member by member.

YAML's own types are not used, so that Norwegian (``NO``) is a language and no "false".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from cmi_mock.model.chat import Agent, ChatCustomer, Queue
from cmi_mock.model.chats import NewChat
from cmi_mock.scripting.document import (
    BadScript,
    FileStep,
    HandoverStep,
    MessageStep,
    NamedAgent,
    Script,
    StatusStep,
    Step,
    WaitStep,
)
from cmi_mock.scripting.samples import KINDS, MOST_BYTES, SampleFile, least_bytes
from mock_kit.http.refusals import MissingItem

MOST_SCRIPT_BYTES = 256 * 1024
_MOST_STEPS = 1000
_SIZE = re.compile(r"(\d{1,9})\s*(B|kB|KiB|MB|MiB)?")
_UNITS = {None: 1, "B": 1, "kB": 1000, "KiB": 1024, "MB": 1000 * 1000, "MiB": 1024 * 1024}
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
Members = Mapping[str, Any]


def read_script(text: str) -> Script:
    """A script from its document. Raises BadScript, which names the member."""
    found = _object(_parsed(text), "script", ("title", "chat", "steps"))
    steps = found.get("steps")
    if not isinstance(steps, list) or not 0 < len(steps) <= _MOST_STEPS:
        raise BadScript("steps", f"a list of 1 to {_MOST_STEPS} steps", steps)
    chat = _object(found.get("chat", {}), "chat", _CHAT_MEMBERS)
    return Script(
        title=_text(found, "title", "script"),
        chat=_chat(chat),
        steps=tuple(_step(step, f"steps[{number}]") for number, step in enumerate(steps)),
    )


def _parsed(text: str) -> Any:
    loader = yaml.BaseLoader(text)
    try:
        return loader.get_single_data()
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        raise BadScript("script", f"YAML or JSON; {' '.join(str(exc).split())[:300]}") from exc
    finally:
        loader.dispose()


_CHAT_MEMBERS = ("channel", "language", "direction", "direct", "priority", "guid", "queue", "customer")


def _chat(members: Members) -> NewChat:
    direction = _choice(members, "direction", "chat", ("inbound", "outbound"))
    customer = _object(members.get("customer", {}), "chat.customer", ("name", "email", "address"))
    name, email = (_text(customer, key, "chat.customer", "") for key in ("name", "email"))
    priority = _text(members, "priority", "chat", "50")
    if not re.fullmatch(r"\d{1,3}", priority):
        raise BadScript("chat.priority", "a whole number", priority)
    return NewChat(
        channel_sub_type=_text(members, "channel", "chat", "whatsapp"),
        queue=_queue(members.get("queue", {}), "chat.queue"),
        direct=_yes(members, "direct", "chat"),
        customer=ChatCustomer(name or "Visitor", email, _text(customer, "address", "chat.customer", "") or email),
        language=_text(members, "language", "chat", "EN"),
        direction="outbound" if direction == "outbound" else "inbound",
        priority=int(priority),
        guid=_text(members, "guid", "chat", ""),
    )


def _step(step: Any, path: str) -> Step:
    """A step is one word (``end``) or one member (``customer: Hello``)."""
    members = {step: ""} if isinstance(step, str) else step
    if not isinstance(members, Mapping) or len(members) != 1:
        raise BadScript(path, f"one of {', '.join(_STEPS)}", step)
    ((word, value),) = members.items()
    if word not in _STEPS:
        raise BadScript(path, f"one of {', '.join(_STEPS)}", word)
    return _STEPS[word](value, f"{path}.{word}")


def _line(value: Any, path: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadScript(path, "a text", value)
    return value


def _file(value: Any, path: str) -> tuple[str, str, SampleFile, str]:
    members = _object(value, path, ("name", "kind", "size", "content_type", "text"))
    name, kind = _text(members, "name", path), _choice(members, "kind", path, tuple(KINDS))
    size = _size(_text(members, "size", path), kind, f"{path}.size")
    content_type = _text(members, "content_type", path, KINDS[kind].content_type)
    if not _TYPE.fullmatch(content_type):
        raise BadScript(f"{path}.content_type", "a MIME type", content_type)
    return name, content_type, SampleFile(kind, size, f"{kind}\0{name}\0{path}"), _text(members, "text", path, "")


def _size(text: str, kind: str, path: str) -> int:
    match = _SIZE.fullmatch(text.strip())
    size = int(match[1]) * _UNITS[match[2]] if match else -1
    if size > MOST_BYTES or (size != 0 and size < least_bytes(kind)):
        raise BadScript(path, f"0, or {least_bytes(kind)} B to {MOST_BYTES} B, e.g. 180 kB", text)
    return size


def _hand_over(what: str, value: Any, path: str) -> HandoverStep:
    members = _object(value, path, ("queue", "agent"))
    queue = _queue(members["queue"], f"{path}.queue") if "queue" in members else None
    agent = _agent(members["agent"], f"{path}.agent") if "agent" in members else None
    return HandoverStep("transfer" if what == "transfer" else "consult", queue, agent)


def _end_consult(value: Any, path: str) -> StatusStep:
    return StatusStep("end_consult", handover=_yes(_object(value, path, ("handover",)), "handover", path))


def _wait(value: Any, path: str) -> WaitStep:
    match = re.fullmatch(r"(\d{1,7})\s*(s|min|h)?", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise BadScript(path, "seconds, or e.g. 5 min or 2 h", value)
    return WaitStep(float(match[1]) * {None: 1, "s": 1, "min": 60, "h": 3600}[match[2]])


_STEPS: dict[str, Callable[[Any, str], Step]] = {
    "customer": lambda value, path: MessageStep("customer", _line(value, path)),
    "agent": lambda value, path: MessageStep("agent", _line(value, path)),
    "system": lambda value, path: MessageStep("system", _line(value, path)),
    "consultant": lambda value, path: MessageStep("agent", _line(value, path), in_consult=True),
    "customer_file": lambda value, path: FileStep("customer", *_file(value, path)),
    "agent_file": lambda value, path: FileStep("agent", *_file(value, path)),
    "accept": lambda value, path: StatusStep("accept", _agent(value, path) if value else None),
    "transfer": lambda value, path: _hand_over("transfer", value, path),
    "consult": lambda value, path: _hand_over("consult", value, path),
    "end_consult": _end_consult,
    "wait": _wait,
    "end": lambda _value, _path: StatusStep("end"),
    "wrap_up": lambda _value, _path: StatusStep("wrap_up"),
}


def _queue(value: Any, path: str) -> Queue:
    """``{name, address?, id?, group_id?}``; without an id it follows from the name."""
    members = _object(value, path, ("name", "address", "id", "group_id"))
    name = _text(members, "name", path, "Chat")
    address = _text(members, "address", path, "chat@queue.example")
    return Queue(_text(members, "id", path, _id_of(name)), name, address, _text(members, "group_id", path, ""))


def _agent(value: Any, path: str) -> NamedAgent:
    """``{name, number?, address?}``; the id follows from the name."""
    members = _object(value, path, ("name", "number", "address"))
    name = _text(members, "name", path)
    address = _text(members, "address", path, "agent@chat.example")
    return NamedAgent(name, Agent(_id_of(name), _text(members, "number", path, "5001"), address))


def _id_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32].upper()


def _object(value: Any, path: str, known: tuple[str, ...]) -> Members:
    members = {} if value == "" else value
    if not isinstance(members, Mapping):
        raise BadScript(path, f"an object with {', '.join(known)}", value)
    for name in members:
        if name not in known:
            raise BadScript(f"{path}.{name}", f"one of {', '.join(known)}", name)
    return members


def _text(members: Members, name: str, path: str, default: str | None = None) -> str:
    value = members.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise BadScript(f"{path}.{name}", "a text", value)
    return value


def _choice(members: Members, name: str, path: str, choices: tuple[str, ...]) -> str:
    value = _text(members, name, path, choices[0] if name == "direction" else None)
    if value not in choices:
        raise BadScript(f"{path}.{name}", f"one of {', '.join(choices)}", value)
    return value


def _yes(members: Members, name: str, path: str) -> bool:
    value = _text(members, name, path, "false")
    if value not in ("true", "false"):
        raise BadScript(f"{path}.{name}", "true or false", value)
    return value == "true"


@cache
def shipped_scripts() -> dict[str, str]:
    """Every shipped script's text by name (the file's name without its ending), sorted."""
    found = (path for path in files("cmi_mock.scripting").joinpath("scripts").iterdir() if path.name.endswith(".yaml"))
    return {path.name.removesuffix(".yaml"): path.read_text("utf-8") for path in sorted(found, key=lambda p: p.name)}


def shipped_script(name: str) -> str:
    """Raises MissingItem."""
    try:
        return shipped_scripts()[name]
    except KeyError:
        raise MissingItem(f"no script is called {name}; there are: {', '.join(shipped_scripts())}") from None
