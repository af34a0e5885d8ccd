"""The schemas as package data: found by name, loaded and checked once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource  # jsonschema itself is built on it

SUFFIX = ".schema.json"
_REFERENCE = re.compile(r'"\$ref":\s*"(urn:attachment-contract:[^"#]+)')
_ANCHOR = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|\$")


def schema_names() -> list[str]:
    """Names of all schemas, e.g. ``chat_attachments_request.v1``."""
    folder = resources.files("attachment_contract").joinpath("schemas")
    return sorted(item.name.removesuffix(SUFFIX) for item in folder.iterdir() if item.name.endswith(SUFFIX))


def schema_text(name: str) -> str:
    """The text of one schema's file. Raises ``LookupError`` with the names there are."""
    file = resources.files("attachment_contract").joinpath("schemas", name + SUFFIX)
    if not file.is_file():
        raise LookupError(f"no schema {name!r}; there are: {', '.join(schema_names())}")
    return file.read_text(encoding="utf-8")


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return one schema as a dict. Raises ``LookupError`` with the names there are."""
    schema: dict[str, Any] = json.loads(schema_text(name))
    return schema


def with_references(names: Iterable[str]) -> list[str]:
    """``names`` and all schemas that these refer to, directly or not. Raises ``LookupError``."""
    by_urn = {urn_of(name): name for name in schema_names()}
    found, left = set[str](), list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [by_urn[urn] for urn in _REFERENCE.findall(schema_text(name))]
    return sorted(found)


def urn_of(name: str) -> str:
    """The ``$id`` of a schema: ``cmi_chat.v1`` → ``urn:attachment-contract:cmi-chat:v1``."""
    subject, _, version = name.rpartition(".")
    return f"urn:attachment-contract:{subject.replace('_', '-')}:{version}"


@cache
def validator(name: str) -> Draft202012Validator:
    """Return a validator for one schema, built and checked once (building costs 70 times a validation)."""
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    return validator_of(schema)


def validator_of(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A validator for any schema that may refer to those of this package; the schema itself is not checked."""
    return _Validator(schema, registry=_registry())


@cache
def _registry() -> Registry[Any]:
    by_urn = {urn_of(name): name for name in schema_names()}

    def retrieve(uri: str) -> Resource[Any]:
        return Resource.from_contents(load_schema(by_urn[uri]))

    return Registry(retrieve=retrieve)  # type: ignore[call-arg]


@cache
def _as_python(pattern: str) -> re.Pattern[str]:
    """A pattern with ECMA-262's ``$``; Python's ``$`` also matches before a line break at the end.

    A password or address that ends with a line break must not match.
    """
    return re.compile(_ANCHOR.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern))


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _as_python(pattern).search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator: Any = extend(Draft202012Validator, {"pattern": _pattern})
