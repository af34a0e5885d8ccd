"""What configurations have written back to conversations: attached data (`save`) and changes (`set`).

Documented (Event-driven integrations, Ordinal and Response configuration): `save` data accumulates and
later values overwrite earlier ones; `set` runs only in the first integration that succeeds with it; it
may change priority, queue (by id or address) and preferred or required agents. Inferred: a change is in
force until the conversation itself changes in that respect, e.g. an agent transfers it to another queue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from threading import RLock
from typing import Any

from mock_kit.http.refusals import MissingItem, described
from mock_kit.tenants.ids import normal_id
from orchestration_mock.model.bounded import BoundedDict

KEPT_CONVERSATIONS = 10_000
AGENT_KEYS = ("id", "number", "chat_address")


class BadChange(ValueError):
    """A `set` that cannot be carried out; the message names the value and the reason."""


def _priority(value: Any) -> Any:
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadChange(f"priority: expected a number, found {described(value)}")
    return value


def _queue(value: Any) -> dict[str, Any]:
    found = value if isinstance(value, Mapping) else {}
    id_, address = found.get("id"), found.get("address")
    if not any(isinstance(each, str) and each for each in (id_, address)):
        raise BadChange('queue: expected {"id": ...} or {"address": ...}')
    return {"id": normal_id(str(id_)) or id_ if id_ else None, "address": address or None}


def _agent(value: Any) -> dict[str, Any]:
    found = value if isinstance(value, Mapping) else {}
    if not any(found.get(key) for key in AGENT_KEYS):
        raise BadChange(f"agent: expected an object with one of {', '.join(AGENT_KEYS)}")
    return {key: found.get(key) for key in AGENT_KEYS}


def _agents(value: Any) -> list[dict[str, Any]]:
    return [_agent(each) for each in (value if isinstance(value, list) else [value])]


#: What `set` may change, and how a new value is read.
SETTABLE: dict[str, Callable[[Any], Any]] = {
    "priority": _priority,
    "queue": _queue,
    "preferred_agent": _agent,
    "required_agents": _agents,
}


def read_changes(values: Mapping[str, Any]) -> dict[str, Any]:
    """The new values of a `set`. Raises ``BadChange``."""
    unknown = [name for name in values if name not in SETTABLE]
    if unknown:
        raise BadChange(f"{unknown[0]}: `set` is documented for {', '.join(SETTABLE)}")
    return {name: SETTABLE[name](value) for name, value in values.items()}


@dataclass
class _Conversation:
    """``changes``: by attribute, the value before and the new one; ``set_by``: event id → configuration id."""

    attached: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    set_by: dict[str, str] = field(default_factory=dict)


class ConversationChanges:
    """What was written back in one tenant, by the conversation's group id."""

    def __init__(self) -> None:
        self._known: BoundedDict[str, _Conversation] = BoundedDict(KEPT_CONVERSATIONS)
        self._lock = RLock()

    def current(self, contact: Mapping[str, Any]) -> dict[str, Any]:
        """The contact after every `set` so far; a change is dropped once the conversation itself has changed there."""
        changed = dict(contact)
        with self._lock:
            changes = self._known.get(str(contact["guid"]), _Conversation()).changes
            for name, (before, after) in list(changes.items()):
                if contact.get(name) == before:
                    changed[name] = deepcopy(after)
                elif contact.get(name) != after:
                    del changes[name]
        return changed

    def attached(self, guid: str) -> dict[str, Any]:
        """The data saved for a conversation so far."""
        with self._lock:
            found = self._known.get(guid)
            return deepcopy(found.attached) if found else {}

    def save(self, guid: str, values: Mapping[str, Any]) -> None:
        """Add attached data; a later value overwrites an earlier one of the same name."""
        if values:
            with self._lock:
                self._conversation(guid).attached.update(deepcopy(dict(values)))

    def may_set(self, guid: str, event_id: str, config_id: str) -> bool:
        """Whether no other configuration has carried out its `set` for this event."""
        with self._lock:
            found = self._known.get(guid)
            return found is None or found.set_by.get(event_id, config_id) == config_id

    def set(self, contact: Mapping[str, Any], event_id: str, config_id: str, changes: Mapping[str, Any]) -> None:
        """Change the conversation for its later events; ``contact`` is the event's own."""
        with self._lock:
            found = self._conversation(str(contact["guid"]))
            found.set_by[event_id] = config_id
            for name, value in changes.items():
                before = found.changes[name][0] if name in found.changes else contact.get(name)
                found.changes[name] = (deepcopy(before), deepcopy(value))

    def get(self, guid: str) -> dict[str, Any]:
        """One conversation for the control API. Raises ``MissingItem``."""
        with self._lock:
            key = normal_id(guid) or guid
            if key not in self._known:
                raise MissingItem(f"Nothing was written back to a conversation {guid}.")
            return self._as_json(key)

    def all(self) -> list[dict[str, Any]]:
        """All of them, oldest first."""
        with self._lock:
            return [self._as_json(guid) for guid in self._known]

    def saved(self) -> dict[str, dict[str, Any]]:
        """Everything as plain JSON, by guid, for a snapshot."""
        with self._lock:
            return {guid: deepcopy(asdict(found)) for guid, found in self._known.items()}

    def load(self, saved: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace everything by what ``saved`` returned."""
        with self._lock:
            self._known.clear()
            for guid, each in saved.items():
                changes = {name: (before, after) for name, (before, after) in each["changes"].items()}
                self._known[guid] = _Conversation(dict(each["attached"]), changes, dict(each["set_by"]))

    def _as_json(self, guid: str) -> dict[str, Any]:
        found = self._known[guid]
        changes = {name: deepcopy(after) for name, (_, after) in found.changes.items()}
        return {"guid": guid, "attached_data": deepcopy(found.attached), "set": changes}

    def _conversation(self, guid: str) -> _Conversation:
        if guid not in self._known:
            self._known[guid] = _Conversation()
        return self._known[guid]
