"""What a file is by its media type or by the ending of its name: a web page, JSON, XML, an archive."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

_PAGE, _JSON, _XML = "a web page", "a JSON document", "an XML document"


def _endings(text: str) -> frozenset[str]:
    return frozenset(f".{ending}" for ending in text.split())


#: What servers and gateways answer in a file's place, by type.
_DOCUMENT_TYPES: tuple[tuple[str, str], ...] = (
    ("text/html", _PAGE),
    ("application/xhtml+xml", _PAGE),
    ("application/json", _JSON),
    ("text/json", _JSON),
    ("application/*+json", _JSON),
    ("application/xml", _XML),
    ("text/xml", _XML),
    ("application/*+xml", _XML),
)
#: Files that are such documents themselves, by the ending of their name.
_DOCUMENT_NAMES: dict[str, frozenset[str]] = {
    _PAGE: _endings("html htm xhtml xht shtml mhtml mht hta"),
    _JSON: _endings("json jsonl ndjson geojson har ipynb webmanifest map topojson"),
    _XML: _endings("xml svg xsd xsl xslt kml gpx rss atom plist wsdl xhtml musicxml"),
}
_SIGNED_NAMES = _endings("pdf jpg jpeg png gif webp zip docx xlsx pptx heic")
_ARCHIVE_NAMES = _endings("gz tgz svgz z gzip emz wmz taz")


def document_kind(content_type: str | None) -> str | None:
    """The kind of document that this media type names, with its article; None for every other type."""
    return next((kind for pattern, kind in _DOCUMENT_TYPES if fnmatchcase(content_type or "", pattern)), None)


def is_named_as(name: str, kind: str) -> bool:
    """True if a file of this name is a document of this kind."""
    return _ending(name) in _DOCUMENT_NAMES[kind]


def is_named_as_signed(name: str) -> bool:
    """True if files of this name begin with a signature, where the listing has no type that says so."""
    return _ending(name) in _SIGNED_NAMES


def is_named_as_archive(name: str) -> bool:
    """True for names of files that are packed with gzip and its relatives."""
    return _ending(name) in _ARCHIVE_NAMES


def _ending(name: str) -> str:
    return PurePosixPath(name.strip().lower()).suffix
