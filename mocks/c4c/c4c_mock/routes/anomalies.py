"""Anomalies of reads that a client must survive: planned by the dialect, off by default, never in an inspection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from c4c_mock.model.edm import EntitySet
from c4c_mock.routes.call import ODataCall

_READS = frozenset({"GET", "HEAD"})


def applies(call: ODataCall, eset: EntitySet | None) -> bool:
    """Whether this read may be anomalous: attachments or everything, by dialect ``oddities_for``."""
    if call.inspection or call.method not in _READS or eset is None:
        return False
    return eset.attachment or call.tenant.switches["oddities_for"] == "all"


def members(call: ODataCall, eset: EntitySet | None, document: Mapping[str, Any]) -> tuple[str, str]:
    """Raw JSON members for the start and the end of ``d``, by dialect ``json_oddity``; empty texts = none.

    ``deep`` nests arrays ``json_depth`` times in a member of its own. ``duplicate`` repeats a member with an empty
    value: a parser that uses the last one finds no data.
    """
    if not applies(call, eset):
        return "", ""
    anomaly = call.tenant.switches["json_oddity"]
    if anomaly == "deep":
        depth = int(call.tenant.switches["json_depth"])
        return f'"Nested":{"[" * depth}{"]" * depth}', ""
    if anomaly == "duplicate":
        return "", _repeated(document["d"])
    return "", ""


def _repeated(data: Mapping[str, Any]) -> str:
    if "results" not in data:
        return '"ObjectID":""'
    return '"results":[]' if isinstance(data["results"], list) else '"results":{}'
