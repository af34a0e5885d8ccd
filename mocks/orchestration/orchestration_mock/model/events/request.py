"""From a configuration and an event to a complete request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from orchestration_mock.model.events.outgoing import OutgoingRequest
from orchestration_mock.model.integrations.integration import Integration
from orchestration_mock.model.integrations.placeholders import Lookup, TextStyle, as_text, expand, expand_text


class UnbuildableRequest(Exception):
    """This configuration and this conversation give no valid request; the message contains no secret."""


def style_of(dialect: Mapping[str, Any]) -> TextStyle:
    """How this tenant writes values into texts."""
    return TextStyle(
        null_in_text=dialect["null_in_text"],
        object_in_text=dialect["object_in_text"],
        unknown=dialect["unknown_placeholder"],
    )


def build_request(integration: Integration, lookup: Lookup, dialect: Mapping[str, Any]) -> OutgoingRequest:
    """The request without its Authorization. Raises ``Unresolved`` or ``UnbuildableRequest``."""
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
    return OutgoingRequest(
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
        raise UnbuildableRequest(f"header {name}: its value contains a line break or a control character")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError as exc:
        raise UnbuildableRequest(f"header {name}: its value has characters outside Latin-1") from exc
    return value


def url_of(integration: Integration, lookup: Lookup, style: TextStyle) -> str:
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
