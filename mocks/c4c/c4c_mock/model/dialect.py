"""The switches of a tenant: defaults with evidence from ``dialect.toml``, overrides checked on the way in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from mock_kit.evidence import Label


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One behaviour that no source settles.

    Attributes:
        value: the default.
        choices: what a tenant may choose instead; empty = any value of the default's type. Of a list: its members.
        test: the test that pins the behaviour, ``file::name``.
    """

    name: str
    behaviour: str
    value: Any
    choices: tuple[Any, ...]
    label: Label
    source: str
    test: str

    def problem(self, value: object) -> str:
        """What was expected instead of ``value``; empty when it is fine."""
        if self.choices and isinstance(self.value, list):
            fits = isinstance(value, list) and all(v in self.choices for v in value)
            return "" if fits else f"a list of {', '.join(map(str, self.choices))}"
        if self.choices:
            return "" if value in self.choices else f"one of {', '.join(map(str, self.choices))}"
        if isinstance(self.value, bool) or isinstance(value, bool):
            fits = type(value) is type(self.value)
        elif isinstance(self.value, int | float):
            fits = isinstance(value, int | float) and value >= 0
        elif isinstance(self.value, list):
            fits = isinstance(value, list) and all(isinstance(v, str) for v in value)
        else:
            fits = isinstance(value, str)
        return "" if fits else f"a {type(self.value).__name__} such as {self.value!r}"


@lru_cache(maxsize=1)
def switches() -> Mapping[str, Switch]:
    """All switches by name."""
    raw = tomllib.loads(files("c4c_mock").joinpath("dialect.toml").read_text("utf-8"))
    return {name: _switch(name, entry) for name, entry in raw.items()}


def _switch(name: str, entry: Mapping[str, Any]) -> Switch:
    return Switch(
        name=name,
        behaviour=entry["behaviour"],
        value=entry["value"],
        choices=tuple(entry.get("choices", ())),
        label=cast(Label, entry["label"]),
        source=entry["source"],
        test=entry["test"],
    )


def defaults() -> dict[str, Any]:
    """A fresh dialect with every default."""
    return {s.name: s.value for s in switches().values()}


def problems(overrides: Mapping[str, object]) -> list[dict[str, Any]]:
    """What is wrong with a tenant's overrides, as ``errors`` of a problem document; empty when all fit."""
    found: list[dict[str, Any]] = []
    for name, value in overrides.items():
        switch = switches().get(name)
        expected = switch.problem(value) if switch else "a switch of dialect.toml"
        if expected:
            remedy = f"known switches: {', '.join(switches())}" if switch is None else switch.behaviour
            found.append({"field": f"dialect.{name}", "value": value, "expected": expected, "remedy": remedy})
    return found
