"""The dialect: every vendor behaviour nobody has documented, as data with an evidence label."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from mock_kit.problem import FieldError
from orchestration_mock.model.errors import Invalid


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One entry of dialect.toml.

    Attributes:
        value: the default.
        choices: the values understood; empty when any value of the default's type will do.
        label: documented, inferred, assumed or own.
        source: where the default comes from.
        test: what pins it, ``file::name``.
    """

    name: str
    behaviour: str
    value: Any
    choices: tuple[Any, ...]
    label: str
    source: str
    test: str

    def accepts(self, value: object) -> bool:
        """Whether a tenant may set this value."""
        if self.choices:
            return value in self.choices
        if isinstance(self.value, bool) or isinstance(value, bool):
            return isinstance(value, bool) and isinstance(self.value, bool)
        if isinstance(self.value, int | float):
            return isinstance(value, int | float) and value >= 0
        return isinstance(value, str)


def read_switches() -> dict[str, Switch]:
    """All switches, by name, in the file's order."""
    text = files("orchestration_mock").joinpath("dialect.toml").read_text(encoding="utf-8")
    return {
        name: Switch(
            name=name,
            behaviour=entry["behaviour"],
            value=entry["value"],
            choices=tuple(entry.get("choices", ())),
            label=entry["label"],
            source=entry["source"],
            test=entry["test"],
        )
        for name, entry in tomllib.loads(text).items()
    }


SWITCHES = read_switches()
DEFAULTS: dict[str, Any] = {name: switch.value for name, switch in SWITCHES.items()}


def complete(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with a tenant's overrides. Raises ``Invalid`` for an unknown switch or value."""
    errors = []
    for name, value in overrides.items():
        switch = SWITCHES.get(name)
        if switch is None:
            errors.append(_unknown(name))
        elif not switch.accepts(value):
            errors.append(_unaccepted(switch, value))
    if errors:
        raise Invalid("The dialect cannot be used.", *errors)
    return DEFAULTS | dict(overrides)


def _unknown(name: str) -> FieldError:
    return FieldError(
        field=f"dialect.{name}",
        expected="one of " + ", ".join(SWITCHES),
        remedy="remove it, or correct its name; dialect.toml lists all switches",
    )


def _unaccepted(switch: Switch, value: object) -> FieldError:
    kind = type(switch.value).__name__
    expected = "one of " + ", ".join(map(repr, switch.choices)) if switch.choices else f"a {kind}"
    return FieldError(
        field=f"dialect.{switch.name}",
        expected=expected,
        remedy=f"the default is {switch.value!r}",
        value=repr(value)[:80],
    )
