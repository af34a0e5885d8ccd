"""Event-driven integrations: the form of one configuration, and all configurations of a tenant.

Documented: channel types, direction, events, queues, direct conversations, ordinal, that only https://
(newer: also edi://echo) is an endpoint, that each configuration has a UUID, that e-mail is inbound
only, that direct chats don't support attachments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

from orchestration_mock.model.contact import EVENT_NAMES, normal_id
from orchestration_mock.model.errors import Missing, Refusal
from orchestration_mock.model.forms import Form
from orchestration_mock.model.integrations import rules
from orchestration_mock.model.integrations.definition import Definition
from orchestration_mock.model.integrations.definition_reader import odd_placeholder, read_definition
from orchestration_mock.model.integrations.placeholders import ROOTS, placeholders_in

CHANNEL_TYPES = ("Phone", "Chat", "Email", "Multi-Channel")
DIRECTIONS = ("Inbound", "Outbound", "Both")
ECHO = "edi://echo"


@dataclass(frozen=True)
class Queue:
    """A queue as ticked in the Queues block; an empty id or address matches nothing."""

    id: str
    address: str


@dataclass(frozen=True, kw_only=True)
class LocalCredential:
    """One entry of a configuration's own Authentications list (older mechanism, its form is assumed).

    Attributes:
        user: for basic the user, for inline OAuth the client id, else empty.
    """

    name: str
    user: str
    value: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Integration:
    """One saved configuration.

    Attributes:
        id: UUID, dashed, upper-case; ``config_id`` in debugging.
        serial: order of creation, the tie-break between equal ordinals.
        queues: empty = all queues.
        warnings: what the form allows but somebody should know.
    """

    id: str
    serial: int
    name: str
    channel_type: str
    endpoint_url: str
    ordinal: int
    direction: str
    events: tuple[str, ...]
    queues: tuple[Queue, ...]
    direct_conversations: bool
    enabled: bool
    definition: Definition
    credentials: tuple[LocalCredential, ...]
    warnings: tuple[str, ...]

    @property
    def used_secrets(self) -> frozenset[str]:
        """Names of all secrets that the JSON or the address refers to."""
        in_address = {name for name in placeholders_in(self.endpoint_url) if name.startswith("secrets.")}
        return self.definition.used_secrets | {name.partition(".")[2] for name in in_address}

    def as_json(self) -> dict[str, Any]:
        """The form as it was saved; the JSON text byte for byte; credential values left out."""
        return {
            "id": self.id,
            "name": self.name,
            "channel_type": self.channel_type,
            "endpoint_url": self.endpoint_url,
            "ordinal": self.ordinal,
            "direction": self.direction,
            "events": list(self.events),
            "queues": [{"id": queue.id, "address": queue.address} for queue in self.queues],
            "direct_conversations": self.direct_conversations,
            "enabled": self.enabled,
            "json": self.definition.text,
            "authentications": [{"name": c.name, "user": c.user} for c in self.credentials],
            "warnings": list(self.warnings),
        }


def read_integration(body: object, *, id_: str, serial: int, dialect: Mapping[str, Any]) -> Integration:
    """A submitted form, checked. Raises ``Invalid``; errors in the JSON text carry line and column."""
    form = Form(body)
    form.raw("id")  # what was read may be sent back
    form.raw("warnings")
    secrets_outside_headers = dialect["secrets_outside_headers"] == "allow"
    fields: dict[str, Any] = {
        "name": form.text("name"),
        "channel_type": form.choice("channel_type", CHANNEL_TYPES),
        "endpoint_url": _endpoint(form, secrets_allowed=secrets_outside_headers),
        "ordinal": form.whole("ordinal", 1),
        "direction": form.choice("direction", DIRECTIONS, "Both"),
        "events": _events(form),
        "queues": _queues(form),
        "direct_conversations": form.flag("direct_conversations", False),
        "enabled": form.flag("enabled", True),
        "credentials": _credentials(form),
    }
    if fields["channel_type"] == "Email" and fields["direction"] != "Inbound" and not form.errors:
        form.wrong("direction", "Inbound for e-mail", "the vendor offers e-mail inbound only", fields["direction"])
    definition = _definition(form, form.text("json"), secrets_outside_headers=secrets_outside_headers)
    found = Integration(id=id_, serial=serial, definition=definition, warnings=(), **fields)
    if dialect["chat_attachment_rules"] == "enforce":
        for address in rules.broken_by(found):
            remedy = f"select a queue of type {rules.OUTGOING_TYPES}"
            form.wrong("queues", "for outgoing chats a queue of a type that carries attachments", remedy, address)
    form.done("The configuration")
    odd = [f"{name} is not a field of the form" for name in form.unknown()]
    odd += [told for name in placeholders_in(found.endpoint_url) if (told := odd_placeholder(name, ROOTS))]
    return replace(found, warnings=(*odd, *definition.warnings, *rules.advice(found)))


def _definition(form: Form, text: str, *, secrets_outside_headers: bool) -> Definition:
    """The JSON text read; its errors join those of the form, unless they are all there is."""
    try:
        return read_definition(text, secrets_outside_headers=secrets_outside_headers)
    except Refusal as refusal:
        if not form.errors:
            raise
        form.errors.extend(refusal.errors)
        form.done("The configuration")
        raise


def _endpoint(form: Form, *, secrets_allowed: bool) -> str:
    url = form.text("endpoint_url")
    parts = urlsplit(url)
    if url and url != ECHO and (parts.scheme != "https" or not parts.hostname):
        form.wrong("endpoint_url", "https://... (or edi://echo)", "give the endpoint's https address", url)
    if parts.username or parts.password:
        form.wrong("endpoint_url", "no user and password in the address", "use authentication in the JSON")
    if not secrets_allowed and any(name.startswith("secrets.") for name in placeholders_in(url)):
        form.wrong("endpoint_url", "secrets in headers only, as documented", "move the placeholder to a header")
    return url


def _events(form: Form) -> tuple[str, ...]:
    known = {name.lower(): name for name in EVENT_NAMES}
    found = []
    for event in form.items("events"):
        name = known.get(event.lower()) if isinstance(event, str) else None
        if name is None:
            form.wrong("events", "of " + ", ".join(EVENT_NAMES), "tick events from the list", event)
        else:
            found.append(name)
    if not found and not form.errors:
        form.wrong("events", "at least one event", "tick Ended or Closed", [])
    return tuple(dict.fromkeys(found))


def _queues(form: Form) -> tuple[Queue, ...]:
    found = []
    for queue in form.items("queues"):
        id_, address = (queue.get("id"), queue.get("address")) if isinstance(queue, dict) else (None, None)
        if not any(isinstance(value, str) and value for value in (id_, address)):
            form.wrong("queues", '{"id", "address"}', "give each queue an id or an address", queue)
        else:
            found.append(Queue(normal_id(str(id_ or "")) or str(id_ or ""), str(address or "")))
    return tuple(found)


def _credentials(form: Form) -> tuple[LocalCredential, ...]:
    found = []
    for item in form.items("authentications"):
        inner = Form(item, at="authentications")
        found.append(LocalCredential(name=inner.text("name"), user=inner.text("user", ""), value=inner.text("value")))
        for error in inner.errors:
            form.wrong(f"authentications.{error.field}", error.expected, error.remedy)
    return tuple(found)


class Integrations:
    """All configurations of one tenant, in the order of their creation."""

    def __init__(self, *, new_id: Callable[[], str], guard: Callable[[str], None], dialect: Mapping[str, Any]) -> None:
        self._new_id = new_id
        self._guard = guard
        self._dialect = dialect
        self._items: dict[str, Integration] = {}
        self._serial = 0
        self._lock = RLock()

    def all(self) -> list[Integration]:
        """All of them."""
        with self._lock:
            return [*self._items.values()]

    def get(self, id_: str) -> Integration:
        """One of them; its id in any case, with or without dashes. Raises ``Missing``."""
        with self._lock:
            for key, found in self._items.items():
                if normal_id(key) == normal_id(id_):
                    return found
        raise Missing(f"There is no configuration {id_}.")

    def create(self, body: object) -> Integration:
        """Save a new configuration. Raises ``Invalid``."""
        with self._lock:
            found = self._read(body, self._new_id(), self._serial + 1)
            self._serial += 1
            self._items[found.id] = found
        return found

    def replace(self, id_: str, body: object) -> Integration:
        """Save over a configuration, keeping its id. Raises ``Missing`` or ``Invalid``."""
        with self._lock:
            old = self.get(id_)
            found = self._read(body, old.id, old.serial)
            self._items[found.id] = found
        return found

    def switch(self, id_: str, *, enabled: bool) -> Integration:
        """Enable or disable a configuration. Raises ``Missing``."""
        with self._lock:
            found = replace(self.get(id_), enabled=enabled)
            self._items[found.id] = found
        return found

    def delete(self, id_: str) -> None:
        """Remove a configuration. Raises ``Missing``."""
        with self._lock:
            del self._items[self.get(id_).id]

    def using_secret(self, name: str) -> list[Integration]:
        """The configurations whose JSON refers to that secret."""
        return [found for found in self.all() if name in found.used_secrets]

    def _read(self, body: object, id_: str, serial: int) -> Integration:
        if isinstance(body, dict):
            for item in body.get("authentications") or []:
                if isinstance(item, dict) and isinstance(item.get("value"), str):
                    self._guard(item["value"])
        found = read_integration(body, id_=id_, serial=serial, dialect=self._dialect)
        for value in found.definition.literal_secrets:
            self._guard(value)
        return found
