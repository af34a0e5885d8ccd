"""The examples, variants and counter-examples of each schema, as documents.

``examples`` are whole documents. ``x-variants`` (valid) and ``x-counter-examples`` (invalid) have a reason (``why``)
and the changes of an example: ``of`` is its number (default 0), ``set`` and ``remove`` name places as JSON pointers,
``repeat`` makes a list of that many copies of its first item, ``pad`` makes a text of that length; ``document`` is a
whole document instead.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from attachment_contract.schemas.store import load_schema


@dataclass(frozen=True, kw_only=True)
class SchemaSample:
    """One document and whether the schema must accept it."""

    schema: str
    why: str
    document: Any
    valid: bool


def samples(name: str) -> list[SchemaSample]:
    """All samples of one schema."""
    return list(samples_of(load_schema(name), name))


def samples_of(schema: Mapping[str, Any], name: str) -> Iterator[SchemaSample]:
    """All samples in a schema."""
    examples = schema.get("examples", [])
    for number, document in enumerate(examples):
        yield SchemaSample(schema=name, why=f"example {number}", document=document, valid=True)
    for keyword, valid in (("x-variants", True), ("x-counter-examples", False)):
        for change in schema.get(keyword, []):
            yield SchemaSample(schema=name, why=change["why"], document=changed(examples, change), valid=valid)


def changed(examples: list[Any], change: Mapping[str, Any]) -> Any:
    """A copy of an example with the change."""
    if "document" in change:
        return copy.deepcopy(change["document"])
    document = copy.deepcopy(examples[change.get("of", 0)])
    for pointer, value in change.get("set", {}).items():
        parent, last = _parent(document, pointer)
        if isinstance(parent, list):
            parent[int(last)] = copy.deepcopy(value)
        else:
            parent[last] = copy.deepcopy(value)
    for pointer, times in change.get("repeat", {}).items():
        parent, last = _parent(document, pointer)
        parent[last] = parent[last][:1] * times
    for pointer, length in change.get("pad", {}).items():
        parent, last = _parent(document, pointer)
        parent[last] = parent[last].ljust(length, "a")
    for pointer in change.get("remove", []):
        parent, last = _parent(document, pointer)
        del parent[int(last) if isinstance(parent, list) else last]
    return document


def _parent(document: Any, pointer: str) -> tuple[Any, str]:
    *most, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in most:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document, last
