"""The guard of control and configurator addresses: which requests pass, and how the others are refused."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from mock_kit.http.guard import Guard, host_name, is_loopback

HOST = "127.0.0.1:8102"


def refused(guard: Guard = Guard(), *, files: bool = False, host: str = HOST, **request: Any) -> tuple[int, str]:  # noqa: B008
    """Status and field of the refusal; (0, "") for a request that passes."""
    headers = {"Host": host, **request.pop("headers", {})}
    environ = EnvironBuilder(headers=headers, **request).get_environ()
    problem = guard.refusal(Request(environ), files=files)
    return (problem.status, problem.errors[0].field) if problem else (0, "")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8102", "127.0.0.1:1", "127.0.0.2", "[::1]:8102", "cmi:8102"])
def test_loopback_and_the_names_of_the_command_line_pass(host: str) -> None:
    assert refused(Guard.reached_by(["cmi"]), host=host) == (0, "")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8102", "127.0.0.1.evil.example", "localhost.evil.example", "evil.localhost", "",
     "cmi", "10.0.0.1:8102", "0.0.0.0:8102", "[::2]", "a@127.0.0.1", "127.0.0.1, evil.example", "127.0.0.1/", "a b"],
)  # fmt: skip
def test_any_other_host_is_refused(host: str) -> None:
    assert refused(host=host) == (403, "Host")


def test_the_address_that_it_listens_at_passes_and_a_wildcard_adds_nothing() -> None:
    assert refused(Guard.reached_by([], listening_at="192.168.7.7"), host="192.168.7.7:8102") == (0, "")
    assert Guard.reached_by([], listening_at="0.0.0.0") == Guard()
    assert Guard.reached_by([], listening_at="::") == Guard()
    assert refused(Guard.reached_by([], listening_at="fd00::7"), host="[fd00::7]:8102") == (0, "")


@pytest.mark.parametrize("name", ["a b", "http://cmi", "cmi/", "*"])
def test_a_control_host_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a host name"):
        Guard.reached_by([name])


@pytest.mark.parametrize("origin", [f"http://{HOST}", f"https://{HOST}"])
def test_a_page_of_the_same_address_passes(origin: str) -> None:
    assert refused(headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"}) == (0, "")


@pytest.mark.parametrize(
    "origin", ["null", "", "http://evil.example", "http://127.0.0.1:8100", "http://127.0.0.1", f"file://{HOST}"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_a_foreign_origin_is_refused_whatever_the_method(origin: str, method: str) -> None:
    assert refused(method=method, headers={"Origin": origin}) == (403, "Origin")


@pytest.mark.parametrize(
    ("site", "passes"), [("none", 1), ("same-origin", 1), ("same-site", 0), ("cross-site", 0), ("", 0)]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_site_that_a_browser_sends_is_none_or_this_one(site: str, passes: int, method: str) -> None:
    assert refused(method=method, headers={"Sec-Fetch-Site": site}) == ((0, "") if passes else (403, "Sec-Fetch-Site"))


@pytest.mark.parametrize("links", [True, False])
def test_a_link_on_another_site_opens_a_page_where_links_are_allowed_and_nothing_else(links: bool) -> None:
    guard = Guard(allow_links=links)
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert refused(guard, headers=link) == ((0, "") if links else (403, "Sec-Fetch-Site"))
    for other in ({"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Dest": "empty"}):
        assert refused(guard, headers=link | other) == (403, "Sec-Fetch-Site")
    assert refused(guard, method="POST", headers=link) == (403, "Sec-Fetch-Site")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/problem+json"])
def test_json_passes(kind: str) -> None:
    assert refused(method="POST", data=b"{}", content_type=kind) == (0, "")


@pytest.mark.parametrize(
    "kind",
    [None, "", "text/plain", "text/plain;application/json", "TEXT/PLAIN", "application/x-www-form-urlencoded",
     "multipart/form-data; boundary=b", "application/jsonx", "text/json", "application/octet-stream"],
)  # fmt: skip
def test_a_body_of_any_other_type_is_refused(kind: str | None) -> None:
    assert refused(method="POST", data=b"{}", content_type=kind) == (415, "Content-Type")


def test_a_body_of_unknown_length_is_a_body() -> None:
    assert refused(method="POST", headers={"Transfer-Encoding": "chunked"}) == (415, "Content-Type")


def test_what_has_no_body_needs_no_type() -> None:
    assert refused(method="POST") == (0, "")
    assert refused(method="DELETE", content_type="text/plain") == (0, "")


@pytest.mark.parametrize(
    ("kind", "passes"),
    [("application/octet-stream", 1), ("image/png", 1), ("application/yaml", 1), (None, 0), ("text/plain", 0),
     ("multipart/form-data; boundary=b", 0), ("application/x-www-form-urlencoded", 0)],
)  # fmt: skip
def test_a_file_is_of_a_type_that_no_page_sends_without_a_preflight(kind: str | None, passes: int) -> None:
    found = refused(files=True, method="POST", data=b"bytes", content_type=kind)
    assert found == ((0, "") if passes else (415, "Content-Type"))


def test_a_form_passes_with_the_header_that_no_page_sends_without_a_preflight() -> None:
    form: Any = {"method": "POST", "data": b"--b--\r\n", "content_type": "multipart/form-data; boundary=b"}
    assert refused(**form) == (415, "Content-Type")
    assert refused(**form, headers={"X-Mock-Control": "1"}) == (0, "")
    assert refused(**form, headers={"X-Mock-Control": "1", "Origin": "http://evil.example"}) == (403, "Origin")


def test_a_refusal_says_what_was_expected_what_was_found_and_what_to_do() -> None:
    environ = EnvironBuilder(headers=[("Host", "evil.example:8102")]).get_environ()
    problem = Guard.reached_by(["cmi"]).refusal(Request(environ))
    assert problem is not None
    (error,) = problem.to_dict()["errors"]
    assert (error["field"], error["value"]) == ("Host", "evil.example:8102")
    assert error["expected"] == "localhost, 127.0.0.1, [::1], cmi"
    assert "--control-host" in error["remedy"]


@pytest.mark.parametrize(("host", "name"), [("[::1]:1", "::1"), ("A.b:80", "a.b"), ("[::1", None), ("a:b", None)])
def test_the_name_in_a_host_header(host: str, name: str | None) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("name", "is_one"), [("localhost", True), ("127.9.9.9", True), ("::1", True), ("127.1", False)]
)
def test_loopback_is_not_resolved(name: str, is_one: bool) -> None:
    assert is_loopback(name) is is_one
