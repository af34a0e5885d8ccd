"""The gate accepts nothing that the schema rejects, and never raises, whatever value is changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attachment_contract import check
from attachment_contract.schemas.store import validator

CORPUS = Path(__file__).parent / "corpus"
ALL_OPTIONS: dict[str, Any] = json.loads((CORPUS / "sound" / "all_options.json").read_text(encoding="utf-8"))
ENVELOPE: dict[str, Any] = json.loads((CORPUS / "sound" / "envelope.json").read_text(encoding="utf-8"))
OTHERS: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    " ",
    "x",
    "{contact.id}",
    "{secrets.x}",
    "{",
    [],
    ["x"],
    {},
    {"x": 1},
)
TOKENS = (
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "//",
    "“",
    "\x00",
    "\ud800",
    "nul",
    "0x1",
    "-",
    "\n",
    "\ufeff",
    "{contact",
)
JsonPath = tuple[str | int, ...]


def places(value: Any, at: JsonPath = ()) -> Iterator[JsonPath]:
    yield at
    for name, child in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(child, (*at, name))


def with_value(document: Any, place: JsonPath, value: Any) -> Any:
    if not place:
        return value
    mutant = copy.deepcopy(document)
    node = mutant
    for part in place[:-1]:
        node = node[part]
    node[place[-1]] = value
    return mutant


def without(document: Any, place: JsonPath) -> Any:
    mutant = copy.deepcopy(document)
    node = mutant
    for part in place[:-1]:
        node = node[part]
    del node[place[-1]]
    return mutant


@pytest.mark.parametrize("place", [*places(ALL_OPTIONS)], ids=lambda place: ".".join(map(str, place)) or "top")
def test_what_the_schema_rejects_is_an_error_of_the_gate(place: JsonPath) -> None:
    mutants = [with_value(ALL_OPTIONS, place, other) for other in OTHERS]
    mutants += [without(ALL_OPTIONS, place)] if place else []
    schema = validator("edi_configuration.v1")
    for mutant in mutants:
        if not schema.is_valid(mutant):
            assert not check(json.dumps(mutant)).ok, mutant


@pytest.mark.parametrize("place", [*places(ENVELOPE)], ids=lambda place: ".".join(map(str, place)) or "top")
def test_no_value_of_an_envelope_makes_the_gate_raise(place: JsonPath) -> None:
    for other in OTHERS:
        text = json.dumps(with_value(ENVELOPE, place, other))
        for finding in check(text).findings:
            assert 0 <= finding.span.start <= finding.span.end <= len(text)


def test_no_character_anywhere_makes_the_gate_raise() -> None:
    text = (CORPUS / "sound" / "envelope.json").read_text(encoding="utf-8")
    for at in range(0, len(text), 31):
        for token in TOKENS:
            check(text[:at] + token + text[at:])
            check(text[:at] + token)


@pytest.mark.parametrize("text", ["", " ", "\n", "null", "5", '""', "[]", "{}", "{" * 5000, "[" * 5000, '{"a":' * 5000])
def test_a_text_that_is_no_configuration_is_an_error_and_no_crash(text: str) -> None:
    assert not check(text).ok
