"""Conditions: the documented ones work, and nothing else gets through."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration_mock.model.conditions import BadCondition, ConditionFailed, Facts, holds, parse

FACTS = Facts(
    contact={
        "language": "EN",
        "channel_type": "chat",
        "channel_sub_type": None,
        "priority": 50,
        "queue": {"id": "Q", "address": "help@x"},
    },
    event_name="Ended",
    seconds_since_created=600.0,
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("contact.get_language().lower() in ('en','fi')", True),
        ("contact.get_seconds_since_created() >= 600", True),
        ("contact.get_channel_type() == 'chat'", True),
        ("contact.get_channel_sub_type()", False),
        ("contact.get_channel_sub_type() is None", True),
        ("contact.get_priority() <= 50", True),
        ("contact.get_priority() < 50 or contact.get_language() == 'EN'", True),
        ("not contact.get_queue_address().startswith('help')", False),
        ("contact.get_language() == 'EN'  # English only", True),
        ("contact.get_language() == 'EN'\nand contact.get_priority() == 50", True),
        ("event.get_name() in ['Ended', 'Closed']", True),
        ("1 < 2 < 3 and -1 < 0", True),
        ("len(contact.get_language()) == 2", True),
        ("contact.get_queue_address().endswith(('x', 'y'))", True),
    ],
)
def test_the_documented_conditions_are_worked_out(condition, expected):
    assert holds(parse(condition), FACTS) is expected


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os').system('true')",
        "contact.__class__",
        "contact.get_language().__class__.__mro__",
        "''.__class__",
        "[x for x in (1, 2)]",
        "(lambda: 1)()",
        "f'{contact}'",
        "'{0.__class__}'.format(contact)",
        "9 ** 9 ** 9",
        "'a' * 10000000000",
        "contact",
        "open('/etc/passwd')",
        "contact.get_secret()",
        "(a := 1)",
        "1 if True else 2",
        "{**{}}",
        "contact.get_language(1)",
        "'x'.lower(key=1)",
        "re.match('(a+)+$', 'aaaa')",
        "random.random() < 0.5",
        "b'x'",
        "...",
        "len",
        "event.name",
    ],
)
def test_everything_else_is_refused_by_name_when_it_is_saved(condition):
    with pytest.raises(BadCondition) as caught:
        parse(condition)
    assert caught.value.lacking


@pytest.mark.parametrize("condition", ["", "1 +", "a = 1", "1, 2", "1) or (2", "1)(2", "*[1]", "x=1", "import os", "'"])
def test_what_is_no_expression_is_refused(condition):
    with pytest.raises(BadCondition):
        parse(condition)


def test_an_error_names_line_and_column():
    with pytest.raises(BadCondition) as caught:
        parse("contact.get_priority() == 1\nand open('x')")
    assert (caught.value.line, caught.value.column) == (2, 5)


def test_a_condition_that_cannot_be_worked_out_says_why():
    with pytest.raises(ConditionFailed, match="NoneType"):
        holds(parse("contact.get_channel_sub_type().lower() == 'sms'"), FACTS)
    with pytest.raises(ConditionFailed, match="TypeError"):
        holds(parse("contact.get_language() < 5"), FACTS)


def test_very_long_and_very_deep_conditions_are_refused():
    for condition in ("1 == 1 and " * 400 + "True", "not " * 100 + "True", "(" * 500 + "1" + ")" * 500):
        with pytest.raises(BadCondition):
            parse(condition)


FRAGMENTS = st.sampled_from(
    ["contact", "event", ".get_language()", ".__class__", "lower", "(", ")", "[", "]", "{", "}", "'a'", "1", " and ",
     " or ", "not ", "==", "<", " in ", ",", "**", "*", "lambda:", "for x in ", ":", ".", "f'{1}'", "len", "#", "\n"]
)  # fmt: skip


@settings(derandomize=True)
@given(st.lists(FRAGMENTS, max_size=12).map("".join) | st.text(max_size=60))
def test_any_text_is_refused_or_gives_true_or_false(text):
    try:
        tree = parse(text)
    except BadCondition:
        return
    with contextlib.suppress(ConditionFailed):
        assert holds(tree, FACTS) in (True, False)
