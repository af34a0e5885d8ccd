"""The `response` part of a configuration: which values of the reply are written back to the conversation.

Documented (Event-driven integrations, Response configuration and Debugging): `set` and `save`,
`{response.body.x}`, `{response.status}`, `{response.duration}` in seconds, `{response.debug}`,
`{config_id}`, `{request.method}`, `{request.url}` without its query, `{request.query_params}`. The path
to a response header is assumed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from orchestration_mock.model.events.conversations import BadChange, ConversationChanges, read_changes
from orchestration_mock.model.events.event import Event
from orchestration_mock.model.events.outgoing import HttpReply, OutgoingRequest
from orchestration_mock.model.integrations.definition_reader import is_attached_data_key
from orchestration_mock.model.integrations.integration import Integration
from orchestration_mock.model.integrations.placeholders import Lookup, TextStyle, Unresolved, expand, walk


def lookup_with_reply(lookup: Lookup, config_id: str, outgoing: OutgoingRequest, reply: HttpReply) -> Lookup:
    """The values of an event, and those of the request and its reply."""
    parts = urlsplit(outgoing.url)
    request = {
        "method": outgoing.method,
        "url": urlunsplit(parts._replace(query="")),
        "query_params": dict(parse_qsl(parts.query)),
    }
    body = readable(reply)
    response = {
        "status": reply.status,
        "headers": {name.lower(): value for name, value in reply.headers.items()},
        "duration": round(reply.duration_s, 6),
        "body": body,
        "debug": _debug(config_id, request, reply, body),
    }

    def resolve(path: tuple[str, ...]) -> Any:
        match path:
            case ("config_id",):
                return config_id
            case ("request", *rest):
                return walk(request, tuple(rest), lambda _: False)
            case ("response", "headers", name):
                return walk(response["headers"], (name.lower(),), lambda _: False)
            case ("response", *rest):
                return walk(response, tuple(rest), lambda _: False)
        return lookup(path)

    return resolve


def readable(reply: HttpReply) -> Any:
    """The reply's body as JSON when it is JSON, else as text."""
    text = reply.body.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _debug(config_id: str, request: dict[str, Any], reply: HttpReply, body: Any) -> dict[str, Any]:
    known = {
        "config_id": config_id,
        "method": request["method"],
        "url": request["url"],
        "query_params": request["query_params"],
        "status": reply.status,
        "headers": dict(reply.headers),
        "duration": round(reply.duration_s, 6),
    }
    return known | ({"text": body} if isinstance(body, str) else {"body": body})


@dataclass
class WriteBackResult:
    """What was written back, and what could not be; ``evidence`` are the behaviours that were used."""

    changes: dict[str, Any] = field(default_factory=dict)
    saved: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ResponseWriteBack:
    """Carries out `set` and `save` of one configuration for one event."""

    conversations: ConversationChanges
    event: Event
    integration: Integration
    style: TextStyle

    def carry_out(self, lookup: Lookup) -> WriteBackResult:
        """Both parts; one that cannot be carried out changes nothing and adds a note."""
        result = WriteBackResult()
        for part in (self._save, self._set):
            try:
                part(lookup, result)
            except (Unresolved, BadChange) as exc:
                result.notes.append(f"response{part.__name__.replace('_', '.')} was not carried out: {exc}")
        return result

    def _save(self, lookup: Lookup, result: WriteBackResult) -> None:
        found = expand(self.integration.definition.response_save, lookup, self.style)
        if "*" in found:
            result.evidence.append("edi.save_star")
        spread = found.pop("*", None)
        named = (spread if isinstance(spread, dict) else {"*": spread} if spread else {}) | found
        result.saved = {name: value for name, value in named.items() if is_attached_data_key(name)}
        if odd := [name for name in named if name not in result.saved]:
            result.evidence.append("edi.save_left_out")
            result.notes.append(f"response.save left out {', '.join(map(repr, odd))}: no XML element name")
        if result.saved:
            result.evidence += ["edi.save", "edi.save_keys"]
            self.conversations.save(self.event.contact.guid, result.saved)

    def _set(self, lookup: Lookup, result: WriteBackResult) -> None:
        wanted, contact = self.integration.definition.response_set, self.event.contact
        if not wanted:
            return
        result.evidence.append("edi.set")
        if not self.conversations.may_set(contact.guid, self.event.id, self.integration.id):
            result.notes.append("response.set was left out: another configuration has set for this event")
            return
        result.changes = read_changes(expand(wanted, lookup, self.style))
        self.conversations.set(contact.data, self.event.id, self.integration.id, result.changes)
