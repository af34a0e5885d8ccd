"""From a configuration and an event to a complete request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from orchestration_mock.model.contact import KNOWN_PATHS, Contact, stamp
from orchestration_mock.model.events.outgoing import Outgoing
from orchestration_mock.model.integrations.placeholders import (
    EventObject,
    Lookup,
    Style,
    as_text,
    expand,
    expand_text,
    walk,
)
from orchestration_mock.model.integrations.store import Integration, LocalCredential
from orchestration_mock.model.secrets import SecretsManager


class Uncomposable(Exception):
    """The request cannot be made of this configuration and this conversation; the message holds no secret."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event of one conversation; ``name`` is as the form spells it, such as ``Ended``."""

    id: str
    name: str
    moment: datetime
    contact: Contact


def style_of(dialect: Mapping[str, Any]) -> Style:
    """How this tenant writes values into texts."""
    return Style(
        null_in_text=dialect["null_in_text"],
        object_in_text=dialect["object_in_text"],
        unknown=dialect["unknown_placeholder"],
    )


def lookup_for(
    event: Event,
    secrets: SecretsManager,
    credentials: tuple[LocalCredential, ...],
    dialect: Mapping[str, Any],
    attached: Mapping[str, Any] | None = None,
) -> Lookup:
    """The values behind `{contact...}`, `{event...}`, `{secrets.x}` and `{authentications.x}`.

    ``attached`` is what configurations have saved for this conversation, at the dialect's path.
    """
    name = event.name.lower() if dialect["event_strings"] == "lower" else event.name
    event_object = EventObject(name=name, datetime=stamp(event.moment))

    attached_path = tuple(str(dialect["attached_data_path"]).split("."))

    def look_up(path: tuple[str, ...]) -> Any:
        depth = len(attached_path)
        if attached and path[:depth] == attached_path:
            return walk(attached, path[depth:], lambda _: False)
        match path:
            case ("contact", *rest):
                return walk(event.contact.data, tuple(rest), KNOWN_PATHS.__contains__)
            case ("event", *rest):
                return walk(event_object, tuple(rest), lambda _: False)
            case ("secrets", name):
                return _secret(secrets, name)
            case ("authentications", name):
                return _credential(credentials, name)
        raise LookupError("it begins with none of contact, event, secrets, authentications")

    return look_up


def _secret(secrets: SecretsManager, name: str) -> str:
    found = secrets.get(name)
    if found is None:
        raise LookupError(f"there is no secret named {name}")
    if found.text is None:
        raise LookupError(f"the secret {name} is an OAuth credential; refer to it by secrets_ref")
    return found.text


def _credential(credentials: tuple[LocalCredential, ...], name: str) -> str:
    for found in credentials:
        if found.name == name:
            return found.value
    raise LookupError(f"the configuration has no authentication named {name}")


def compose(integration: Integration, lookup: Lookup, dialect: Mapping[str, Any]) -> Outgoing:
    """The request, but for its Authorization. Raises ``Unresolved`` or ``Uncomposable``."""
    spec, style = integration.definition.request, style_of(dialect)
    body = None if spec.body is None else expand(spec.body, lookup, style)
    headers = {
        "User-Agent": str(dialect["user_agent"]),
        "Accept-Encoding": "gzip, deflate",
        "Accept": "*/*",
        "Connection": "keep-alive",
    }
    content = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        content = json.dumps(body, ensure_ascii=dialect["body_encoding"] == "ascii").encode()
    for name, value in spec.headers.items():
        set_header(headers, name, _header_value(name, as_text(expand(value, lookup, style), style)))
    return Outgoing(
        method=spec.method,
        url=url_of(integration, lookup, style),
        headers=headers,
        content=content,
        timeout_s=spec.timeout_s or float(dialect["default_timeout_s"]),
        verify=spec.verify,
    )


def set_header(headers: dict[str, str], name: str, value: str) -> None:
    """Set a header, replacing one whose name differs in case only."""
    for old in [old for old in headers if old.lower() == name.lower()]:
        del headers[old]
    headers[name] = value


def _header_value(name: str, value: str) -> str:
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise Uncomposable(f"header {name}: its value holds a line break or a control character")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError as exc:
        raise Uncomposable(f"header {name}: its value has characters outside Latin-1") from exc
    return value


def url_of(integration: Integration, lookup: Lookup, style: Style) -> str:
    """The endpoint's address with placeholders filled in, percent-encoded, and `params` appended."""
    url = expand_text(integration.endpoint_url, lookup, style, lambda written: quote(written, safe=""))
    pairs: list[tuple[str, str]] = []
    for name, value in integration.definition.request.params.items():
        filled = expand(value, lookup, style)
        for item in filled if isinstance(filled, list) else [filled]:
            if item is not None:  # a requests client leaves out parameters that are null
                pairs.append((name, as_text(item, style)))
    if not pairs:
        return url
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(pairs)) if part)
    return urlunsplit(parts._replace(query=query))
