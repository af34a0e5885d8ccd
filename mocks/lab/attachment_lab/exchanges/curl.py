"""An exchange as a curl command: the same request again, with secrets from environment variables.

The journal has no secrets: set the variables before you run the command. Every text is in single quotes, so that no
shell reads anything into it. The address is the mock's on this machine, the Host header the real one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Any
from urllib.parse import urlsplit

MASK = "***"
#: Set by curl itself, or about one connection only.
LEFT_OUT = {"host", "content-length", "connection", "traceparent", "accept-encoding", "transfer-encoding"}
#: curl's option for each masked header, by hop and name. The page lists the variables.
CREDENTIALS: Mapping[tuple[str, str], str] = {
    ("cmi", "authorization"): '-u "$CMI_USER:$CMI_PASSWORD"',
    ("cmi", "x-api-key"): '-H "X-Api-Key: $CMI_API_KEY"',
    ("c4c", "authorization"): '-u "$C4C_USER:$C4C_PASSWORD"',
    ("contact-pro", "authorization"): '-u "$OAUTH_CLIENT_ID:$OAUTH_CLIENT_SECRET"',
    ("delivery", "authorization"): '-H "Authorization: Bearer $TOKEN"',
    ("delivery", "x-cmi-api-key"): '-H "x-cmi-api-key: $CMI_API_KEY"',
    ("delivery", "x-cmi-password"): '-H "x-cmi-password: $CMI_PASSWORD"',
    ("delivery", "x-sap-v1-password"): '-H "x-sap-v1-password: $C4C_PASSWORD"',
}


def as_curl(hop: str, full: Mapping[str, Any], base_url: str) -> str:
    """The command. ``base_url`` is the mock's or the service's on this machine.

    A body of which the journal has only the head is replaced by a file to be provided: ``--data-binary @body``.
    """
    target = urlsplit(str(full["url"]))
    path = target.path + (f"?{target.query}" if target.query else "")
    parts = [f"curl -sS -X {full['method']} {quote(base_url + path)}"]
    host = full.get("host") or target.netloc
    parts.append(f"-H {quote(f'Host: {host}')}")
    parts += _headers(hop, full["request_headers"])
    parts += _body(full)
    return " \\\n  ".join(parts)


def variables(command: str) -> list[str]:
    """The environment variables that the command needs, in order."""
    return list(dict.fromkeys(re.findall(r"\$([A-Z][A-Z0-9_]*)", command)))


def _headers(hop: str, headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        lower = name.lower()
        if lower in LEFT_OUT:
            continue
        if value == MASK:
            yield CREDENTIALS.get((hop, lower), f'-H "{name}: ${_variable(name)}"')
        else:
            yield f"-H {quote(f'{name}: {value}')}"


def _body(full: Mapping[str, Any]) -> Iterator[str]:
    if "request_body" in full:  # a delivery: its log keeps 2048 characters
        if full["request_body"]:
            yield f"--data-binary {quote(full['request_body'])}"
        return
    sent = full["request"]
    if not sent["size_bytes"]:
        return
    whole = len(sent["head"].encode()) == sent["size_bytes"] and MASK not in sent["head"]
    yield f"--data-binary {quote(sent['head'])}" if whole else "--data-binary @body"


def _variable(name: str) -> str:
    return "".join(char if char.isalnum() and char.isascii() else "_" for char in name.upper())
