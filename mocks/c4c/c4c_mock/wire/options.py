"""System query options: read from the raw query string, checked against what C4C documents.

Source of the list: SAP KBA 2330688 and the C4C OData developer guide; documented. Unknown options that
start with ``$`` are refused, all others (``sap-language`` and its kind) are ignored; inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from c4c_mock.model.errors import BadRequest
from c4c_mock.model.shown import shown

KNOWN = frozenset(
    {"$count", "$expand", "$filter", "$format", "$inlinecount", "$orderby", "$search", "$select", "$skip"}
    | {"$skiptoken", "$top"}
)
_FORMATS = {"json": "json", "atom": "xml", "xml": "xml"}


@dataclass(frozen=True, kw_only=True)
class Options:
    """Checked options of one request; texts of filter, order and selection are not parsed yet.

    Attributes:
        custom: options without ``$``; what a function import takes as parameters, and what C4C ignores.
    """

    raw: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)
    top: int | None = None
    skip: int = 0
    skiptoken: int = 1
    inlinecount: bool = False
    format: str = ""

    def text(self, name: str) -> str:
        """The option's text; empty when it was not sent."""
        return self.raw.get(name, "")


def parse_options(query: str) -> Options:
    """Read a raw query string (percent-encoded, without ``?``). Raises BadRequest."""
    pairs = _pairs(query)
    raw = {k: v for k, v in pairs if k.startswith("$")}
    unknown = sorted(set(raw) - KNOWN)
    if unknown:
        raise BadRequest(f"Unknown system query option {unknown[0]}; known: {', '.join(sorted(KNOWN))}")
    wanted = raw.get("$format", "").lower()
    if wanted and wanted not in _FORMATS:
        raise BadRequest(f"Query option $format: expected json, atom or xml, found {shown(wanted)}")
    inline = raw.get("$inlinecount", "none")
    if inline not in {"none", "allpages"}:
        raise BadRequest(f"Query option $inlinecount: expected allpages or none, found {shown(inline)}")
    return Options(
        raw=raw,
        custom={k: v for k, v in pairs if not k.startswith("$")},
        top=_number(raw, "$top"),
        skip=_number(raw, "$skip") or 0,
        skiptoken=max(1, _number(raw, "$skiptoken") or 1),
        inlinecount=inline == "allpages",
        format=_FORMATS.get(wanted, ""),
    )


def _pairs(query: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for part in query.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        try:
            pairs.append((unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")))
        except UnicodeDecodeError as exc:
            raise BadRequest("Malformed URI: the query is no UTF-8") from exc
        if pairs[-1][0].startswith("$") and [p[0] for p in pairs].count(pairs[-1][0]) > 1:
            raise BadRequest(f"Query option {pairs[-1][0]} is given twice")
    return pairs


def _number(raw: Mapping[str, str], name: str) -> int | None:
    text = raw.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadRequest(f"Query option {name}: expected a whole number of 0 or more, found {shown(text)}")
    return int(text)
