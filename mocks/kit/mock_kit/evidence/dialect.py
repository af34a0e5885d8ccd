"""A mock's ``dialect.toml``: everything its neighbour does, as data, with the evidence for it.

[delete_status]                   # with a value: a switch that a tenant may set
behaviour = "status of a successful DELETE"
value = 204                       # the default
choices = [204, 200]              # what else is accepted; absent: any value of the default's type
label = "recorded"
source = "SAP-samples/byd-api-samples (204, same OData stack)"
says = "a DELETE is answered 204" # documented or recorded: the gist of the source's sentence, in our words
date = "2023-05"                  # documented: when it was read; recorded: when it was recorded
test = "mocks/c4c/tests/test_c4c_writes.py::test_the_status_of_a_delete_is_the_dialects"

["lists.bare_array"]              # without a value: a behaviour that is fixed, or that ``switch`` changes
behaviour = "A list is answered 200 with a bare JSON array."
label = "inferred"
source = "the documented sibling"
test = "mocks/cmi/tests/test_cmi_documents.py::test_a_list_is_a_bare_array_with_limit_offset_and_sort"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import isfinite
from typing import Any

from mock_kit.evidence.book import Evidence, EvidenceBook
from mock_kit.http.problem import FieldError, Problem

_MEMBERS = frozenset({"behaviour", "value", "choices", "label", "source", "date", "says", "switch", "test"})
_REQUIRED = frozenset({"behaviour", "label", "source", "test"})
_DATED = frozenset({"documented", "recorded"})


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A behaviour that a tenant may change.

    Attributes:
        value: the default.
        choices: what a tenant may set; empty = any value of the default's type. Of a list: its members.
    """

    name: str
    value: Any
    choices: tuple[Any, ...] = ()
    evidence: Evidence

    @property
    def expected(self) -> str:
        """What a tenant may set, in words."""
        if self.choices:
            shown = ", ".join(map(repr, self.choices))
            return f"a list of {shown}" if isinstance(self.value, list) else f"one of {shown}"
        kind = type(self.value).__name__
        return f"{kind}, not negative" if kind in {"int", "float"} else f"{kind}, such as {self.value!r}"

    def accepts(self, value: object) -> bool:
        """Whether a tenant may set this value; a whole number serves for a fraction."""
        if isinstance(self.value, list):
            return isinstance(value, list) and all(self._is_member(each) for each in value)
        if self.choices:
            return any(value == choice and type(value) is type(choice) for choice in self.choices)
        if type(value) not in ({int, float} if isinstance(self.value, float) else {type(self.value)}):
            return False
        return not isinstance(value, int | float) or (isfinite(value) and value >= 0)

    def _is_member(self, value: object) -> bool:
        return value in self.choices if self.choices else isinstance(value, str)


class MockDialect:
    """The switches of one mock, and the evidence book of all that it does.

    Attributes:
        switches: by name, in the file's order.
        book: every behaviour, switches included.
    """

    def __init__(self, text: str, *, switch_prefix: str = "", prefix: str = "") -> None:
        """``text`` is TOML; evidence ids are the entries' names behind these prefixes. ValueError: a bad entry."""
        self.book = EvidenceBook()
        self.switches: dict[str, Switch] = {}
        entries: dict[str, dict[str, Any]] = tomllib.loads(text)
        for name, entry in entries.items():
            _check(name, entry)
            is_switch = "value" in entry
            evidence = Evidence(
                id=(switch_prefix if is_switch else prefix) + name,
                switch=name if is_switch else entry.get("switch"),
                **{key: entry[key] for key in ("behaviour", "label", "source", "test", "date", "says") if key in entry},
            )
            self.book.register(evidence)
            if is_switch:
                choices = tuple(entry.get("choices", ()))
                self.switches[name] = Switch(name=name, value=entry["value"], choices=choices, evidence=evidence)
        _check_switches(self)

    @classmethod
    def of_package(cls, package: str, *, switch_prefix: str = "", prefix: str = "") -> MockDialect:
        """The file ``dialect.toml`` of a mock's package."""
        text = files(package).joinpath("dialect.toml").read_text(encoding="utf-8")
        return cls(text, switch_prefix=switch_prefix, prefix=prefix)

    def defaults(self) -> dict[str, Any]:
        """Every switch with its default, as a new dictionary."""
        return {name: switch.value for name, switch in self.switches.items()}

    def errors(self, overrides: Mapping[str, object]) -> list[FieldError]:
        """What is wrong with a tenant's switches; an empty list if nothing is."""
        return [error for name, value in overrides.items() if (error := self._error(name, value)) is not None]

    def _error(self, name: str, value: object) -> FieldError | None:
        switch, field = self.switches.get(name), f"dialect.{name}"
        if switch is None:
            known = f"one of {', '.join(self.switches)}"
            return FieldError(field, known, "Remove it or correct its name; dialect.toml lists all switches.", value)
        if switch.accepts(value):
            return None
        remedy = f"{switch.evidence.behaviour}; the default is {switch.value!r}."
        return FieldError(field, switch.expected, remedy, value)

    def completed(self, overrides: object) -> dict[str, Any]:
        """The defaults with a tenant's switches over them. Problem 400: no object; 422: a bad name or value."""
        given = {} if overrides is None else overrides
        if not isinstance(given, Mapping):
            error = FieldError("dialect", "an object", "Send switch names and values, or leave it out.", given)
            raise Problem(400, "A dialect is an object", "It maps switch names to values.", [error])
        if errors := self.errors(given):
            raise Problem(422, "The dialect cannot be set like this", "See dialect.toml of this mock.", errors)
        values = self.defaults() | dict(given)
        return {n: float(v) if isinstance(self.switches[n].value, float) else v for n, v in values.items()}


def _check(name: str, entry: Mapping[str, Any]) -> None:
    """ValueError for an entry that lacks something or has something unknown. The label is checked by the book."""
    missing, unknown = _REQUIRED - entry.keys(), entry.keys() - _MEMBERS
    if missing or unknown:
        raise ValueError(f"dialect.toml [{name}]: missing {sorted(missing)}, unknown {sorted(unknown)}")
    if entry["label"] in _DATED and "date" not in entry:
        raise ValueError(f"dialect.toml [{name}]: {entry['label']} needs a date")


def _check_switches(dialect: MockDialect) -> None:
    """ValueError for a default that its own switch refuses, or for a behaviour that names an unknown switch."""
    bad = [switch.name for switch in dialect.switches.values() if not switch.accepts(switch.value)]
    lost = [one.id for one in dialect.book.all() if one.switch is not None and one.switch not in dialect.switches]
    if bad or lost:
        raise ValueError(f"dialect.toml: defaults not accepted: {bad}; unknown switches named by {lost}")
