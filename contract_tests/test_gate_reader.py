"""The JSON reader: JSON is read as json.loads reads it, and anything else is reported with its position."""

from __future__ import annotations

import json

import pytest

from attachment_contract.gate.json_nodes import dotted, strings_in
from attachment_contract.gate.json_reader import JsonReader, UnreadableJson

DOCUMENTS = [
    "{}",
    "[]",
    "null",
    "true",
    "-0.5e+3",
    "123456789012345678901234567890",
    '"a\\u00e4\\ud83d\\ude00\\n\\/\\""',
    '{"a": [1, {"b": [], "": null}], "c": "x"}',
    ' \t\r\n{ "a" :\n1 } \n',
    '"\u2028\x7f"',
]


@pytest.mark.parametrize("text", DOCUMENTS)
def test_json_is_read_as_the_standard_library_reads_it(text: str) -> None:
    reader = JsonReader(text)
    assert reader.read().plain() == json.loads(text)
    assert reader.issues == []


@pytest.mark.parametrize("text", DOCUMENTS)
def test_the_span_of_the_whole_is_the_text_without_white_space(text: str) -> None:
    node = JsonReader(text).read()
    assert text[node.span.start : node.span.end] == text.strip(" \t\r\n")


def test_each_value_has_its_span_and_its_path() -> None:
    text = '{"a": [1, "two"], "b": {"c": false}}'
    node = JsonReader(text).read()
    two = node.get("a")
    assert two is not None
    assert text[two.items[1].span.start : two.items[1].span.end] == '"two"'
    assert dotted(two.items[1].path) == "a[1]"
    c = node.get("b", "c")
    assert c is not None
    assert (text[c.span.start : c.span.end], dotted(c.path)) == ("false", "b.c")
    assert [found.value for found in strings_in(node)] == ["two"]


def test_an_escaped_character_has_the_offset_of_its_escape() -> None:
    text = '"\\u00e4\\n{x}"'
    node = JsonReader(text).read()
    span = node.part(2, 5)
    assert text[span.start : span.end] == "{x}"
    assert node.offsets[:3] == (1, 7, 9)


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("", 0, "a JSON value"),
        ("{", 1, "a name in double quotes"),
        ('{"a"', 4, "':' after the name 'a'"),
        ('{"a" 1}', 5, "':' after the name 'a'"),
        ('{"a": }', 6, "a JSON value"),
        ('{"a": 1', 7, "',' or '}'"),
        ('{"a": 1]', 7, "',' or '}'"),
        ("[1", 2, "',' or ']'"),
        ("[1 2]", 3, "',' or ']'"),
        ("[1,,2]", 3, "a JSON value"),
        ("{} x", 3, "the end of the text"),
        ("01", 0, "a JSON value"),
        ("1.", 0, "a JSON value"),
        (".5", 0, "a JSON value"),
        ("NaN", 0, "a JSON value"),
        ("-Infinity", 0, "a JSON value"),
        ('"abc', 0, "a closing double quote"),
        ('"a\nb"', 2, "a closing double quote on the same line"),
        ('"\\u12"', 1, "four hex digits after \\u"),
    ],
)
def test_reading_stops_at_the_token_that_cannot_be_read(text: str, at: int, expected: str) -> None:
    with pytest.raises(UnreadableJson) as stopped:
        JsonReader(text).read()
    assert stopped.value.span.start == at
    assert stopped.value.expected == expected
    assert stopped.value.remedy


@pytest.mark.parametrize(
    ("text", "rule", "spelt"),
    [
        ("{'a': 1}", "AC004", "'a'"),
        ("{“a”: 1}", "AC004", "“a”"),
        ("{a: 1}", "AC004", "a"),
        ('{"a": True}', "AC004", "True"),
        ('{"a": None}', "AC004", "None"),
        ("\ufeff{}", "AC005", "\ufeff"),
        ('{"a": 1,}', "AC007", ","),
        ("[1,]", "AC007", ","),
        ("{} // x", "AC008", "// x"),
        ("{/* x\n */}", "AC008", "/* x\n */"),
        ("{} # x", "AC008", "# x"),
        ('{"a": 1 "b": 2}', "AC009", ""),
        ('[{} {"a": 1}]', "AC009", ""),
        ('{"a":\u00a01}', "AC010", "\u00a0"),
        ('"a\tb"', "AC010", "\t"),
        ('"a\\db"', "AC010", "\\"),
        ('"\\ud800"', "AC010", "\\ud800"),
        ('{"a": 1, "a": 2}', "AC002", '"a"'),
    ],
)
def test_what_is_not_json_but_has_a_clear_meaning_is_an_issue_and_reading_goes_on(
    text: str, rule: str, spelt: str
) -> None:
    reader = JsonReader(text)
    reader.read()
    (issue,) = reader.issues
    assert issue.rule == rule
    assert text[issue.span.start : issue.span.end] == spelt


def test_a_repeated_name_is_an_issue_once_for_each_repetition() -> None:
    reader = JsonReader('{"a": 1, "b": 2, "a": 3, "a": 4}')
    assert reader.read().plain() == {"a": 4, "b": 2}
    assert [issue.span.start for issue in reader.issues] == [17, 25]
