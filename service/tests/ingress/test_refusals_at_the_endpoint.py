"""Every bad request gets a problem that names the field, the right status, and leaves no trace in the ledger."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingress_kit import ENDPOINT, MAX_BYTES, SECRET_HEADERS, V1, Endpoint, a_body, nothing_kept, problem
from ledger_kit import CMI_URL, CONTACT, SECRET_TEXTS, a_request, rows
from structlog.testing import capture_logs

from attachment_transfer.ledger import tables

FIELDS = {
    "cmi_url": "body.cmi_url",
    "cmi_user": "body.cmi_user",
    "sap_v1": "body.sap_v1",
    "contact_id": "body.contact_id",
}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "line 1, column 1"),
        (b"{", "line 1, column 2"),
        (b'{\n  "cmi_url": "x",\n  "cmi_user" "y"}', "line 3, column 14"),
        (b'{"a": 1,}', "line 1, column 9"),
        (b"{'a': 1}", "line 1, column 2"),
        (b'{"a": "\xff"}', "byte 8"),
        (b'{"a": NaN}', "NaN"),
        (b'\xef\xbb\xbf{"a": 1}', "line 1, column 1"),
        (b"[" * 20_000, "more than 32 levels deep"),
        (b"1" * 5_000, "too many digits"),
    ],
)
def test_malformed_json_is_400_and_names_the_place(endpoint: Endpoint, body: bytes, place: str) -> None:
    assert place in problem(endpoint.post(body), 400, "body")["detail"]
    nothing_kept(endpoint)


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"5", b"true"])
def test_json_that_is_no_object_is_400(endpoint: Endpoint, body: bytes) -> None:
    problem(endpoint.post(body), 400, "body")
    nothing_kept(endpoint)


@pytest.mark.parametrize("depth", [10, 400, 700, 800, 850, 900, 920, 940, 960, 980, 1_000, 5_000])
def test_deep_nesting_is_400_at_every_depth(endpoint: Endpoint, depth: int) -> None:
    body = json.dumps(a_body(cmi_url="deep")).replace('"deep"', "[" * depth + "]" * depth)
    answer = endpoint.post(body.encode())
    assert answer.status_code == 400, answer.text
    nothing_kept(endpoint)


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_member_is_400_and_named(endpoint: Endpoint, name: str) -> None:
    document = problem(endpoint.post(a_body(**{name: None})), 400, FIELDS[name])
    assert document["errors"][0]["message"] == "missing"
    nothing_kept(endpoint)


@pytest.mark.parametrize("name", ["url", "user"])
def test_a_missing_member_of_sap_v1_is_400_and_named(endpoint: Endpoint, name: str) -> None:
    target = {key: value for key, value in V1.items() if key != name}
    problem(endpoint.post(a_body(sap_v1=target)), 400, f"body.sap_v1.{name}")
    nothing_kept(endpoint)


def test_everything_that_is_missing_is_named_at_once(endpoint: Endpoint) -> None:
    answer = endpoint.post({}, headers=dict.fromkeys(SECRET_HEADERS))
    fields = [*(f"body.{name}" for name in sorted(FIELDS)), *(f"header.{name}" for name in sorted(SECRET_HEADERS))]
    document = problem(answer, 400, *fields)
    for field in fields:
        assert field in document["detail"]
    nothing_kept(endpoint)


@pytest.mark.parametrize("value", [5, True, None, [], {}, 1.5])
@pytest.mark.parametrize("name", ["cmi_url", "cmi_user", "contact_id"])
def test_a_member_of_the_wrong_type_is_400_and_its_type_is_named(endpoint: Endpoint, name: str, value: Any) -> None:
    body = {**a_body(), name: value}
    document = problem(endpoint.post(body), 400, FIELDS[name])
    assert "has the type" in document["errors"][0]["message"]
    nothing_kept(endpoint)


@pytest.mark.parametrize("value", ["https://x", 5, [], None])
def test_a_sap_v1_that_is_no_object_is_400(endpoint: Endpoint, value: Any) -> None:
    problem(endpoint.post({**a_body(), "sap_v1": value}), 400, "body.sap_v1")
    nothing_kept(endpoint)


@pytest.mark.parametrize("value", [5, [], None, {}])
@pytest.mark.parametrize("name", ["url", "user"])
def test_a_member_of_sap_v1_of_the_wrong_type_is_400(endpoint: Endpoint, name: str, value: Any) -> None:
    problem(endpoint.post(a_body(sap_v1={**V1, name: value})), 400, f"body.sap_v1.{name}")
    nothing_kept(endpoint)


@pytest.mark.parametrize(
    "url",
    [
        "http://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi",
        "HTTPS://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi",
        "ftp://x",
        "",
        "https://",
        "https://user:word@8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi",
        f"{CMI_URL}?x=1",
        f"{CMI_URL}#x",
        f" {CMI_URL}",
        f"{CMI_URL} ",
        f"{CMI_URL}\n",
        f"{CMI_URL}\x00",
        f"{CMI_URL}/\x7f",
        f"{CMI_URL}/\x1b[2J",
        f"{CMI_URL}/\ud800",
        f"{CMI_URL}\\x",
        "https://" + "a" * 3_000,
    ],
)
def test_an_address_that_is_none_is_400_in_both_places(endpoint: Endpoint, url: str) -> None:
    problem(endpoint.post(a_body(cmi_url=url)), 400, "body.cmi_url")
    problem(endpoint.post(a_body(sap_v1={**V1, "url": url})), 400, "body.sap_v1.url")
    nothing_kept(endpoint)


@pytest.mark.parametrize("user", ["", "a:b", "a\nb", "ab\n", "a\x00", "a" * 300, "\ud800"])
def test_a_user_that_http_basic_cannot_carry_is_400(endpoint: Endpoint, user: str) -> None:
    problem(endpoint.post(a_body(cmi_user=user)), 400, "body.cmi_user")
    problem(endpoint.post(a_body(sap_v1={**V1, "user": user})), 400, "body.sap_v1.user")
    nothing_kept(endpoint)


@pytest.mark.parametrize(
    "contact_id", ["", "{contact.guid}", CONTACT[:-1], CONTACT + "0", "G" * 32, "5AB6-" + CONTACT[4:]]
)
def test_a_contact_id_that_is_not_32_hex_is_400_and_shown(endpoint: Endpoint, contact_id: str) -> None:
    document = problem(endpoint.post(a_body(contact_id=contact_id)), 400, "body.contact_id")
    assert document["errors"][0]["found"] == contact_id
    assert "{contact.guid}" in document["errors"][0]["remedy"]
    nothing_kept(endpoint)


@pytest.mark.parametrize("name", SECRET_HEADERS)
def test_a_missing_secret_header_is_400_and_named(endpoint: Endpoint, name: str) -> None:
    document = problem(endpoint.post(headers={name: None}), 400, f"header.{name}")
    assert "{secrets.NAME}" in document["errors"][0]["remedy"]
    nothing_kept(endpoint)


@pytest.mark.parametrize("name", SECRET_HEADERS)
@pytest.mark.parametrize(
    "secret", ["Grünkohl-7", "100€-sure", "§-paragraph", "tab\tinside", "del\x7fete", "pound£", ""]
)
def test_a_password_outside_the_alphabet_is_400_and_never_quoted(endpoint: Endpoint, name: str, secret: str) -> None:
    raw = secret.encode().decode("latin-1")
    answer = endpoint.post(headers={name: raw})
    problem(answer, 400, f"header.{name}")
    for text in {secret, raw, *(char for char in secret + raw if not " " <= char <= "~")} - {""}:
        assert json.dumps(text)[1:-1] not in answer.text
        assert text not in answer.text
    nothing_kept(endpoint)


def test_a_password_that_is_too_long_is_400_and_not_quoted(endpoint: Endpoint) -> None:
    answer = endpoint.post(headers={"x-cmi-password": "long-word-" * 200})
    problem(answer, 400, "header.x-cmi-password")
    assert "long-word" not in answer.text
    nothing_kept(endpoint)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_another_content_type_is_415(endpoint: Endpoint, content_type: str | None) -> None:
    problem(endpoint.post(headers={"Content-Type": content_type}), 415, "header.content-type")
    nothing_kept(endpoint)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_is_json_with_parameters_and_in_any_case(endpoint: Endpoint, content_type: str) -> None:
    assert endpoint.post(headers={"Content-Type": content_type}).status_code == 202


def test_two_megabytes_are_413(endpoint: Endpoint) -> None:
    problem(endpoint.post(a_body(padding="x" * 2_000_000)), 413, "body")
    nothing_kept(endpoint)


def test_two_megabytes_in_chunks_without_a_length_are_413(endpoint: Endpoint) -> None:
    stream = io.BytesIO(json.dumps(a_body(padding="x" * 2_000_000)).encode())
    headers = {
        "Authorization": f"Bearer {endpoint.issuer.token()}",
        "Content-Type": "application/json",
        **SECRET_HEADERS,
    }
    answer = endpoint.http.post(
        ENDPOINT, input_stream=stream, headers=headers, environ_overrides={"wsgi.input_terminated": True}
    )
    problem(answer, 413, "body")
    assert stream.tell() <= MAX_BYTES + 1
    nothing_kept(endpoint)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/acme/cmi",
        "https://127.0.0.1/acme/cmi",
        "https://[::1]/acme/cmi",
        "https://169.254.169.254/latest",
        "https://crm.cloud.sap",
        "https://my1.crm.cloud.sap.evil.example",
        "https://my1.crm.cloud.sap:notaport",
        "https://my1.crm.cloud.sap:99999",
        "https://[bad",
    ],
)
def test_a_host_that_is_not_allowed_is_403_in_both_places(endpoint: Endpoint, url: str) -> None:
    problem(endpoint.post(a_body(cmi_url=url)), 403, "body.cmi_url")
    problem(endpoint.post(a_body(sap_v1={**V1, "url": url})), 403, "body.sap_v1.url")
    nothing_kept(endpoint)


def test_both_foreign_hosts_are_named_at_once(endpoint: Endpoint) -> None:
    url = "https://evil.example"
    problem(endpoint.post(a_body(cmi_url=url, sap_v1={**V1, "url": url})), 403, "body.cmi_url", "body.sap_v1.url")


def test_the_token_is_checked_before_the_body(endpoint: Endpoint) -> None:
    problem(endpoint.post(b"{", headers={"Authorization": None}), 401)


def test_a_get_on_the_endpoint_is_405_and_says_what_is_allowed(endpoint: Endpoint) -> None:
    answer = endpoint.get(ENDPOINT)
    problem(answer, 405)
    assert "POST" in answer.headers["Allow"]


def test_an_unknown_path_is_404_as_a_problem(endpoint: Endpoint) -> None:
    problem(endpoint.get("/nowhere"), 404)


def test_a_queue_that_breaks_keeps_nothing_and_reveals_no_secret(endpoint: Endpoint) -> None:
    endpoint.queue.broken = True
    with capture_logs() as logs:
        answer = endpoint.post()
    problem(answer, 500)
    nothing_kept(endpoint)
    assert not [text for text in SECRET_TEXTS if text in answer.text or text in repr(logs)]


def test_a_database_that_does_not_answer_is_503_with_a_time_to_come_back(endpoint: Endpoint) -> None:
    with endpoint.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE sealed_secret")
    answer = endpoint.post()
    problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"
    assert "SELECT" not in answer.text
    assert rows(endpoint.engine, tables.transfer) == []


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.just(CMI_URL)
    | st.just(CONTACT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*FIELDS, "sap_v2"]), junk, max_size=5))
def test_no_body_whatever_is_an_internal_error(endpoint: Endpoint, changes: dict[str, Any]) -> None:
    body = {**a_body(), **changes}
    answer = endpoint.post(json.dumps(body).encode())
    assert answer.status_code in {202, 400, 403}, answer.text


def test_the_example_itself_passes(endpoint: Endpoint) -> None:
    """Guards all of the above: they fail for their own reason only."""
    assert endpoint.post().status_code == 202
    assert a_request().contact_id == rows(endpoint.engine, tables.transfer)[0]["contact_id"]
