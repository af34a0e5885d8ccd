"""What a released schema accepts, its successor of the same version accepts too.

``released/`` has each schema as it was last released. A change that may reject what was accepted needs a new version (a
new file); a change that only widens is released by copying the file there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attachment_contract.compat.narrowing import narrowed
from attachment_contract.schemas.samples import samples_of
from attachment_contract.schemas.store import load_schema, schema_names, validator

RELEASED = Path(__file__).parent / "released"


def released(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((RELEASED / f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema


RELEASED_NAMES = sorted(file.name.removesuffix(".schema.json") for file in RELEASED.glob("*.schema.json"))


def test_every_schema_is_released_and_none_is_missing() -> None:
    # A new schema is released by copying it from attachment_contract/schemas to released.
    assert set(RELEASED_NAMES) == set(schema_names())


@pytest.mark.parametrize("name", RELEASED_NAMES)
def test_a_schema_is_nowhere_narrower_than_its_release(name: str) -> None:
    assert narrowed(released(name), load_schema(name)) == [], f"raise the version: {name} → the next one"


@pytest.mark.parametrize("name", RELEASED_NAMES)
def test_every_valid_sample_of_a_released_schema_is_still_valid(name: str) -> None:
    right = [sample for sample in samples_of(released(name), name) if sample.valid]
    assert right
    for sample in right:
        assert validator(name).is_valid(sample.document), sample.why


OLD: dict[str, Any] = {
    "type": ["object", "null"],
    "required": ["a", "b"],
    "properties": {
        "a": {"type": "integer", "minimum": 1, "maximum": 5},
        "b": {"enum": ["x", "y"]},
        "c": {"$ref": "#/$defs/c"},
        "d": {"const": 1},
        "e": {"type": "array", "items": {"type": "string", "maxLength": 3}},
    },
    "$defs": {"c": {"pattern": "^a"}},
    "title": "old",
}


def changed(path: str, value: Any) -> dict[str, Any]:
    new: dict[str, Any] = json.loads(json.dumps(OLD))
    *most, last = path.split("/")
    node = new
    for part in most:
        node = node[part]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return new


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", "object"),
        ("required", ["a", "b", "c"]),
        ("properties/a/type", "string"),
        ("properties/a/minimum", 2),
        ("properties/a/maximum", 4),
        ("properties/b/enum", ["x"]),
        ("properties/d/const", 2),
        ("properties/e/items/maxLength", 2),
        ("properties/e/minItems", 1),
        ("properties/f", {"type": "string"}),
        ("$defs/c/pattern", "^ab"),
        ("additionalProperties", False),
        ("not", {"required": ["z"]}),
    ],
)
def test_a_change_that_may_reject_what_was_accepted_is_found(path: str, value: Any) -> None:
    (place,) = narrowed(OLD, changed(path, value))
    assert place.startswith(f"#/{path}")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", "new"),
        ("type", ["object", "null", "array"]),
        ("type", None),
        ("required", ["a"]),
        ("properties/a/type", "number"),
        ("properties/a/minimum", 0),
        ("properties/a/maximum", 6),
        ("properties/b/enum", ["x", "y", "z"]),
        ("properties/b", None),
        ("properties/e/items/maxLength", None),
        ("properties/e/items", None),
        ("$defs/c/pattern", None),
        ("additionalProperties", True),
    ],
)
def test_a_change_that_only_widens_is_compatible(path: str, value: Any) -> None:
    assert narrowed(OLD, changed(path, value)) == []
