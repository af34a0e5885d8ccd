"""Records as plain JSON and back, by the types of their fields: how a tenant's state is saved.

A record is a dataclass of texts, numbers, times, enumerations, files (``Blob``), lists, dicts and further records.
A field that is hidden from ``repr`` holds a secret: it is not written, and a new random value is read in its place.
"""

from __future__ import annotations

import secrets
import types
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from mock_kit.tenants.spool import Blob


class NotPlain(TypeError):
    """A value of a type that is neither written nor read."""


class PlainWriter:
    """Writes records; ``files`` are those that they name, by the name that is written for each."""

    def __init__(self) -> None:
        self.files: dict[str, Blob] = {}

    def write(self, value: Any) -> Any:
        """The value as JSON. Raises NotPlain."""
        if value is None or isinstance(value, bool | int | float) or type(value) is str:
            return value
        if isinstance(value, Blob):
            self.files[value.path.name] = value
            return value.path.name
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, datetime):
            return value.isoformat()
        return self._several(value)

    def _several(self, value: Any) -> Any:
        if is_dataclass(value) and not isinstance(value, type):
            shown = [each for each in fields(value) if each.repr and each.init]
            return {each.name: self.write(getattr(value, each.name)) for each in shown}
        if isinstance(value, Mapping):
            return {str(key): self.write(each) for key, each in value.items()}
        if isinstance(value, Iterable) and not isinstance(value, str | bytes):
            items = sorted(value) if isinstance(value, set | frozenset) else value
            return [self.write(each) for each in items]
        raise NotPlain(f"a {type(value).__name__} is not saved")


class PlainReader:
    """Reads what a writer wrote; ``files`` as they lie now, by the names that were written."""

    def __init__(self, files: Mapping[str, Blob]) -> None:
        self._files = files

    def read(self, kind: Any, plain: Any) -> Any:
        """The value of a type. Raises NotPlain, KeyError, TypeError or ValueError when it does not fit."""
        origin, arguments = get_origin(kind), get_args(kind)
        if kind is Any or origin is Literal or kind in {bool, int, float, str, type(None)}:
            return plain
        if origin in {Union, types.UnionType}:
            return None if plain is None else self._of_union(arguments, plain)
        if origin is not None:
            return self._collection(origin, arguments, plain)
        if kind in {Blob, datetime}:
            return self._files[plain] if kind is Blob else datetime.fromisoformat(plain)
        return self._of_class(kind, plain)

    def _of_class(self, kind: Any, plain: Any) -> Any:
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(plain)
        if isinstance(kind, type) and is_dataclass(kind):
            return self._record(kind, plain)
        raise NotPlain(f"{kind} is not read")

    def _of_union(self, arguments: tuple[Any, ...], plain: Any) -> Any:
        [kind] = [each for each in arguments if each is not type(None)]
        return self.read(kind, plain)

    def _collection(self, origin: Any, arguments: tuple[Any, ...], plain: Any) -> Any:
        if issubclass(origin, Mapping):
            return {key: self.read(arguments[1], each) for key, each in plain.items()}
        made: Any = tuple if issubclass(origin, tuple) else origin
        return made(self.read(arguments[0], each) for each in plain)

    def _record(self, kind: type, plain: Mapping[str, Any]) -> Any:
        hints = get_type_hints(kind)
        given = {name: self.read(hints[name], each) for name, each in plain.items()}
        hidden = [each.name for each in fields(kind) if each.init and not each.repr and hints[each.name] is str]
        return kind(**{name: secrets.token_urlsafe(32) for name in hidden}, **given)
