"""Conditions: the documented ones work, and everything else is refused."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration_mock.model.conditions import BadCondition, ConditionFacts, ConditionFailed, is_true, parse

FACTS = ConditionFacts(
    contact={
        "language": "EN",
        "channel_type": "chat",
        "channel_sub_type": None,
        "priority": 50,
        "queue": {"id": "Q", "address": "help@x"},
        "skills": [{"id": "1", "value": 5, "name": "EN"}],
        "source": "+4915112345678",
    },
    event_name="Ended",
    seconds_since_created=600.0,
    now=datetime(2026, 11, 22, 14, 30, 5, tzinfo=UTC),
    seed="an event",
)


def true(condition: str) -> bool:
    return is_true(parse(condition), FACTS)


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
        ("event.get_name() in ['Ended', 'Closed']", True),
        ("1 < 2 < 3 and -1 < 0", True),
        ("len(contact.get_language()) == 2", True),
        ("contact.get_queue_address().endswith(('x', 'y'))", True),
        ("contact.get_queue()['address'] == 'help@x'", True),
        ("contact.get_queue().get('id') == 'Q'", True),
        ("contact.get_skills()[0].get('value', 0) > 4", True),
    ],
)
def test_the_documented_conditions_are_worked_out(condition: str, expected: bool) -> None:
    assert true(condition) is expected


@pytest.mark.parametrize(
    "condition",
    [
        "contact.get_language() == 'EN'  # English only",
        "# English only\ncontact.get_language() == 'EN'",
        "contact.get_language() == 'EN'  # first\n# second\nand contact.get_priority() == 50",
        "'#' in '# no comment'",
    ],
)
def test_comments_are_left_out_and_lines_may_break(condition: str) -> None:
    assert true(condition) is True


@pytest.mark.parametrize(
    "condition",
    [
        "contact.get_priority() % 7 == 1",
        "(contact.get_priority() + 10) * 2 - 1 == 119",
        "7 // 2 == 3 and 7 / 2 == 3.5 and 2 ** 10 == 1024 and -7 % 3 == 2",
        "1 << 4 | 1 == 17 and 6 & 3 == 2 and 5 ^ 1 == 4 and ~0 == -1 and 8 >> 2 == 2",
        "'a' + 'b' == 'ab' and 'ab' * 2 == 'abab' and [1] + [2] == [1, 2]",
        "('vip' if contact.get_priority() < 100 else 'other') == 'vip'",
        "contact.get_language()[0] == 'E' and contact.get_source()[1:3] == '49' and 'abc'[::-1] == 'cba'",
        "{'EN': 1, 'FI': 2}[contact.get_language()] == 1",
        "len({1, 2, 2}) == 2",
        "int('42') == 42 and float('1.5') == 1.5 and str(5) == '5' and bool([]) is False",
        "any([False, contact.get_priority()]) and all((1, 'x'))",
        "min(3, 1, 2) == 1 and max([3, 1]) == 3 and sum([1, 2.5]) == 3.5 and abs(-3) == 3",
        "round(2.567, 1) == 2.6 and divmod(7, 2) == (3, 1) and pow(2, 3) == 8",
        "sorted([2, 1], reverse=True) == [2, 1] and list((1,)) == [1] and tuple([1]) == (1,) and set([1]) == {1}",
        "5 in range(10) and 10 not in range(10)",
        "','.join(['a', 'b']) == 'a,b' and 'a-b'.split('-') == ['a', 'b'] and 'aXb'.replace('X', '') == 'ab'",
        "'7'.zfill(3) == '007' and ' x '.strip() == 'x' and 'abc'.find('c') == 2 and 'aab'.count('a') == 2",
    ],
)
def test_arithmetic_choices_subscripts_and_builtins_work_as_in_python(condition: str) -> None:
    assert true(condition) is True
    assert eval(condition, {"contact": _Contact()}) is True


class _Contact:
    def __getattr__(self, name: str) -> Callable[[], object]:
        return lambda: FACTS.contact[name.removeprefix("get_")]


@pytest.mark.parametrize(
    "condition",
    [
        "datetime.datetime.now().hour == 14 and datetime.datetime.utcnow().weekday() == 6",
        "datetime.timedelta(1) + datetime.datetime.now(datetime.timezone.utc) > datetime.datetime.now(datetime.UTC)",
        "datetime.datetime.fromisoformat('2026-11-22T14:00:00+00:00').timestamp() < time.time()",
        "datetime.datetime.strptime('22.11.2026', '%d.%m.%Y').date() == datetime.date.today()",
        "datetime.date(2026, 11, 22).isoweekday() == 7 and datetime.date.today().strftime('%Y-%m-%d') == '2026-11-22'",
        "datetime.time(8, 0) <= datetime.datetime.now().time() <= datetime.time(17, 0)",
        "(datetime.datetime.now() - datetime.datetime(2026, 11, 22)).total_seconds() == 52205",
        "datetime.timedelta(days=1, hours=2).days == 1",
        "time.gmtime().tm_hour == 14 and time.localtime().tm_wday == 6 and time.strftime('%H:%M') == '14:30'",
        "json.loads('{\"a\": [1, 2]}')['a'][1] == 2 and json.dumps({'b': 1}) == '{\"b\": 1}'",
        "0 <= random.random() < 1 and random.randint(1, 6) in range(1, 7) and random.choice(['x']) == 'x'",
        "re.match(r'\\+49', contact.get_source()) and re.search('(?i)en', contact.get_language())",
        "re.fullmatch('[A-Z]{2}', contact.get_language()) is not None and re.match('Z', 'A') is None",
        "re.search(r'(?P<cc>\\d\\d)(\\d+)', contact.get_source()).group('cc') == '49'",
        "re.findall('[a-z]', 'a1b') == ['a', 'b'] and re.search('EN', 'en', re.IGNORECASE)[0] == 'en'",
    ],
)
def test_the_documented_modules_are_there_and_time_is_the_tenants(condition: str) -> None:
    assert true(condition) is True


def test_random_is_the_same_for_the_same_event_and_another_for_another() -> None:
    tree = parse("random.random() < 0.5")
    outcomes = [is_true(tree, ConditionFacts(**{**FACTS.__dict__, "seed": str(n)})) for n in range(40)]
    assert outcomes == [is_true(tree, ConditionFacts(**{**FACTS.__dict__, "seed": str(n)})) for n in range(40)]
    assert {True, False} == set(outcomes)


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os').system('true')",
        "contact.__class__",
        "contact.get_language().__class__.__mro__",
        "''.__class__",
        "().__class__.__base__.__subclasses__()",
        "datetime.sys.modules",
        "datetime.datetime.__subclasses__()",
        "json.codecs.open('/etc/passwd')",
        "json.decoder",
        "random.SystemRandom()",
        "random._os.system('true')",
        "re.sre_compile",
        "re.compile('a')",
        "time.sleep(1000)",
        "[x for x in (1, 2)]",
        "any(x for x in (1, 2))",
        "{x: x for x in (1, 2)}",
        "(lambda: 1)()",
        "f'{contact}'",
        "'{0.__class__}'.format(contact)",
        "'{x}'.format_map({})",
        "'abc'.encode()",
        "'x'.center(10)",
        "contact",
        "datetime",
        "datetime.datetime",
        "open('/etc/passwd')",
        "eval('1')",
        "getattr('x', 'lower')",
        "type(1)",
        "globals()",
        "contact.get_secret()",
        "contact.set_priority(1)",
        "(a := 1)",
        "(yield 1)",
        "{**{}}",
        "[*(1, 2)]",
        "max(*[1, 2])",
        "contact.get_language(1)",
        "'x'.lower(key=1)",
        "sorted([1], key=len)",
        "sorted([1], **{})",
        "b'x'",
        "1j",
        "...",
        "len",
        "event.name",
        "secrets",
        "[1] @ [2]",
        "re.match('(?=a)', 'a')",
        "re.match('(a)\\\\1', 'aa')",
        "re.match('a{2000}', 'a')",
        "re.match('a++', 'a')",
        "re.match('(?>a)', 'a')",
        "time.strftime('%Q')",
        "datetime.datetime.now().strftime('%999999999d')",
        "datetime.datetime.strptime('1 1', '%d %d')",
        "datetime.datetime.strptime('1', '%')",
    ],
)
def test_everything_else_is_refused_by_name_when_it_is_saved(condition: str) -> None:
    with pytest.raises(BadCondition) as caught:
        parse(condition)
    assert caught.value.not_imitated


@pytest.mark.parametrize(
    "condition", ["", "1 +", "a = 1", "1, 2", "1) or (2", "1)(2", "*[1]", "x=1", "import os", "'", "while True: 1"]
)
def test_what_is_no_expression_is_refused(condition: str) -> None:
    with pytest.raises(BadCondition):
        parse(condition)


def test_a_pattern_that_cannot_be_read_is_refused_when_it_is_saved() -> None:
    with pytest.raises(BadCondition, match="not closed") as caught:
        parse("re.match('(a', contact.get_language())")
    assert not caught.value.not_imitated


def test_an_error_names_line_and_column() -> None:
    with pytest.raises(BadCondition) as caught:
        parse("contact.get_priority() == 1\nand open('x')")
    assert (caught.value.line, caught.value.column) == (2, 5)


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("contact.get_channel_sub_type().lower() == 'sms'", "'NoneType' object has no attribute 'lower'"),
        ("contact.get_language() < 5", "TypeError"),
        ("1 / 0", "ZeroDivisionError"),
        ("[1][5]", "IndexError"),
        ("{'a': 1}['b']", "KeyError"),
        ("int('x')", "ValueError"),
        ("'ab'.startswith(['a'])", "TypeError"),
        ("json.loads('{')", "JSONDecodeError"),
        ("len(1, 2)", "TypeError: too many positional arguments"),
        ("(-1) ** 0.5", "complex"),
        ("'%s' % 1", "formatting"),
        ("datetime.datetime.now() - datetime.datetime.now(datetime.UTC)", "TypeError"),
        ("datetime.datetime.now().strftime('%99' + '9999999d')", "time format"),
        ("datetime.datetime.strptime('1 1', '%d ' + '%d')", "redefinition of group name"),
        ("datetime.datetime.fromtimestamp(10 ** 30)", "Error"),
        ("datetime.datetime.fromtimestamp(1e17)", "Error"),
    ],
)
def test_a_condition_that_cannot_be_evaluated_names_the_reason(condition: str, why: str) -> None:
    with pytest.raises(ConditionFailed, match=why):
        true(condition)


FRAGMENTS = st.sampled_from(
    ["contact", "event", ".get_language()", ".__class__", "lower", "(", ")", "[", "]", "{", "}", "'a'", "1", "9",
     " and ", " or ", "not ", "==", "<", " in ", ",", "**", "*", "<<", "+",
     "%", "lambda:", "for x in ", ":", ".", "f'{1}'",
     "len", "str", "range", "datetime.datetime", ".now()", "re.search", "json.loads", " if ", " else ", "#", "\n"]
)  # fmt: skip


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # Python's own, about numbers that run into words
@given(st.lists(FRAGMENTS, max_size=12).map("".join) | st.text(max_size=60))
def test_any_text_is_refused_or_gives_true_or_false(text: str) -> None:
    try:
        tree = parse(text)
    except BadCondition:
        return
    with contextlib.suppress(ConditionFailed):
        assert is_true(tree, FACTS) in (True, False)


NUMBERS = st.integers(-99, 99).map(str) | st.sampled_from(["0.5", "1e3", "True"])
OPERATORS = ["+", "-", "*", "/", "//", "%", "<", "==", "and", "or"]
SUMS = st.recursive(
    NUMBERS,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(OPERATORS), inner)
        | st.builds("(-{})".format, inner)
        | st.builds("({} if {} else {})".format, inner, inner, inner)
    ),
    max_leaves=8,
)


@given(SUMS)
def test_arithmetic_gives_what_python_gives(expression: str) -> None:
    try:
        expected = bool(eval(expression))
    except ArithmeticError:
        expected = None
    try:
        assert true(expression) is expected
    except ConditionFailed:
        assert expected is None
