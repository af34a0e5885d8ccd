"""A document as JSON or as XML, files streamed into it as base64, its length known in advance.

That CMI speaks both is documented; the form of the XML is not, so it is a dialect (``xml_form``).
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from mock_kit.tenants.base64_document import Base64Document, with_files
from mock_kit.tenants.spool import Blob

_MARK = secrets.token_hex(16)  # stands for a file in a text; no customer can guess it
_NEST = secrets.token_hex(16)
_NESTED = re.compile(f'"{_NEST}([0-9]+)"')
_XML_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CARRIAGE_RETURN = {"\r": "&#13;"}
_WHITE_SPACE = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


class DuplicateMember(dict[str, Any]):
    """An object in which one member stands a second time, as ``again`` says; only writers see that."""

    def __init__(self, members: Mapping[str, Any], again: tuple[str, Any]) -> None:
        super().__init__(members)
        self._again = again

    def items(self) -> Any:
        """The members, and the one that stands twice."""
        return [*super().items(), self._again]


@dataclass(frozen=True)
class Nested:
    """An empty array within an array within an array, ``depth`` of them in all, at least one."""

    depth: int


@dataclass(frozen=True)
class Inline:
    """A place in a document where a file's base64 is streamed in."""

    blob: Blob


def json_document(document: Any) -> Base64Document:
    """A document as UTF-8 JSON."""
    blobs: list[Blob] = []

    def mark(value: Any) -> str:
        if isinstance(value, Nested):
            return f"{_NEST}{value.depth}"
        blobs.append(value.blob)
        return _MARK

    text = json.dumps(document, default=mark, ensure_ascii=False)
    text = _NESTED.sub(lambda found: "[" * int(found[1]) + "]" * int(found[1]), text)
    return Base64Document(with_files(text, _MARK, blobs))


def xml_document(document: Any, root: str, *, attributes: bool) -> Base64Document:
    """A document as UTF-8 XML.

    ``root`` names the outermost element; the items of a list are named after it, in the singular. With
    ``attributes`` plain members are attributes instead of elements. A null is left out. Characters that XML
    does not allow become U+FFFD.
    """
    blobs: list[Blob] = []

    def mark(value: Inline) -> str:
        blobs.append(value.blob)
        return _MARK

    writer = _XmlWriter(mark, attributes)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{"".join(writer.element(root, document))}\n'
    return Base64Document(with_files(text, _MARK, blobs))


@dataclass(frozen=True)
class _XmlWriter:
    mark: Callable[[Inline], str]
    attributes: bool

    def element(self, name: str, value: Any) -> Iterator[str]:
        if value is None:
            return
        tag, key = (name, "") if _XML_NAME.fullmatch(name) else ("entry", f" key={_attribute(name)}")
        plain = _plain_members(value) if self.attributes and isinstance(value, Mapping) else {}
        yield f"<{tag}{key}{''.join(f' {n}={_attribute(_text(v))}' for n, v in plain.items())}>"
        if isinstance(value, Mapping):
            for member, inner in value.items():
                yield from () if member in plain else self.element(str(member), inner)
        elif isinstance(value, Nested):
            yield "<item>" * value.depth + "</item>" * value.depth
        elif isinstance(value, list):
            for item in value:
                yield from self.element(_singular(name), item)
        else:
            yield self.mark(value) if isinstance(value, Inline) else escape(_text(value), _CARRIAGE_RETURN)
        yield f"</{tag}>"


def _plain_members(members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in members.items()
        if isinstance(value, str | int | float) and _XML_NAME.fullmatch(name)
    }


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and len(name) > 1 else "item"


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text), _WHITE_SPACE)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_XML.sub("\ufffd", str(value))
