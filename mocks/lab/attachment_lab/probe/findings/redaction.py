"""From an exchange to what may be stored: shapes, codes and sizes, but no names, messages, files or secrets.

Member names, numbers of known meaning, switches, codes and media types are kept. Every other text is replaced by its
kind, its length and a mark that is the same for the same text within this run: ``<text 12 #3f9a>``.
The mark is a keyed hash; the key is thrown away at the end of the run.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from attachment_lab.probe.edm import Edm, EdmUnreadable, read_edm
from attachment_lab.probe.exchange import ProbeExchange

_KEPT = {
    name: frozenset(words)
    for name, words in tomllib.loads(
        resources.files("attachment_lab.probe.findings").joinpath("kept.toml").read_text(encoding="utf-8")
    ).items()
}
_CODE = re.compile(r"[A-Za-z0-9_.+/\-]{1,80}")
_KINDS = (
    ("date", re.compile(r"/Date\(-?\d+(?:[+-]\d+)?\)/")),
    ("time", re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?")),
    ("duration", re.compile(r"PT[\dHMS.]+")),
    ("id", re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")),
    ("decimal", re.compile(r"-?\d+\.\d+")),
    ("address", re.compile(r"(?:https?://|/)\S*")),
)
_MEMBER = re.compile(r"[A-Za-z_$@][A-Za-z0-9_.$@]{0,80}", re.ASCII)
#: A customer's own fields, by the endings and beginnings that SAP's tools give them.
_EXTENSION = re.compile(r"_KUT$|_SDK$|^Z_|^YY1_")


class Redactor:
    """Redacts the exchanges of one run."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def exchange(self, one: ProbeExchange) -> dict[str, Any]:
        """The evidence of one exchange, as JSON."""
        return {
            "what": one.label,
            "at": one.at.isoformat(timespec="seconds"),
            "request": {
                "method": one.method,
                "url": self.url(one.url),
                "headers": self._headers(one.asked),
                "body": self._sent(one),
            },
            "answer": {
                "status": one.status,
                "headers": self._headers(one.headers),
                "size_bytes": one.size_bytes,
                "took_ms": round(one.took_s * 1000),
                "body": self._body(one),
            },
        }

    def mark(self, text: str) -> str:
        """Four hex digits: the same for the same text within a run, and meaningless outside it."""
        return hmac.new(self._key, text.casefold().encode(), hashlib.sha256).hexdigest()[:4]

    def url(self, url: str) -> str:
        """Path and query with every key, host and tenant replaced by a mark; OData's own words are kept."""
        parts = urlsplit(url)
        path = "/".join(self._segment(unquote(segment)) for segment in parts.path.split("/"))
        query = "&".join(f"{name}={self._option(name, value)}" for name, value in parse_qsl(parts.query, True))
        host = f"{parts.scheme}://<host #{self.mark(parts.netloc)}>" if parts.netloc else ""
        return host + path + (f"?{query}" if query else "")

    def _segment(self, segment: str) -> str:
        name, bracket, key = segment.partition("(")
        if bracket:
            return f"{name}(<id #{self.mark(key.strip(chr(39) + ')'))}>)"
        known = segment in _KEPT["path"] or segment.startswith("$") or (segment[:1].isupper() and segment.isalpha())
        return segment if not segment or known else self.text(segment)

    def _option(self, name: str, value: str) -> str:
        if name == "$filter":
            return re.sub(r"'([^']*)'", lambda found: f"'{self.text(found[1])}'", value)
        return value if name in _KEPT["options"] else self.text(value)

    def text(self, text: str) -> str:
        """A text's kind, length and mark."""
        if not text:
            return ""
        kind = next((kind for kind, pattern in _KINDS if pattern.fullmatch(text)), "text")
        if kind in {"date", "time", "duration"}:
            return f"<{kind}>"
        if kind == "address":
            return f"<address: {self.url(text)}>"
        return f"<{kind} {len(text)} #{self.mark(text)}>"

    def document(self, value: Any, name: str = "") -> Any:
        """A JSON value; ``name`` is that of its member."""
        if isinstance(value, Mapping):
            own_words = name in _KEPT["free"]
            return {self._member(str(key), own_words): self.document(inner, str(key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.document(inner, name) for inner in value]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return value if name in _KEPT["numbers"] else "<number>"
        return self._value(str(value), name)

    def _value(self, text: str, name: str) -> str:
        if name in _KEPT["words"] or name.endswith("Code"):
            return text if _CODE.fullmatch(text) else self.text(text)
        if name in _KEPT["numbers"]:
            return text if re.fullmatch(r"[\d.]+", text) else self.text(text)
        if name == "Binary" or len(text) > 4096:
            return f"<{len(text)} characters>"
        if name in {"name", "Name"}:
            ending = text.rpartition(".")[2]
            shown = f".{ending}" if "." in text and re.fullmatch(r"[A-Za-z0-9]{1,5}", ending) else ""
            return f"<file #{self.mark(text)}{shown}>" if shown else self.text(text)
        return self.text(text)

    def _member(self, name: str, own_words: bool = False) -> str:
        """Member names are kept, except a customer's own (extension fields, attached data) and unusual ones."""
        plain = not own_words and _MEMBER.fullmatch(name) and not _EXTENSION.search(name)
        return name if plain else f"<member #{self.mark(name)}>"

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: self._header(name, value) for name, value in sorted(headers.items())}

    def _header(self, name: str, value: str) -> str:
        if name in _KEPT["headers"]:
            return value
        return _HEADERS[name](self, value) if name in _HEADERS else "<given>"

    def _sent(self, one: ProbeExchange) -> Any:
        if not one.sent:
            return None
        try:
            return self.document(json.loads(one.sent))
        except ValueError:
            return f"<{len(one.sent)} bytes>"

    def _body(self, one: ProbeExchange) -> Any:
        if not one.body:
            return None
        document = one.json()
        if document is not None and not one.cut:
            return self.document(document)
        if one.media_type in {"application/xml", "application/atom+xml", "text/xml"}:
            return self._xml(one.body)
        return f"<{one.media_type if _CODE.fullmatch(one.media_type) else 'something'}, {one.size_bytes} bytes>"

    def _xml(self, body: bytes) -> Any:
        try:
            edm = read_edm(body)
        except EdmUnreadable:
            return f"<XML, {len(body)} bytes>"
        return self._model(edm)

    def _model(self, edm: Edm) -> dict[str, Any]:
        """``$metadata`` as data, without labels, which a customer may have written, and extension fields."""
        types = {
            self._member(name): {
                "properties": {
                    self._member(p.name): " ".join(
                        [
                            p.type,
                            *(["mandatory"] if not p.nullable else []),
                            _rights(p.creatable, p.updatable, p.filterable),
                        ]
                    )
                    for p in kind.properties.values()
                },
                "navigations": {self._member(nav): self._member(to) for nav, to in kind.navigations.items()},
            }
            for name, kind in edm.types.items()
        }
        sets = {self._member(name): self._member(kind) for name, kind in edm.sets.items()}
        return {"namespace": self._member(edm.namespace), "sets": sets, "types": types}


def _rights(creatable: bool, updatable: bool, filterable: bool) -> str:
    marks = {"c": creatable, "u": updatable, "f": filterable}
    return "".join(mark for mark, given in marks.items() if given) or "-"


def _media_type(_: Redactor, value: str) -> str:
    kind = value.partition(";")[0]
    return kind if _CODE.fullmatch(kind) else "<given>"


def _etag(_: Redactor, value: str) -> str:
    return "W/\"datetimeoffset'<time>'\"" if value.startswith("W/\"datetimeoffset'") else "<given>"


#: Headers that are kept in part.
_HEADERS: Mapping[str, Callable[[Redactor, str], str]] = {
    "content-type": _media_type,
    "x-csrf-token": lambda _, value: value if value.lower() in {"required", "fetch"} else "<given>",
    "location": lambda redactor, value: redactor.url(value),
    "www-authenticate": lambda _, value: value.split()[0] if value.split() else "",
    "etag": _etag,
    "if-none-match": _etag,
    "content-disposition": lambda _, value: f"{value.partition(';')[0]}; <{len(value)} characters>",
}
