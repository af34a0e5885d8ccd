"""Odd bodies against the running API: each is a problem in words, none an error of ours, none leaves a row."""

from __future__ import annotations

import gzip
import json

import pytest
from hostile.api import Api
from hostile.bodies import all_bodies
from ingress_kit import a_body

pytestmark = pytest.mark.xdist_group("hostile")
#: At least so many; docs/security.md names how many there are.
LEAST = 106


def test_every_odd_body_is_a_problem_in_words_and_keeps_nothing(api: Api) -> None:
    bodies, before, wrong = all_bodies(), api.transfers(), []
    assert len(bodies) >= LEAST
    for name, (body, right) in bodies.items():
        try:
            status, headers, answer = api.post(body)
        except (BrokenPipeError, ConnectionResetError):  # it said 413 before it had read everything
            status, headers, answer = (
                413,
                {"content-type": "application/problem+json"},
                b'{"title": "x", "detail": "x"}',
            )
        problem = json.loads(answer) if answer[:1] == b"{" else {}
        if status not in right or headers["content-type"] != "application/problem+json" or not problem.get("detail"):
            wrong.append(f"{name}: {status} {answer[:120]!r}")
        if len(answer) > 8_192:
            wrong.append(f"{name}: an answer of {len(answer)} bytes")
    assert not wrong, "\n".join(wrong)
    assert api.transfers() == before
    assert api.lives()


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/json",
        "application/json-patch+json",
        "application/jsonx",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/xml",
        "*/*",
        "json",
    ],
)
def test_a_good_body_under_another_type_is_415(api: Api, content_type: str) -> None:
    status, _, _ = api.post(json.dumps(a_body()).encode(), **{"Content-Type": content_type})
    assert status == 415


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_packed_body_is_never_unpacked(api: Api, coding: str) -> None:
    status, _, _ = api.post(gzip.compress(json.dumps(a_body()).encode()), **{"Content-Encoding": coding})
    assert status == 400


def test_a_member_that_is_there_twice_is_refused_and_nothing_is_kept(api: Api) -> None:
    good = json.dumps(a_body(contact_id=api.contact())).encode()
    before = api.rows("SELECT count(*) FROM transfer")
    hidden = good[:-1] + b', "cmi_url": "https://evil.example/acme/cmi"}'
    shown = b'{"cmi_url": "https://evil.example/acme/cmi", ' + good[1:]
    for body in (hidden, shown):
        status, _, answer = api.post(body)
        assert status == 400
        assert b"body.cmi_url" in answer
    assert api.rows("SELECT count(*) FROM transfer") == before


def test_a_name_from_javascripts_or_pythons_inside_does_nothing(api: Api) -> None:
    tricks = {name: {"polluted": True} for name in ("__proto__", "constructor", "__class__", "__init__")}
    body = json.dumps({**a_body(contact_id=api.contact()), **tricks}).encode()
    assert api.post(body)[0] == 202
    status, _, answer = api.ask("GET", "/openapi.json")
    assert status == 200
    assert b"polluted" not in answer
