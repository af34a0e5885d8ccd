"""Conditions: nothing grows or runs without bounds, and no input is an error of the mock's own."""

import json

import pytest
from orchestration_caller import TenantCaller, a_form, a_request

from orchestration_mock.model.conditions import BadCondition, ConditionFacts, ConditionFailed, is_true, parse
from orchestration_mock.model.conditions.budget import MAX_STEPS, Budget

FACTS = ConditionFacts(contact={"language": "EN"}, event_name="Ended", seconds_since_created=600.0)


def true(condition: str) -> bool:
    return is_true(parse(condition), FACTS)


@pytest.mark.parametrize(
    "condition",
    [
        "9 ** 9 ** 9",
        "2 ** (2 ** 30)",
        "1 << 100000000",
        "'a' * 10000000000",
        "('a' * 90000) + ('a' * 90000)",
        "[0] * 1000",
        "'a'.zfill(10 ** 12)",
        "('a' * 60000).replace('a', 'b' * 60000)",
        "('a' * 1000).join(str(1) * 9000)",
        "range(10 ** 12)",
        "sum(range(10 ** 9))",
        "round(1, -10 ** 9)",
        "sorted(range(10 ** 8))",
        "re.search('(a+)+$' , 'a' * 99999)",
        "re.search('(.*.*.*.*.*.*)x', 'a' * 99999)",
        "(10 ** 600) ** 600",
    ],
)
def test_nothing_grows_or_runs_without_bounds(condition: str) -> None:
    with pytest.raises(ConditionFailed, match=r"more than|repeating"):
        true(condition)


def test_a_pattern_that_makes_python_run_for_ever_just_does_not_match() -> None:
    assert true("re.match('(a+)+$', 'a' * 40 + 'b')") is False
    assert true("re.fullmatch('(a|a)*', 'a' * 40)") is True


def test_the_steps_of_one_condition_are_counted() -> None:
    with pytest.raises(ConditionFailed, match=str(MAX_STEPS)):
        true(" or ".join(["sorted(range(9999)) == []"] * 25))


def test_very_long_and_very_deep_conditions_are_refused() -> None:
    for condition in ("1 == 1 and " * 400 + "True", "not " * 100 + "True", "(" * 500 + "1" + ")" * 500):
        with pytest.raises(BadCondition):
            parse(condition)


LONG = "('a' * 90000)"


@pytest.mark.parametrize(
    "condition",
    [
        f"{LONG}.rfind('b' + 'a' * 45000)",
        f"{LONG}.rpartition('b' + 'a' * 45000)",
        f"{LONG}.rsplit('b' + 'a' * 45000)",
        f"{LONG}.index('a' * 45000 + 'b')",
        f"{LONG}.count('a' * 45000 + 'b')",
        f"{LONG}.replace('a' * 45000 + 'b', '')",
        f"{LONG}.strip('b' * 90000)",
        f"{LONG}.startswith(('b' * 45000, 'a' * 45000 + 'b'))",
        f"('a' * 45000 + 'b') in {LONG}",
        f"('a' * 45000 + 'b') not in {LONG}",
        f"{LONG}.split('a')",
        f"re.findall('a.*b|a', {LONG})",
        " or ".join(["set(json.loads('[' + '2305843009213693951,' * 4900 + '1]')) == set(range(9999))"] * 3),
        "json.loads('[' * 90000)",
    ],
)
def test_an_operation_is_charged_for_the_sizes_of_its_operands_before_it_runs(condition: str) -> None:
    with pytest.raises(ConditionFailed, match=r"more than|RecursionError"):
        true(condition)


@pytest.mark.parametrize("condition", ["contact.get_source()", "contact.get_skills()", "contact.get_skills() == 1"])
def test_a_conversations_data_is_charged_as_well(condition: str) -> None:
    facts = ConditionFacts(**{**FACTS.__dict__, "contact": {"source": "a" * 1_000_000, "skills": [["a" * 50_000] * 3]}})
    with pytest.raises(ConditionFailed, match="more than"):
        is_true(parse(condition), facts)


def spent_by(condition: str) -> int:
    """The steps that a condition takes."""
    budget = Budget(10**12)
    is_true(parse(condition), FACTS, budget)
    return budget.spent


@pytest.mark.parametrize(
    ("condition", "most"),
    [
        ("('a' * {n}).rfind('b')", 2.2),
        ("('a' * {n}).rfind('b' * {n})", 4.2),
        ("sorted(range({n}))", 2.6),
        ("'b' in 'a' * {n}", 2.2),
        ("('a' * {n}) == ('a' * {n})", 2.2),
        ("str(list(range({n})))", 2.6),
    ],
)
def test_steps_grow_as_the_work_does(condition: str, most: float) -> None:
    ratio = spent_by(condition.format(n=8000)) / spent_by(condition.format(n=4000))
    assert 1.5 < ratio < most


@pytest.mark.parametrize(
    "condition",
    ["not " * 900 + "True", " or ".join(["contact.get_priority() == 1"] * 2000), "-" * 1900 + "1",
     "(" * 900 + ")" * 900, "[" * 999 + "]" * 999, "1" + "+1" * 990],
)  # fmt: skip
def test_a_condition_of_any_size_is_checked_when_it_is_saved(tenant: TenantCaller, condition: str) -> None:
    text = a_form(json=json.dumps(a_request(condition=condition)))
    reply = tenant.call("POST", "event-driven-integrations", json=text)
    assert reply.status_code in {422, 501}, reply.text
    assert any("condition" in error["field"] for error in reply.get_json()["errors"])


@pytest.mark.parametrize("format_", ["%d %d", "%", "%Q", "\ud800", "%Y\0%Y"])
@pytest.mark.parametrize("call", ["datetime.datetime.strptime('1 1', {})", "datetime.datetime.now().strftime({})"])
def test_a_bad_format_is_never_an_error_of_the_mocks_own(tenant: TenantCaller, call: str, format_: str) -> None:
    for shown in (repr(format_), f"'' + {format_!r}"):
        text = a_form(json=json.dumps(a_request(condition=call.format(shown))))
        reply = tenant.call("POST", "event-driven-integrations", json=text)
        assert reply.status_code in {201, 422, 501}, reply.text
        tenant.start()
