"""Regular expressions of conditions: Python's own module is the witness, but nothing backtracks."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration_mock.model.conditions.machine import Machine
from orchestration_mock.model.conditions.patterns import BadPattern, read_pattern

PIECES = [
    "a", "b", "A", "_", "1", " ", "\n", "(", ")", "(?:", "(?P<n>", "|", "*", "+", "?", "??", "*?", "+?", "{2}", "{1,2}",
    "{,2}", "{2,}", "[ab]", "[^a]", "[a-c]", ".", "^", "$", r"\b", r"\B", r"\d", r"\w", r"\S", r"\.", r"\Z", r"\x61",
]  # fmt: skip
PATTERNS = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)
TEXTS = st.text("abA1 _\n", max_size=8)
FLAGS = st.sampled_from([0, re.IGNORECASE, re.MULTILINE, re.DOTALL]).map(int)


def machine(pattern, flags=0):
    return Machine(read_pattern(pattern, flags), lambda steps: None)


@settings(derandomize=True, deadline=None, max_examples=1500)
@given(PATTERNS, TEXTS, FLAGS)
def test_a_pattern_finds_what_python_finds_or_both_refuse_it(pattern, text, flags):
    try:
        ours = machine(pattern, flags)
    except BadPattern as exc:
        if not exc.lacking:
            with pytest.raises(re.error):
                re.compile(pattern, flags)
        return
    python = re.compile(pattern, flags)
    found = [ours.run(text), ours.run(text, anchored=False), ours.run(text, to_end=True)]
    expected = [python.match(text), python.search(text), python.fullmatch(text)]
    assert [f and f.span() for f in found] == [e and e.span() for e in expected]
    assert [f.span() for f in ours.find_all(text)] == [e.span() for e in python.finditer(text)]


def test_groups_are_numbered_and_named_as_in_python():
    found = machine(r"(?P<user>\w+)@(\w+)(x)?").run("help@chat")
    assert found is not None
    assert (found.group(), found.group(1), found.group("user", 2)) == ("help@chat", "help", ("help", "chat"))
    assert (found.groups(), found.groupdict()) == (("help", "chat", None), {"user": "help"})
    assert (found.start(2), found.end(2), found.span(3)) == (5, 9, (-1, -1))
    with pytest.raises(IndexError):
        found.group(9)


def test_the_steps_grow_with_the_text_and_not_with_its_powers():
    def steps(length):
        taken = []
        Machine(read_pattern("(a*)*(a*)*b"), taken.append).run("a" * length)
        return sum(taken)

    assert steps(400) < 3 * steps(200)


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?<!a)", r"(a)\1", "(?P=n)", "a++", "(?>a)", "a{999}", "(?x)a", "((a{99}){99}){99}"]
)
def test_what_can_run_for_ever_is_refused_by_name(pattern):
    with pytest.raises(BadPattern) as caught:
        machine(pattern)
    assert caught.value.lacking


@pytest.mark.parametrize(
    "pattern", ["(", ")", "[a", "*", "a**", "[b-a]", r"\q", "\\", "^*", "a{2,1}", r"[\d-z]", r"\x6", "{2}"]
)
def test_what_python_refuses_is_refused(pattern):
    with pytest.raises(re.error):
        re.compile(pattern)
    with pytest.raises(BadPattern) as caught:
        machine(pattern)
    assert not caught.value.lacking
