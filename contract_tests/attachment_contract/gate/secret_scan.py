"""Where secrets stand in a text of which nothing else is known, as in one that is no JSON: beside a telling name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attachment_contract.gate.source import TextSpan

_NAMED = re.compile(
    r"""(?:passw|pwd|secret(?!s_)|api[-_]?key|(?<!access_)token|authorization)[\w.-]*["'“”]?\s*[:=]\s*"""
    r"""(?:["'“”](?P<quoted>[^"'“”\r\n]*)|(?P<bare>[^\s"'“”\[{,]+))""",
    re.IGNORECASE,
)
_BEFORE_AT = re.compile(r"[^\s\"@]+@")
_CREDENTIALS = re.compile(r"//([^/]+)@|[^/:]+:([^/]+)@")


def secrets_by_name(text: str) -> list[TextSpan]:
    """Values beside names like password or api-key, and credentials in addresses; placeholders are none."""
    return [span for span in (*_named(text), *_credentials(text)) if "{" not in text[span.start : span.end]]


def _named(text: str) -> Iterator[TextSpan]:
    for found in _NAMED.finditer(text):
        yield TextSpan(*found.span(found.lastgroup or 0))


def _credentials(text: str) -> Iterator[TextSpan]:
    if "@" not in text:
        return
    for word in _BEFORE_AT.finditer(text):
        if found := _CREDENTIALS.search(word[0]):
            start, end = found.span(found.lastindex or 0)
            yield TextSpan(word.start() + start, word.start() + end)
