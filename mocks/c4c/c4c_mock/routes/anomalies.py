"""Oddities of reads that a client must survive: planned by the dialect, off by default, never shown to who looks on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from c4c_mock.model.edm import EntitySet
from c4c_mock.routes.call import Call

_READS = frozenset({"GET", "HEAD"})


def applies(call: Call, eset: EntitySet | None) -> bool:
    """Whether this read may be odd: attachments or everything, by dialect ``oddities_for``."""
    if call.looking_on or call.method not in _READS or eset is None:
        return False
    return eset.attachment or call.tenant.switches["oddities_for"] == "all"


def members(call: Call, eset: EntitySet | None, document: Mapping[str, Any]) -> tuple[str, str]:
    """Raw JSON members for the start and the end of ``d``, by dialect ``json_oddity``; empty texts = none.

    ``deep`` nests arrays ``json_depth`` times in a member of its own. ``duplicate`` repeats a member, empty: a
    reader that takes the last one sees nothing.
    """
    if not applies(call, eset):
        return "", ""
    oddity = call.tenant.switches["json_oddity"]
    if oddity == "deep":
        depth = int(call.tenant.switches["json_depth"])
        return f'"Nested":{"[" * depth}{"]" * depth}', ""
    if oddity == "duplicate":
        return "", _repeated(document["d"])
    return "", ""


def _repeated(data: Mapping[str, Any]) -> str:
    if "results" not in data:
        return '"ObjectID":""'
    return '"results":[]' if isinstance(data["results"], list) else '"results":{}'
