"""Every keyword of a schema is needed: without it, the result for one of the schema's own samples changes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from attachment_contract.compat.narrowing import ANNOTATIONS
from attachment_contract.schemas.samples import samples
from attachment_contract.schemas.store import load_schema, schema_names, validator_of

BELOW_EACH = ("properties", "patternProperties", "$defs")
BELOW = ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else")
LISTS_OF_SCHEMAS = ("allOf", "anyOf", "oneOf")
JsonPath = tuple[str | int, ...]


def keywords(schema: Any, at: JsonPath = ()) -> Iterator[JsonPath]:
    """The path of each keyword, and of each element of a list that can be removed."""
    if not isinstance(schema, dict):
        return
    for name, value in schema.items():
        if name in BELOW_EACH:
            for child in value:
                yield (*at, name, child)
                yield from keywords(value[child], (*at, name, child))
        elif name in LISTS_OF_SCHEMAS:
            for number, child in enumerate(value):
                yield (*at, name, number)
                yield from keywords(child, (*at, name, number))
        elif name not in ANNOTATIONS:
            yield (*at, name)
            if name in {"required", "enum"}:
                yield from ((*at, name, number) for number in range(len(value)))
            if name in BELOW:
                yield from keywords(value, (*at, name))


def without(schema: Any, place: JsonPath) -> Any:
    mutant = copy.deepcopy(schema)
    node = mutant
    for part in place[:-1]:
        node = node[part]
    del node[place[-1]]
    return mutant


def survives(mutant: Any, checked: list[Any]) -> bool:
    """Whether the result for every sample is unchanged. A mutant that cannot be used at all does not survive."""
    try:
        check = validator_of(mutant)
        return all(check.is_valid(sample.document) == sample.valid for sample in checked)
    except Exception:  # noqa: BLE001 - a reference to nothing, an empty anyOf
        return False


@pytest.mark.parametrize("name", schema_names())
def test_every_keyword_of_a_schema_is_needed_by_one_of_its_samples(name: str) -> None:
    schema, checked = load_schema(name), samples(name)
    # The samples that a keyword was written for are near the end as often as not; wrong ones first is quicker.
    checked.sort(key=lambda sample: sample.valid)
    survivors = ["/".join(map(str, place)) for place in keywords(schema) if survives(without(schema, place), checked)]
    assert survivors == []


def test_the_walk_finds_keywords_at_every_depth() -> None:
    schema = {
        "title": "no keyword",
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"anyOf": [{"minimum": 1}]}},
        "$defs": {"b": {"const": 1}},
    }
    assert [*keywords(schema)] == [
        ("type",),
        ("required",),
        ("required", 0),
        ("properties", "a"),
        ("properties", "a", "anyOf", 0),
        ("properties", "a", "anyOf", 0, "minimum"),
        ("$defs", "b"),
        ("$defs", "b", "const"),
    ]
