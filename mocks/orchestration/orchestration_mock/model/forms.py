"""Reading a submitted form: every field is checked and all errors are collected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mock_kit.faults.kinds import is_int, is_number
from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import Invalid, MalformedRequest, found_value

T = TypeVar("T")


class Form:
    """A JSON object that is read field by field.

    Read every field, then call :meth:`done`, which raises ``Invalid`` with all errors at once.
    """

    def __init__(self, body: object, *, at: str = "(body)") -> None:
        if not isinstance(body, Mapping):
            error = FieldError(at, "a JSON object", "send {...}", **found_value(body))
            raise MalformedRequest(f"{at} must be a JSON object.", error)
        self._body = body
        self._known: set[str] = set()
        self.errors: list[FieldError] = []

    def wrong(self, field: str, expected: str, remedy: str, found: object = None) -> None:
        """Note an error; ``found`` must not be a secret."""
        self.errors.append(FieldError(field, expected, remedy, **found_value(found)))

    def take_errors(self, inner: Form, at: str) -> None:
        """Note the errors of a form inside this one, below ``at``; without values: any of them may be a secret."""
        for error in inner.errors:
            self.wrong(f"{at}.{error.field}", error.expected, error.remedy)

    def has(self, field: str) -> bool:
        """Whether the field was submitted."""
        self._known.add(field)
        return field in self._body

    def raw(self, field: str, default: object = None) -> Any:
        """The submitted value, unchecked."""
        self._known.add(field)
        return self._body.get(field, default)

    def _typed(self, field: str, default: T | None, expected: str, test: Callable[[Any], bool]) -> Any:
        value = self.raw(field, default)
        if not test(value):
            remedy = f"send {field} as {expected}" if field in self._body else f"add the field {field}"
            self.wrong(field, expected, remedy, value)
            return default
        return value

    def text(self, field: str, default: str | None = None) -> str:
        """A string; without a default it is required and not empty."""
        required = default is None
        expected = "a string that is not empty" if required else "a string"
        value = self._typed(field, default, expected, lambda v: isinstance(v, str) and (v != "" or not required))
        return value if isinstance(value, str) else ""

    def flag(self, field: str, default: bool) -> bool:
        """A boolean."""
        return bool(self._typed(field, default, "true or false", lambda v: isinstance(v, bool)))

    def whole(self, field: str, default: int | None = None, *, least: int = 0, most: int | None = None) -> int:
        """A whole number from ``least`` to ``most``."""
        expected = f"a whole number >= {least}" if most is None else f"a whole number from {least} to {most}"
        return self._typed(field, default, expected, lambda value: is_int(value, least, most)) or 0

    def seconds(self, field: str, default: float, *, least: float = 0, most: float) -> float:
        """A number of seconds from ``least`` to ``most``."""
        expected = f"a number of seconds from {least:.0f} to {most:.0f}"
        return float(self._typed(field, default, expected, lambda value: is_number(value, least) and value <= most))

    def choice(self, field: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of the given words, in any case; returned in the vendor's spelling."""
        value = self.raw(field, default)
        found = {c.lower(): c for c in choices}.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            self.wrong(field, "one of " + ", ".join(choices), f"choose a value for {field}", value)
        return found or choices[0]

    def items(self, field: str) -> list[Any]:
        """A list; absent means empty."""
        value = self._typed(field, None, "a list", lambda v: v is None or isinstance(v, list))
        return list(value) if isinstance(value, list) else []

    def unknown(self) -> list[str]:
        """The submitted fields that were not read."""
        return [name for name in self._body if name not in self._known]

    def refuse_unknown(self, expected: str, remedy: str = "remove {}") -> None:
        """An error for each submitted field that was not read."""
        for name in self.unknown():
            self.wrong(name, expected, remedy.format(name))

    def done(self, what: str, meant_to_be: str = "saved") -> None:
        """Raise ``Invalid`` when anything was wrong: ``what`` was not what it was ``meant_to_be``."""
        if self.errors:
            names = ", ".join(dict.fromkeys(error.field for error in self.errors))
            raise Invalid(f"{what} was not {meant_to_be}; look at: {names}.", *self.errors)
