"""The JSON for configuration: errors with line and column, warnings for what is not documented."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orchestration_caller import TenantCaller

from mock_kit.http.refusals import Invalid, NotImitated, Refusal
from orchestration_mock.model.integrations.definition import Definition
from orchestration_mock.model.integrations.definition_reader import read_definition
from orchestration_mock.model.integrations.json_positions import JsonTextError, locate


def read(text: object) -> Definition:
    return read_definition(text if isinstance(text, str) else json.dumps(text), secrets_outside_headers=False)


def errors_of(text: object) -> dict[str, Any]:
    with pytest.raises(Refusal) as caught:
        read(text)
    return {error.field: error for error in caught.value.errors}


def test_the_documented_example_is_read_without_a_warning(example: str) -> None:
    found = read(example)
    assert found.text == example
    assert found.warnings == ()
    assert found.request.authentication.secrets_ref == "orchestration-layer"
    assert found.used_secrets == {
        "orchestration-layer",
        "ri-apikey",
        "cmi-chat-attachment-upload-user",
        "sap-v1-secret",
    }


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("{", 1, 2),
        ('{\n  "request": {\n    "method": "POST",\n  }\n}', 4, 3),
        ("{\n \"request\": 'x' }", 2, 13),
        ('{"request": {}} trailing', 1, 17),
        ('{"a" 1}', 1, 6),
        ('{"a": NaN}', 1, 7),
        ('\ufeff{"request": {}}', 1, 1),
        ('{"a": "\n"}', 1, 8),
    ],
)
def test_a_syntax_error_has_line_and_column(text: str, line: int, column: int) -> None:
    (error,) = errors_of(text).values()
    assert (error.field, error.line, error.column) == ("json", line, column)


def test_a_byte_order_mark_is_called_by_its_name() -> None:
    assert "byte order mark" in errors_of('\ufeff{"request": {}}')["json"].remedy


def test_every_wrong_member_has_its_own_line_and_column() -> None:
    text = """{
  "request": {
    "method": "FETCH",
    "headers": {"x-a": {}, "bad name": "1"},
    "timeout": 0,
    "verify": "yes",
    "authentication": {"type": "magic"}
  }
}"""
    places = {field: (error.line, error.column) for field, error in errors_of(text).items()}
    assert places == {
        "json.request.method": (3, 15),
        "json.request.headers.x-a": (4, 24),
        "json.request.headers.bad name": (4, 40),
        "json.request.timeout": (5, 16),
        "json.request.verify": (6, 15),
        "json.request.authentication.type": (7, 32),
    }


@pytest.mark.parametrize("text", ["{}", "[]", "1", '{"request": null}', '{"request": []}'])
def test_a_request_is_required(text: str) -> None:
    assert errors_of(text)


def test_a_method_is_required() -> None:
    assert set(errors_of({"request": {}})) == {"json.request.method"}


def test_undocumented_keys_are_accepted_with_a_warning() -> None:
    found = read('{"request": {"method": "POST", "url": "x",\n "retries": 3}, "extra": 1}')
    assert found.warnings == (
        "line 2, column 26: extra is not a documented key of the JSON",
        "line 1, column 39: url is not a documented key of request",
        "line 2, column 13: retries is not a documented key of request",
    )


def test_a_key_that_occurs_twice_is_warned_of() -> None:
    found = read('{"request": {"method": "POST", "method": "PUT"}}')
    assert found.request.method == "PUT"
    assert "occurs twice" in found.warnings[0]


def test_a_body_with_get_is_warned_of_and_not_sent() -> None:
    found = read({"request": {"method": "GET", "body": {"a": 1}}})
    assert found.request.body is None
    assert "GET sends none" in found.warnings[0]


def test_a_secret_in_the_body_is_refused_and_the_dialect_allows_it() -> None:
    definition = {"request": {"method": "POST", "body": {"p": "{secrets.x}"}}}
    assert "json.request.body" in errors_of(definition)
    assert read_definition(json.dumps(definition), secrets_outside_headers=True).used_secrets == {"x"}


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"json": '{"request": {"method": "POST", "body": {"deep": ["a {secrets.x}"]}}}'}, "json.request.body"),
        ({"json": '{"request": {"method": "GET", "params": {"p": "{secrets.x}"}}}'}, "json.request.params"),
        ({"endpoint_url": "https://cc-workflows-x.cc.sinch.com/{secrets.x}"}, "endpoint_url"),
    ],
)
def test_a_secret_outside_the_headers_is_refused_wherever_it_stands(
    tenant: TenantCaller, form: dict[str, Any], field: str
) -> None:
    refused = tenant.save(**form)
    assert (refused.status_code, [error["field"] for error in refused.get_json()["errors"]]) == (422, [field])
    tenant.state.dialect["secrets_outside_headers"] = "allow"
    saved = tenant.save(**form)
    assert saved.status_code == 201
    assert saved.get_json()["warnings"][-1] == "there is no secret named x yet"


def test_a_placeholder_in_the_address_is_warned_of_when_it_is_misspelt(tenant: TenantCaller) -> None:
    saved = tenant.integrate(endpoint_url="https://cc-workflows-x.cc.sinch.com/{contact.giud}/{evnt}")
    assert [w.partition("}")[0] for w in saved["warnings"]] == ["{contact.giud", "{evnt"]


def test_a_placeholder_in_the_response_is_warned_of_when_it_is_misspelt() -> None:
    definition = {"request": {"method": "POST"}, "response": {"save": {"a": "{respons.body}", "b": "{response.body}"}}}
    (warning,) = read(definition).warnings
    assert "{respons.body}" in warning


def test_a_placeholder_of_an_unknown_kind_is_warned_of() -> None:
    assert "{contakt.guid}" in read({"request": {"method": "POST", "body": {"a": "{contakt.guid}"}}}).warnings[0]


def test_a_condition_beyond_the_mock_is_not_imitated_rather_than_invalid() -> None:
    with pytest.raises(NotImitated):
        read({"request": {"method": "POST", "condition": "[x for x in 'ab']"}})
    with pytest.raises(Invalid):
        read({"request": {"method": "POST", "condition": "1 +"}})


@pytest.mark.parametrize(("written", "seconds"), [(5, 5.0), ("7.5", 7.5), (None, None)])
def test_a_timeout_is_a_number_or_a_string(written: int | str | None, seconds: float | None) -> None:
    assert read({"request": {"method": "POST", "timeout": written}}).request.timeout_s == seconds


@pytest.mark.parametrize("wrong", ["soon", -1, True, [], 1e9, "nan", "inf"])
def test_a_timeout_is_nothing_else(wrong: object) -> None:
    assert "json.request.timeout" in errors_of({"request": {"method": "POST", "timeout": wrong}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@settings(derandomize=True)
@given(JSON, st.sampled_from([None, 0, 3]), st.booleans())
def test_reading_with_places_gives_what_json_gives(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert locate(text).value == value


@settings(derandomize=True)
@given(st.text(alphabet='{}[]",:0123456789truefalsn \n\\ue.-+', max_size=40))
def test_reading_with_places_refuses_what_json_refuses(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError):
        with pytest.raises(JsonTextError):
            locate(text)
    else:
        assert locate(text).value == expected


@settings(derandomize=True)
@given(JSON)
def test_any_json_is_read_or_refused_with_reasons(value: object) -> None:
    refused = None
    try:
        read({"request": value, "response": value})
    except Refusal as refusal:
        refused = refusal
    assert refused is None or refused.errors


def test_a_very_deep_text_is_refused() -> None:
    assert "nested deeper" in errors_of("[" * 5000)["json"].remedy
