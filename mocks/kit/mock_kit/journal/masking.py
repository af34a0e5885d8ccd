"""Keeps secrets out of journals: by the name of a header or member, and by literal strings.

A name is determined by generic words only; the kit knows no neighbour's header names.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote_plus

MASK = "***"
#: A shorter string would mask half of every ordinary text.
MIN_SECRET_CHARS = 4

_SECRET_HEADER = re.compile(r"password|passwd|secret|token|key|authorization|cookie", re.IGNORECASE)
#: Where none of these words stands, no name can be secret: most texts are determined by this one search.
_SUSPICIOUS = re.compile(r"passw|secret|token|key|assertion|authorization|cookie", re.IGNORECASE)
_NAME = r"[\w.\-]*(?:password|passwd|secret|token|api[_-]?key|assertion|authorization|cookie)"
#: "name": "value" as it stands in JSON; the closing quote may lie beyond the head we kept.
_JSON_MEMBER = re.compile(rf'("{_NAME}"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s"{{\[,}}\]][^,}}\]]*)', re.IGNORECASE)
#: The same inside a JSON string, where each quote is escaped.
_ESCAPED_MEMBER = re.compile(rf'(\\+"{_NAME}\\+"\s*:\s*\\+")(?:(?!\\+").)*', re.IGNORECASE | re.DOTALL)
_FORM_MEMBER = re.compile(rf"((?:^|[?&\s]){_NAME}=)[^&\s]*", re.IGNORECASE)
#: A header line inside a body (multipart, batches).
_HEADER_LINE = re.compile(
    r"^([\w\-]*(?:password|passwd|secret|token|key|authorization|cookie)[\w\-]*:[ \t]*)[^\r\n]+",
    re.IGNORECASE | re.MULTILINE,
)
_XML_ELEMENT = re.compile(rf"(<(?:\w+:)?{_NAME}>)[^<]*", re.IGNORECASE)
#: In each the first group is what stays, the rest of the match is the secret.
_MEMBERS = (_JSON_MEMBER, _ESCAPED_MEMBER, _HEADER_LINE, _XML_ELEMENT, _FORM_MEMBER)
_SHAPED = re.compile(
    r"(?P<kept>^(?:Basic|Bearer) |^\"|\"$|[\s.=+/_-]|[\x00-\x1f])"
    r"|(?P<other>\\u[0-9a-fA-F]{4}|\\.|%[0-9a-fA-F]{2}|[\x00-\x7f])|[^\x00-\x7f]",
    re.IGNORECASE | re.DOTALL,
)
_WORDS = frozenset({"true", "false", "null", "fetch", "required"})


def is_secret_header(name: str) -> bool:
    """Whether the value of a header of this name is never shown."""
    return _SECRET_HEADER.search(name) is not None


def secret_members(text: str) -> Iterator[str]:
    """The values of all members of secret names in a text (JSON, forms, header lines, XML), without quotes."""
    if not _SUSPICIOUS.search(text):
        return
    for pattern in _MEMBERS:
        for found in pattern.finditer(text):
            value = found[0][len(found[1]) :].strip().strip('"')
            yield unquote_plus(value) if pattern is _FORM_MEMBER else value


def stand_in(secret: str) -> str:
    """A text of the same shape: each letter an a or A, each digit a 1, beyond ASCII an ä, other signs a !.

    White space, control characters, the signs of base64 and of tokens, a leading ``Basic`` or ``Bearer``, and JSON's
    quotes at both ends stay; an escape (JSON's or of a form) counts as one sign. Words that are no secret stay as well.
    """
    return secret if secret.lower() in _WORDS else _SHAPED.sub(_sign, secret)


def _sign(found: re.Match[str]) -> str:
    if found["kept"] is not None:
        return found["kept"]
    if found["other"] is None:
        return "ä"
    if found["other"].isalpha() or len(found["other"]) > 1:
        return "A" if found["other"].isupper() else "a"
    return "1" if found["other"].isdigit() else "!"


class Masker:
    """Masks by name and by the literal secrets it knows. Thread-safe."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def mask_secret(self, secret: str, user: str | None = None) -> None:
        """Never show ``secret`` again, in any common spelling (percent-encoded, JSON-escaped, base64).

        With ``user`` the Basic credentials made of both are masked as well.
        Strings of less than four characters are ignored: names mask those.
        """
        if len(secret) < MIN_SECRET_CHARS:
            return
        spellings = set(_spellings(secret, user))
        with self._lock:
            self._secrets |= {text for text in spellings if len(text) >= MIN_SECRET_CHARS}
            longest_first = sorted(self._secrets, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """``text`` with known secrets and members of secret names masked."""
        masked = self.literal(text)
        if not _SUSPICIOUS.search(masked):
            return masked
        masked = _JSON_MEMBER.sub(rf'\1"{MASK}"', masked)
        masked = _ESCAPED_MEMBER.sub(rf"\1{MASK}", masked)
        masked = _HEADER_LINE.sub(rf"\1{MASK}", masked)
        masked = _XML_ELEMENT.sub(rf"\1{MASK}", masked)
        return _FORM_MEMBER.sub(rf"\1{MASK}", masked)

    def shaped(self, text: str) -> str:
        """``text`` with the same secrets replaced by stand-ins of their shape, so that a schema can still check it."""
        masked = text if self._pattern is None else self._pattern.sub(lambda found: stand_in(found[0]), text)
        if not _SUSPICIOUS.search(masked):
            return masked
        for pattern in _MEMBERS:
            masked = pattern.sub(lambda found: found[1] + stand_in(found[0][len(found[1]) :]), masked)
        return masked

    def shaped_header(self, name: str, value: str) -> str:
        """A header's value, masked in shape."""
        return stand_in(value) if is_secret_header(name) else self.shaped(value)

    def literal(self, text: str) -> str:
        """``text`` with the known secrets masked, and nothing else."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def head(self, text: str, limit: int) -> str:
        """The start of a longer text, masked first and cut to ``limit`` characters then.

        A secret that ``text`` itself breaks off in the middle of is removed too.
        """
        return self._without_broken_secret(self.text(text))[:limit]

    def _without_broken_secret(self, text: str) -> str:
        for secret in self._secrets.copy():
            if secret[:MIN_SECRET_CHARS] not in text[-len(secret) :]:
                continue
            for length in range(min(len(secret) - 1, len(text)), MIN_SECRET_CHARS - 1, -1):
                if text.endswith(secret[:length]):
                    return text[:-length] + MASK
        return text

    def headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Headers with secret values masked; names stay. A repeated name's values are joined by a comma."""
        shown: dict[str, str] = {}
        for name, value in headers:
            masked = MASK if is_secret_header(name) else self.text(value)
            shown[name] = f"{shown[name]}, {masked}" if name in shown and masked != MASK else masked
        return shown


def _spellings(secret: str, user: str | None) -> Iterable[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield base64.b64encode(secret.encode()).decode()
    if user is not None:
        yield base64.b64encode(f"{user}:{secret}".encode()).decode()
