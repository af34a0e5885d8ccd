"""Conditions: what parses, what can never be true, what is always true, and what the gate does not decide."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest

from attachment_contract import check
from attachment_contract.gate import condition_evaluation, satisfiability
from attachment_contract.gate.conditions import MOST_PARTS, Unparsable, parse, unknown_names
from attachment_contract.gate.satisfiability import Satisfiability, satisfiability_of, value_of
from attachment_contract.gate.wording import quoted


def verdict(condition: str, **form: object) -> str:
    expression = parse(condition)
    assert not isinstance(expression, Unparsable), expression
    satisfiable = satisfiability_of(expression, **form)  # type: ignore[arg-type]
    if satisfiable is None:
        return "unknown"
    return {(True, True): "depends", (True, False): "always", (False, True): "never"}[
        (satisfiable.can_be_true, satisfiable.can_be_false)
    ]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        # the documentation's own examples
        ("contact.get_language().lower() in ('en','fi')", "depends"),
        ("contact.get_seconds_since_created() >= 600", "depends"),
        ("contact.get_channel_type() == 'chat'", "always"),
        ("contact.get_priority() <= 50", "depends"),
        # values that cannot be
        ("contact.get_channel_type() == 'Chat'", "never"),
        ("contact.get_channel_type() in ['phone', 'email']", "never"),
        ("contact.get_channel_type().lower() == 'chat'", "always"),
        ("contact.get_direction() == 'INBOUND'", "never"),
        ("contact.get_direction() in ('inbound', 'outbound')", "always"),
        ("contact.get_seconds_since_created() < 0", "never"),
        ("contact.get_seconds_since_created() >= 0", "always"),
        # logic
        ("contact.get_priority() > 50 and contact.get_priority() < 10", "never"),
        ("contact.get_priority() > 10 and contact.get_priority() < 11", "depends"),
        ("10 < contact.get_priority() < 11", "depends"),
        ("contact.get_priority() > 50 or contact.get_priority() <= 50", "always"),
        ("contact.get_priority() > -40", "depends"),
        ("not contact.get_queue()", "depends"),
        ("contact.get_queue() is not None", "depends"),
        ("contact.get_language() == 'EN' and contact.get_language() == 'FI'", "never"),
        ("contact.get_language() != 'EN' or contact.get_language() != 'FI'", "always"),
        ("contact.get_language().lower() == 'EN'", "never"),
        ("contact.get_language().upper() == 'EN'", "depends"),
        ("contact.get_channel_sub_type() == 'whatsapp' if contact.get_priority() > 5 else False", "depends"),
        ("contact.get_language().startswith('E')", "depends"),
        ("'app' in (contact.get_channel_sub_type() or '')", "depends"),
        ("contact.get_language().startswith('E') and contact.get_language().endswith('N')", "unknown"),
        ("'whats' in contact.get_channel_sub_type() and 'app' in contact.get_channel_sub_type()", "unknown"),
        ("contact.get_language().lower() == 'en' and contact.get_language() not in ('en', 'EN')", "depends"),
        ("contact.get_priority() is 50", "unknown"),
        # types that do not go together
        ("contact.get_priority() == '50'", "never"),
        ("contact.get_priority() < '50'", "never"),
        ("contact.get_language() == 5", "never"),
        # constants
        ("True", "always"),
        ("0", "never"),
        ("1 == 2", "never"),
        # of these nothing can be said
        ("contact.get_priority() + 1 > 51", "unknown"),
        ("contact.get_priority() > -(50 - 10)", "unknown"),
        ("-contact.get_priority() > 51", "unknown"),
        ("len(contact.get_language()) > 3", "unknown"),
        ("re.match('E', contact.get_language())", "unknown"),
        ("random.random() > 2", "unknown"),
        ("contact.get_language() < 'F'", "unknown"),
        ("contact.get_queue()['id'] == 'x'", "unknown"),
        ("contact.get_queue() == 'x'", "unknown"),
        ("any(x for x in [contact.get_priority()])", "unknown"),
        ("contact.get_language() + 'x' == 'y'", "unknown"),
    ],
)
def test_a_condition_is_evaluated_for_every_value_that_matters(condition: str, expected: str) -> None:
    assert verdict(condition) == expected


@pytest.mark.parametrize(
    ("condition", "form", "expected"),
    [
        ("event.get_name() == 'Closed'", {"events": ["Ended"]}, "never"),
        ("event.get_name() == 'Closed'", {"events": ["Ended", "Closed"]}, "depends"),
        ("event.name.lower() == 'ended'", {"events": ["Ended"]}, "always"),
        ("contact.get_direction() == 'outbound'", {"direction": "Inbound"}, "never"),
        ("contact.get_direction() == 'outbound'", {"direction": "Outbound"}, "always"),
    ],
)
def test_the_forms_events_and_direction_count(condition: str, form: dict[str, object], expected: str) -> None:
    assert verdict(condition, **form) == expected


def test_a_condition_that_fails_has_the_message() -> None:
    expression = parse("contact.get_priority() < '50'")
    assert not isinstance(expression, Unparsable)
    assert satisfiability_of(expression) == Satisfiability(
        can_be_true=False, can_be_false=True, failure="'<' not supported between instances of 'float' and 'str'"
    )


def test_too_many_combinations_are_not_tried() -> None:
    names = ("language", "source", "destination", "channel_sub_type", "id", "guid")
    assert verdict(" and ".join(f"contact.get_{name}() == '{name}'" for name in names)) == "unknown"


@pytest.mark.parametrize(
    ("condition", "start"),
    [
        ("a b", 2),
        ("(a", 0),
        ("a)", 1),
        ("  a b", 4),
        ("a and\n  b +* c", 11),
        ("a ==", 3),
        ("", 0),
        ("x = 1", 2),
        ("import os", 0),
        ("1) or (1", 1),
    ],
)
def test_a_condition_that_does_not_parse_names_the_character(condition: str, start: int) -> None:
    wrong = parse(condition)
    assert isinstance(wrong, Unparsable)
    assert wrong.span.start == start


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("contact.get_langage() == 'EN'", [("get_langage", "get_language", True)]),
        ("contat.get_language() == 'EN'", [("contat", "contact", True)]),
        ("contact.get_language() == EN", [("EN", None, True)]),
        ("contact.language == 'EN'", [("language", "get_language()", False)]),
        ("contact.get_blood_group() == 'A'", [("get_blood_group", None, False)]),
        ("event.get_nmae() == 'Ended'", [("get_nmae", "get_name", True)]),
        ("any(x > 1 for x in [contact.get_priority()])", []),
        ("datetime.datetime.now().hour > 5 and len('a') == 1", []),
    ],
)
def test_unknown_names_are_found_with_the_nearest_name(
    condition: str, names: list[tuple[str, str | None, bool]]
) -> None:
    expression = parse(condition)
    assert not isinstance(expression, Unparsable)
    found = unknown_names(expression, condition)
    assert [(name.name, name.meant, name.certain) for name in found] == names
    assert all(condition[name.span.start : name.span.end] == name.name for name in found)


def test_names_are_found_after_characters_of_several_bytes() -> None:
    condition = "contact.get_language() == 'Ä😀' or\n 'ÖÜ' == contact.get_langage()"
    expression = parse(condition)
    assert not isinstance(expression, Unparsable)
    (found,) = unknown_names(expression, condition)
    assert condition[found.span.start : found.span.end] == "get_langage"


def conditions_of(size: int) -> dict[str, str]:
    """Large conditions of every kind, by name."""
    return {
        "not": "not " * size + "contact.get_queue()",
        "or": " or ".join(f"contact.get_language() == 'L{number}'" for number in range(size)),
        "or of numbers": " or ".join(f"contact.get_priority() == {number}" for number in range(size)),
        "unknown getters": " or ".join(f"contact.get_foo{number}()" for number in range(size)),
        "unknown names": " or ".join(f"priorty{number}" for number in range(size)),
        "lines": "\nor ".join(f"contact.get_foo{number}() == 'ü'" for number in range(size)),
        "sum": "+".join(["1"] * size),
        "brackets": "(" * size + "1" + ")" * size,
        "calls": "contact.get_language()" + ".lower()" * size + " == 'en'",
        "choices": "1 if contact.get_queue() else " * size + "0",
    }


def rules_of(condition: str) -> list[str]:
    report = check(json.dumps({"request": {"method": "POST", "condition": condition}}))
    return [finding.rule for finding in report.findings if finding.rule.startswith("AC7")]


@pytest.mark.parametrize(("kind", "size"), [("not", 900), ("or", 2_000), *((kind, 3_000) for kind in conditions_of(1))])
def test_a_condition_of_any_size_is_a_finding(kind: str, size: int) -> None:
    assert rules_of(conditions_of(size)[kind])[0] in {"AC701", "AC702", "AC705"}


@pytest.mark.long
@pytest.mark.parametrize("kind", ["or", "or of numbers", "unknown getters", "unknown names", "lines"])
def test_the_work_grows_as_the_condition_does(kind: str) -> None:
    def calls(size: int) -> int:
        """Calls of Python functions: counted, not timed, so a busy machine changes nothing."""
        condition = conditions_of(size)[kind]
        counted = 0

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal counted
            counted += event in {"call", "c_call"}

        sys.setprofile(count)
        try:
            rules_of(condition)
        finally:
            sys.setprofile(None)
        return counted

    calls(10)  # what is read once: the catalogue, the schema
    assert calls(4_000) / calls(1_000) < 6  # 4 is linear, 16 would be its square


@pytest.mark.parametrize("kind", conditions_of(1))
def test_satisfiability_is_evaluated_within_a_bound(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated = 0
    plain = condition_evaluation.evaluate

    def counted(*given: Any) -> Any:
        nonlocal evaluated
        evaluated += 1
        return plain(*given)

    monkeypatch.setattr(condition_evaluation, "evaluate", counted)
    monkeypatch.setattr(satisfiability, "evaluate", counted)
    for size in (20, 90, 300, 1_000):
        expression = parse(conditions_of(size)[kind])
        if not isinstance(expression, Unparsable):
            satisfiability_of(expression)
            value_of(expression, {})
    assert evaluated <= 4 * satisfiability.MOST_EVALUATIONS + 4 * MOST_PARTS


@pytest.mark.parametrize("part", ["a", ":a", "a:", "//a", "a@", "a:a@"])
def test_a_text_is_masked_in_time_linear_in_its_length(part: str) -> None:
    def cpu_s(count: int) -> float:
        """The least of three, so that a busy machine changes little."""
        took = []
        for _ in range(3):
            started = time.process_time()
            quoted(part * count)
            took.append(time.process_time() - started)
        return min(took)

    assert cpu_s(160_000) < 12 * max(cpu_s(40_000), 0.002)  # 4 is linear; its square is 16, and half a minute
    assert "secret" not in quoted(f"{part} user:secret@host")
    assert "secret" not in quoted(f":user:secret@host {part}")
