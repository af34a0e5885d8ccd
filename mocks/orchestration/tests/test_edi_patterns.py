"""Regular expressions of conditions: RE2 runs them, Python's own module is the reference for the vendor."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration_mock.model.conditions.patterns import BadPattern, read_pattern

PIECES = [
    "a", "b", "A", "_", "1", " ", "\n", "(", ")", "(?:", "(?P<n>", "|", "*", "+", "?", "??", "*?", "+?", "{2}", "{1,2}",
    "{,2}", "{2,}", "[ab]", "[^a]", "[a-c]", "[]a]", "[[{,2}]", ".", "^", r"\b", r"\d", r"\w", r"\S", r"\.", r"\Z",
    r"\x61", r"\u0061", r"\U00000041", r"\\", "(?i)", "(?=a)", r"\1",
]  # fmt: skip
PATTERNS = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)
TEXTS = st.text("abA1 _\n", max_size=8)
#: Eight times as many as of other generated tests: most are refused at once.
EXAMPLES = 8 * settings().max_examples
FLAGS = st.sampled_from([0, re.IGNORECASE, re.MULTILINE, re.DOTALL]).map(int)


def free(_steps: int) -> None:
    """Nothing is charged."""


@settings(max_examples=EXAMPLES)
@given(PATTERNS, TEXTS, FLAGS)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_pattern_finds_what_python_finds_or_is_refused(pattern: str, text: str, flags: int) -> None:
    try:
        ours = read_pattern(pattern, flags)
    except BadPattern as exc:
        if not exc.not_imitated:
            with pytest.raises(re.error):
                re.compile(pattern, flags)
        return
    python = re.compile(pattern, flags)
    found = [ours.match(text, free), ours.search(text, free), ours.fullmatch(text, free)]
    expected = [python.match(text), python.search(text), python.fullmatch(text)]
    assert [f and f.span() for f in found] == [e and e.span() for e in expected]
    every = [each.span() for each in python.finditer(text)]
    if all(start < end for start, end in every):
        assert [each.span() for each in ours.find_all(text, free)] == every


def test_groups_are_numbered_and_named_as_in_python() -> None:
    found = read_pattern(r"(?P<user>\w+)@(\w+)(x)?").match("help@chat", free)
    assert found is not None
    assert (found.group(), found.group(1), found.group("user", 2)) == ("help@chat", "help", ("help", "chat"))
    assert (found.groups(), found.groupdict()) == (("help", "chat", None), {"user": "help"})
    assert (found.start(2), found.end(2), found.span(3)) == (5, 9, (-1, -1))
    with pytest.raises(IndexError):
        found.group(9)


def test_places_are_counted_in_characters_and_not_in_bytes() -> None:
    found = read_pattern("[漢😀]+").search("äöü漢😀x", free)
    assert found is not None
    assert (found.span(), found.group()) == ((3, 5), "漢😀")


@pytest.mark.parametrize("pattern", ["(a*)*(a*)*b", "(a|a)*b", "(a+)+$", "a.*b|a"])
def test_the_steps_are_known_before_the_run_and_grow_with_the_text(pattern: str) -> None:
    def steps(length: int) -> int:
        taken: list[int] = []
        read_pattern(pattern).search("a" * length, taken.append)
        return sum(taken)

    assert 1.9 < steps(20_000) / steps(10_000) < 2.1


def test_every_search_of_findall_is_charged_for_what_is_left_of_the_text() -> None:
    taken: list[int] = []
    assert len(list(read_pattern("a.*b|a").find_all("a" * 50, taken.append))) == 50
    assert len(taken) == 51
    assert taken == sorted(taken, reverse=True)


def test_a_run_without_enough_steps_does_not_begin() -> None:
    class NoStepsError(Exception):
        """No steps are left."""

    def none_left(_steps: int) -> None:
        raise NoStepsError

    for run in ("match", "search", "fullmatch"):
        with pytest.raises(NoStepsError):
            getattr(read_pattern("a"), run)("a", none_left)


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", "(?<!a)", r"(a)\1", "(?P<n>a)(?P=n)", "a++", "(?>a)", "a{1001}", "(?x)a", "((a{99}){99}){99}", "a" * 501,
     "[[:alpha:]]", "(?a)a", "(a)?(?(1)b|c)", "\ud800"],
)  # fmt: skip
def test_what_re2_refuses_is_not_imitated(pattern: str) -> None:
    with pytest.raises(BadPattern) as caught:
        read_pattern(pattern)
    assert caught.value.not_imitated


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "[a", "*", "a**", "[b-a]", r"\q", "\\", "^*", "a{2,1}", r"[\d-z]", r"\x6", "{2}", r"\pL", r"\Qa\E",
     r"\z", "(?<n>a)", "(?U)a"],
)  # fmt: skip
def test_what_python_refuses_is_refused_though_re2_may_take_it(pattern: str) -> None:
    with pytest.raises(re.error):
        re.compile(pattern)
    with pytest.raises(BadPattern) as caught:
        read_pattern(pattern)
    assert not caught.value.not_imitated


@pytest.mark.parametrize(
    ("pattern", "text", "here", "python"),
    [
        (r"\d", "٣", None, (0, 1)),
        (r"\w+", "für", (0, 1), (0, 3)),
        (r"\s", "\u00a0", None, (0, 1)),
        (r"\s", "\v", None, (0, 1)),
        (r"a$", "a\n", None, (0, 1)),
        (r"\bü", "ü", None, (0, 1)),
    ],
)
def test_where_re2_differs_from_python_is_known(
    pattern: str, text: str, here: tuple[Any, ...] | None, python: tuple[Any, ...]
) -> None:
    found, expected = read_pattern(pattern).search(text, free), re.search(pattern, text)
    assert (found and found.span(), expected and expected.span()) == (here, python)
