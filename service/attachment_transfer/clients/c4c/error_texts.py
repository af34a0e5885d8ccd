"""The texts of an error document, whatever its form: JSON of OData, Atom/XML, a web page, plain text.

Only for documents that explain a failure: what cannot be read is left out, and nothing raises.
Every pattern here takes time proportional to the text's length, never to its square: the text is not trusted.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import httpx
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from attachment_transfer.core.answers import headers, json_text
from attachment_transfer.core.errors import TransferError

_LIMIT_BYTES = 256 * 1024
_LIMIT_S = 10.0
_MOST_TEXTS = 200
_SHOWN_CHARACTERS = 200

#: Members and elements with text for people; a document's other texts come after these.
_SPOKEN = ("value", "message", "error_description", "title", "detail", "description")
#: Members and elements with neither a text nor a code.
_SILENT = frozenset({"lang", "uri", "href", "url", "severity", "timestamp", "transactionid", "longtext_url"})
_SCRIPT = re.compile(r"<(/?)(?:script|style)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_TITLE = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_TITLE_END = re.compile(r"</title\s*>", re.IGNORECASE)
_READ_OF_A_PAGE_CHARACTERS = 8_192
_PAGE = re.compile(r"\s*(?:<!--[^<>]*-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
#: One string of JSON and whether it names a member; also the one that the document's end cuts off.
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"(\s*:)?|\\?\Z)', re.DOTALL)
#: Charsets of text. Python knows others by such names too, some of which take the square of the time (punycode).
_CHARSET = re.compile(r"(?:utf|iso|latin|windows|cp|koi8|shift|euc|gb|big5)[a-z0-9_-]{1,16}", re.IGNORECASE)
_CREDENTIAL = re.compile(r"\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ErrorTexts:
    """What an error document says.

    Attributes:
        spoken: what a person reads, the main message first.
        others: all other texts and the codes; searched, never shown.
    """

    spoken: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def without(self, secrets: Collection[str]) -> ErrorTexts:
        """The same with ``secrets`` masked in what is shown: a page may repeat what was sent to it."""
        return replace(self, spoken=tuple(_masked(text, secrets) for text in self.spoken))

    @property
    def everything(self) -> tuple[str, ...]:
        """All texts and codes."""
        return self.spoken + self.others

    @property
    def quote(self) -> str:
        """The message and its first detail in at most 200 printable characters; empty if nothing was said."""
        distinct = dict.fromkeys(text for text in map(_printable, self.spoken) if text)
        return " / ".join(list(distinct)[:2])[:_SHOWN_CHARACTERS]


def error_texts(response: httpx.Response, monotonic_s: Callable[[], float]) -> ErrorTexts:
    """Read the body of a streamed answer, at most 256 KiB and for about ten seconds, and take the texts out of it.

    Args:
        monotonic_s: a clock that only runs forwards, in seconds.
    """
    return texts_of(_body(response, monotonic_s), charset=response.charset_encoding)


def texts_of(body: bytes, *, charset: str | None = None) -> ErrorTexts:
    """The texts of a document in any form, recognised by its first characters: a Content-Type may be wrong.

    Args:
        charset: as declared; used where the document is not UTF-8.
    """
    text = _decoded(body, charset)
    start = text.lstrip()[:1]
    if start in {"{", "[", '"'}:
        return _of_json(body, text)
    if _PAGE.match(text):
        return _of_page(text)
    if start == "<":
        return _of_xml(body) or _of_page(text)
    return _sorted([("message", text.strip())])


def _decoded(body: bytes, charset: str | None) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        if exc.start >= len(body) - 3:  # cut off at the limit, inside a character
            return body[: exc.start].decode("utf-8-sig")
    if charset is not None and _CHARSET.fullmatch(charset):
        with suppress(LookupError, ValueError):
            return body.decode(charset, "replace")
    return body.decode("cp1252", "replace")


def _body(response: httpx.Response, monotonic_s: Callable[[], float]) -> bytes:
    """What came in time. A packed document is left out: a kilobyte of it may unpack to a gigabyte."""
    if headers.content_codings(response.headers.get_list("content-encoding")):
        return b""
    end_s = monotonic_s() + _LIMIT_S
    body = bytearray()
    try:
        for piece in response.iter_bytes():
            body += piece
            if len(body) >= _LIMIT_BYTES or monotonic_s() >= end_s:
                break
    except (httpx.HTTPError, httpx.StreamError, TransferError):
        pass  # what came before the break is used
    return bytes(body[:_LIMIT_BYTES])


def _of_json(body: bytes, text: str) -> ErrorTexts:
    try:
        return _sorted(_members(json_text.parse(body)))
    except json_text.UnreadableJson:
        # Cut off, too deep, or with a repeated member: its strings are used.
        found = ((literal, member) for literal, member in _LITERAL.findall(text) if not member)
        return _sorted(("message", _unescaped(literal)) for literal, _ in found)


def _unescaped(literal: str) -> str:
    try:
        return str(json.loads(f'"{literal}"', strict=False))
    except ValueError:
        return literal


def _members(document: Any) -> Iterator[tuple[str, str]]:
    """(name of the member, text), level by level. An item of a list has the list's name."""
    level = [("message", document)]
    while level:
        deeper: list[tuple[str, Any]] = []
        for name, item in level:
            if isinstance(item, str):
                yield name, item
            elif isinstance(item, dict):
                deeper += [(str(key).lower(), value) for key, value in item.items()]
            elif isinstance(item, list):
                deeper += [(name, value) for value in item]
        level = deeper


def _of_xml(body: bytes) -> ErrorTexts | None:
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError, LookupError):  # LookupError: an unknown encoding
        return None
    return _sorted(pair for node in root.iter() for pair in _own_texts(node))


def _own_texts(node: Element) -> Iterator[tuple[str, str]]:
    yield node.tag.rsplit("}", 1)[-1].lower(), node.text or ""
    yield "after", node.tail or ""


def _of_page(text: str) -> ErrorTexts:
    """The title and the beginning of the text are shown; all of the text is searched."""
    title = _TITLE.search(text[:65_536])
    scriptless = _without_scripts(text)
    plain = html.unescape(_TAG.sub(" ", scriptless))
    after_title = scriptless[end.end() :] if (end := _TITLE_END.search(scriptless[:65_536])) else scriptless
    beginning = " ".join(html.unescape(_TAG.sub(" ", after_title[:_READ_OF_A_PAGE_CHARACTERS])).split())
    heading = html.unescape(title.group(1)).strip() if title else ""
    spoken = tuple(filter(None, (heading, beginning)))
    pieces = [" ".join(line.split()) for line in plain.splitlines()]
    whole = " ".join(" ".join(pieces).split())
    return ErrorTexts(spoken=spoken, others=tuple([whole, *filter(None, pieces)][:_MOST_TEXTS]))


def _without_scripts(text: str) -> str:
    kept, position, inside = [], 0, False
    for tag in _SCRIPT.finditer(text):
        if not inside:
            kept.append(text[position : tag.start()])
        position, inside = tag.end(), not tag.group(1)
    return " ".join([*kept, "" if inside else text[position:]])


def _sorted(found: Any) -> ErrorTexts:
    """Sort (name, text) into what is spoken and the rest; the order within each stays, ``value`` leads."""
    spoken: list[str] = []
    others: list[str] = []
    for name, raw in found:
        text = raw.strip()
        if text and name not in _SILENT:
            (spoken if name in _SPOKEN or name == "error" else others).append(text)
        if len(spoken) + len(others) >= _MOST_TEXTS:
            break
    return ErrorTexts(spoken=tuple(spoken), others=tuple(others))


def _masked(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "…")
    return text


def _printable(text: str) -> str:
    """One line without control characters, direction marks and halves of surrogate pairs; credentials masked."""
    shown = "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text[:4_096])
    return _CREDENTIAL.sub(r"\1 …", " ".join(shown.split()))
