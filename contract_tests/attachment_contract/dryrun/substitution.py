"""A sample event, and the substitution of placeholders by its values; secrets get stand-ins, which are masked.

A placeholder that is the whole value becomes the value itself; inside a longer text it becomes text. Evidence:
documented by examples (Event-driven integrations, Available data).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from attachment_contract.gate.placeholders import PLACEHOLDER
from attachment_contract.gate.wording import MASK

#: A WhatsApp chat that has ended, with every attribute that the documentation's available data has.
SAMPLE_CONTACT: dict[str, Any] = {
    "id": "9A0C3F51D2B7EE11B3ED58961D1810CC",
    "guid": "5AB6E20342A6EE11B3ED58961D1810CC",
    "channel_type": "chat",
    "channel_sub_type": "whatsapp",
    "direction": "inbound",
    "created": "2026-11-22T09:15:00.000Z",
    "language": "EN",
    "priority": 50,
    "skills": None,
    "queue": {"id": "1F2E3D4C5B6A79880011223344556677", "address": "service@whatsapp.sinchconversation.com"},
    "forwarding_queue": None,
    "agent": {"id": "77665544332211008897A6B5C4D3E2F1", "number": "4711", "chat_address": "agent@acme"},
    "preferred_agent": None,
    "required_agents": None,
    "transferring_agent": None,
    "source": "491701234567",
    "destination": "service@whatsapp.sinchconversation.com",
    "email": None,
}
SAMPLE_MOMENT = "2026-11-22T09:27:30.000Z"
SAMPLE_AGE_S = 750.0


def sample_contact(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """The sample, with some attributes replaced."""
    return {**SAMPLE_CONTACT, **(changes or {})}


def event_object(name: str) -> dict[str, Any]:
    """The value of ``{event}``."""
    return {"name": name, "datetime": SAMPLE_MOMENT}


@dataclass
class Substitution:
    """Substitutes the placeholders of one configuration.

    Attributes:
        values: the values of ``contact`` and ``event``.
        secret_names: names in the secrets manager; None = every name exists.
        unresolved: placeholders that have no value.
        stand_ins: secret name → the text that is used instead of its value.
        in_clear: secrets that the configuration contains in clear.
    """

    values: Mapping[str, Any]
    secret_names: frozenset[str] | None = None
    unresolved: list[str] = field(default_factory=list)
    stand_ins: dict[str, str] = field(default_factory=dict)
    in_clear: tuple[str, ...] = field(default=(), repr=False)

    def fill(self, value: Any) -> Any:
        """A JSON value with every placeholder in its strings replaced; names of members are unchanged."""
        if isinstance(value, dict):
            return {name: self.fill(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = PLACEHOLDER.fullmatch(value)
        return self._value(whole) if whole else PLACEHOLDER.sub(lambda found: _as_text(self._value(found)), value)

    def text(self, value: Any) -> str:
        """The filled value as text, as headers and addresses need it."""
        return _as_text(self.fill(value))

    def masked(self, text: str) -> str:
        """The text with every secret and stand-in masked, in clear and as JSON or an address encodes it."""
        for secret in (*self.stand_ins.values(), *self.in_clear):
            for written in (
                secret,
                json.dumps(secret)[1:-1],
                *(way(secret, errors="replace") for way in (quote, quote_plus)),
            ):
                text = text.replace(written, MASK)
        return text

    def _value(self, found: re.Match[str]) -> Any:
        root, *rest = found[1].split(".")
        if root in {"secrets", "authentications"} and len(rest) == 1:
            return self._secret(rest[0], found[0])
        value: Any = self.values.get(root)
        for name in rest:
            if value is None:
                return None  # a queue that is null has no parts
            if not isinstance(value, Mapping) or name not in value:
                return self._unresolved(found[0])
            value = value[name]
        return value if root in self.values else self._unresolved(found[0])

    def _secret(self, name: str, placeholder: str) -> str:
        if self.secret_names is not None and name not in self.secret_names:
            return self._unresolved(placeholder)
        return self.stand_ins.setdefault(name, f"stand-in-for-secret-{len(self.stand_ins) + 1:04d}")

    def _unresolved(self, placeholder: str) -> str:
        self.unresolved.append(placeholder)
        return placeholder


def _as_text(value: Any) -> str:
    """Inferred: nothing for null; an event by its name, documented; other objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and set(value) == {"name", "datetime"}:
        return str(value["name"])
    return json.dumps(value)
