"""The kinds of settings: how the text of one environment variable becomes a value. Every error names its variable.

Each function here returns the ``metadata`` of a dataclass field; :func:`read_settings` reads all fields of a class.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

PREFIX = "ATTACHMENT_TRANSFER_"

S = TypeVar("S")
#: The environment, and the values of the fields above; None for a field that could not be read.
Read = Callable[[Mapping[str, str], Mapping[str, Any]], Any]


class BadSettings(Exception):
    """A setting that cannot be used; the message names the variable, what is wrong and the remedy."""


def read_settings(settings: type[S], env: Mapping[str, str], errors: list[str] | None = None) -> S | None:
    """Read every field of ``settings``.

    Args:
        errors: takes one message per variable that cannot be used; reading continues, and the result is None.
            Without it the first error is raised as :class:`BadSettings`.
    """
    values: dict[str, Any] = {}
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        try:
            values[field.name] = field.metadata["read"](env, values)
        except BadSettings as exc:
            if errors is None:
                raise
            errors[:] = dict.fromkeys([*errors, str(exc)])
            values[field.name] = None
    return None if errors else settings(**values)


def by(read: Read) -> dict[str, Read]:
    """A setting with a reader of its own."""
    return {"read": read}


def text(name: str, default: str) -> dict[str, Read]:
    """Any text."""
    return by(lambda env, _: env.get(PREFIX + name, default))


def parsed(name: str, default: str, parse: Callable[[str], Any]) -> dict[str, Read]:
    """What ``parse`` makes of the text; it raises ValueError for what it cannot use."""
    return by(lambda env, _: parse_text(env, name, default, parse))


def parse_text(env: Mapping[str, str], name: str, default: str, parse: Callable[[str], S]) -> S:
    """Parse one variable, for readers that need the values of other settings."""
    try:
        return parse(env.get(PREFIX + name, default))
    except ValueError as exc:
        raise BadSettings(f"{PREFIX}{name}: {exc}") from exc


def choice(name: str, default: str, allowed: tuple[str, ...]) -> dict[str, Read]:
    """One of a few words."""

    def read(env: Mapping[str, str], _: Mapping[str, Any]) -> str:
        value = env.get(PREFIX + name, default)
        if value not in allowed:
            raise BadSettings(f"{PREFIX}{name}={value!r}: write one of {', '.join(allowed)}")
        return value

    return by(read)


def boolean(name: str, *, default: bool) -> dict[str, Read]:
    """1 or 0, and the usual words for them."""

    def read(env: Mapping[str, str], _: Mapping[str, Any]) -> bool:
        value = env.get(PREFIX + name, "1" if default else "0").strip().lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off", ""}:
            return False
        raise BadSettings(f"{PREFIX}{name}={value!r}: write 1 or 0")

    return by(read)


def integer(name: str, default: int | Callable[[Mapping[str, Any]], int], *, low: int, high: int) -> dict[str, Read]:
    """A whole number from ``low`` to ``high``. The default may depend on the fields above."""

    def read(env: Mapping[str, str], values: Mapping[str, Any]) -> int:
        value = env.get(PREFIX + name, str(default(values) if callable(default) else default))
        if not re.fullmatch(r"\s*[0-9]{1,18}\s*", value) or not low <= int(value) <= high:
            raise BadSettings(f"{PREFIX}{name}={value!r}: write a whole number from {low} to {high}")
        return int(value)

    return by(read)


def number(name: str, default: float, *, unit: str = "seconds") -> dict[str, Read]:
    """A number above 0."""

    def read(env: Mapping[str, str], _: Mapping[str, Any]) -> float:
        value = env.get(PREFIX + name, str(default))
        try:
            found = float(value)
        except ValueError:
            found = -1.0
        if not 0 < found < 1e9:
            raise BadSettings(f"{PREFIX}{name}={value!r}: write a number of {unit} above 0")
        return found

    return by(read)


def secret_text(env: Mapping[str, str], variable: str) -> str | None:
    """The content of the file that ``variable_FILE`` names, else the variable itself.

    The file comes first: an image may set a default for the variable.
    """
    path = env.get(f"{variable}_FILE")
    if not path:
        return env.get(variable)
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no text"
        raise BadSettings(f"{variable}_FILE={path!r} cannot be read: {reason}") from exc
    if not content:
        raise BadSettings(f"{variable}_FILE={path!r} is empty: write the secret into it, or unset the variable")
    return content
