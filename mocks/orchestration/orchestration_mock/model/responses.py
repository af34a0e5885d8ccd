"""The `response` part of a configuration: what of the reply is written back to the conversation.

Documented (Event-driven integrations, Response configuration and Debugging): `set` and `save`,
`{response.body.x}`, `{response.status}`, `{response.duration}` in seconds, `{response.debug}`,
`{config_id}`, `{request.method}`, `{request.url}` without its query, `{request.query_params}`. The path
to a response header is assumed.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from orchestration_mock.model.outbound import Outgoing, Reply
from orchestration_mock.model.placeholders import Lookup, walk


def with_reply(lookup: Lookup, config_id: str, outgoing: Outgoing, reply: Reply) -> Lookup:
    """The values an event offers, and on top of them those of the request and its reply."""
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

    def look_up(path: tuple[str, ...]) -> Any:
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

    return look_up


def readable(reply: Reply) -> Any:
    """The reply's body as JSON when it is JSON, else as text."""
    text = reply.body.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _debug(config_id: str, request: dict[str, Any], reply: Reply, body: Any) -> dict[str, Any]:
    shown = {
        "config_id": config_id,
        "method": request["method"],
        "url": request["url"],
        "query_params": request["query_params"],
        "status": reply.status,
        "headers": dict(reply.headers),
        "duration": round(reply.duration_s, 6),
    }
    return shown | ({"text": body} if isinstance(body, str) else {"body": body})
