"""Compares two sets of schemas by name: what is narrower, missing and new."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from attachment_contract.compat.narrowing import narrowed
from attachment_contract.schemas.store import SUFFIX, load_schema, schema_names

Schemas = Mapping[str, Any]


class UnreadableSchema(Exception):
    """A file is not a JSON Schema; the message names it."""


@dataclass(frozen=True)
class Narrowing:
    """A place at which a schema may reject what its predecessor accepted."""

    schema: str
    place: str


@dataclass(frozen=True, kw_only=True)
class SchemaComparison:
    """The result: names of schemas, and places (JSON pointer and change) at which one is narrower."""

    compared: tuple[str, ...]
    narrowed: tuple[Narrowing, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether everything that was accepted is still accepted."""
        return not self.narrowed and not self.missing

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"ok": self.ok, **asdict(self)}

    def lines(self) -> Iterator[str]:
        """For people: one line per finding, then the sum."""
        yield from (f"{each.schema}: {each.place}" for each in self.narrowed)
        yield from (f"{name}: missing" for name in self.missing)
        yield from (f"{name}: new" for name in self.added)
        count = f"{len(self.compared)} schema{'' if len(self.compared) == 1 else 's'} compared"
        yield f"{count}: {'compatible' if self.ok else 'not compatible: raise the version'}."


def compare(old: Schemas, new: Schemas) -> SchemaComparison:
    """Compare schemas of the same name. Those that only one side has are ``missing`` or ``added``."""
    both = tuple(name for name in old if name in new)
    return SchemaComparison(
        compared=both,
        narrowed=tuple(
            Narrowing(schema=name, place=place) for name in both for place in narrowed(old[name], new[name])
        ),
        missing=tuple(name for name in old if name not in new),
        added=tuple(name for name in new if name not in old),
    )


def read_pair(old: Path, new: Path | None) -> tuple[Schemas, Schemas]:
    """The schemas of ``old`` and of ``new`` (None = this package's). Raises :class:`UnreadableSchema`.

    Two folders are compared by the names of their files. A file is compared with the schema of its name, or with the
    other file, whatever its name.
    """
    before = read_schemas(old)
    after = read_schemas(new) if new else {name: load_schema(name) for name in schema_names()}
    if old.is_dir():
        return before, after
    if new and new.is_file():
        return before, dict(zip(before, after.values(), strict=True))
    return before, {name: schema for name, schema in after.items() if name in before}


def read_schemas(path: Path) -> dict[str, Any]:
    """The schemas of a file or of a folder, by name. Raises :class:`UnreadableSchema`."""
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not files:
        raise UnreadableSchema(f"{path}: no *{SUFFIX} in it")
    return {file.name.removesuffix(SUFFIX).removesuffix(".json"): _read(file) for file in files}


def _read(file: Path) -> Any:
    try:
        schema = json.loads(file.read_text(encoding="utf-8"))
    except OSError as exc:
        raise UnreadableSchema(f"{file}: {exc.strerror or exc}") from exc
    except (ValueError, RecursionError) as exc:
        raise UnreadableSchema(f"{file}: not JSON") from exc
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as exc:
        raise UnreadableSchema(f"{file}: not a JSON Schema (2020-12): {exc.message}") from exc
    return schema
