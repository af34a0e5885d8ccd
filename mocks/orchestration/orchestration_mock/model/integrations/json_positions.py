"""The position of every value in a JSON text, so that an error can name line and column of the value itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = json.JSONDecoder()
MAX_DEPTH = 50


class JsonTextError(ValueError):
    """The text is not JSON; carries ``line`` and ``column``, both from 1."""

    def __init__(self, message: str, text: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.line, self.column = line_and_column(text, at)


@dataclass(frozen=True, kw_only=True)
class Located:
    """A JSON text with its value.

    Attributes:
        value: what ``json.loads`` returns.
        places: offset of each value by its path, in characters.
        repeated: paths that occur twice in one object; the last one counts.
    """

    text: str
    value: Any
    places: dict[Path, int]
    repeated: tuple[Path, ...]

    def where(self, path: Path) -> tuple[int, int]:
        """Line and column of the value at ``path``, or of the nearest value that contains it."""
        while path and path not in self.places:
            path = path[:-1]
        return line_and_column(self.text, self.places.get(path, 0))


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """1-based line and column of a character offset."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def locate(text: str) -> Located:
    """Read a JSON text with the position of each value. Raises ``JsonTextError``."""
    reader = _JsonReader(text)
    value, end = reader.value((), reader.skip(0))
    end = reader.skip(end)
    if end != len(text):
        raise JsonTextError("there is something after the end of the JSON object", text, end)
    return Located(text=text, value=value, places=reader.places, repeated=tuple(reader.repeated))


class _JsonReader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.places: dict[Path, int] = {}
        self.repeated: list[Path] = []

    def skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def peek(self, at: int) -> str:
        return self.text[at : at + 1]

    def value(self, path: Path, at: int) -> tuple[Any, int]:
        if len(path) > MAX_DEPTH:
            raise JsonTextError(f"nested deeper than {MAX_DEPTH}", self.text, at)
        self.places[path] = at
        if self.peek(at) == "{":
            return self._object(path, at)
        if self.peek(at) == "[":
            return self._array(path, at)
        return self._scalar(at)

    def _scalar(self, at: int) -> tuple[Any, int]:
        if self.text.startswith(("NaN", "Infinity", "-Infinity"), at):
            raise JsonTextError("NaN and Infinity are not JSON", self.text, at)
        try:
            return _SCALAR.raw_decode(self.text, at)
        except json.JSONDecodeError as exc:
            raise JsonTextError(exc.msg, self.text, exc.pos) from exc
        except ValueError as exc:  # a number with thousands of digits
            raise JsonTextError(str(exc), self.text, at) from exc

    def _object(self, path: Path, at: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = self.skip(at + 1)
        while self.peek(at) != "}":
            if found:
                at = self.skip(self._expect(",", at))
            key, at = self._key(at)
            at = self.skip(self._expect(":", self.skip(at)))
            if key in found:
                self.repeated.append((*path, key))
            found[key], at = self.value((*path, key), at)
            at = self.skip(at)
        return found, at + 1

    def _array(self, path: Path, at: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        at = self.skip(at + 1)
        while self.peek(at) != "]":
            if found:
                at = self.skip(self._expect(",", at))
            item, at = self.value((*path, len(found)), at)
            found.append(item)
            at = self.skip(at)
        return found, at + 1

    def _key(self, at: int) -> tuple[str, int]:
        if self.peek(at) != '"':
            raise JsonTextError("expected a member name in double quotes", self.text, at)
        try:
            key, end = _SCALAR.raw_decode(self.text, at)
        except json.JSONDecodeError as exc:
            raise JsonTextError(exc.msg, self.text, exc.pos) from exc
        return str(key), end

    def _expect(self, sign: str, at: int) -> int:
        if self.peek(at) != sign:
            raise JsonTextError(f"expected {sign!r}", self.text, at)
        return at + 1
