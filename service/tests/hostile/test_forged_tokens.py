"""Forged tokens against the running API: none comes in, none stops it, and none sends it to an address of its own."""

from __future__ import annotations

import json
import re

import pytest
from hostile.api import Api
from hostile.forgeries import Forger
from ingress_kit import a_body

pytestmark = pytest.mark.xdist_group("hostile")
#: At least so many; docs/security.md names how many there are.
LEAST = 145


def test_no_forged_token_comes_in(api: Api) -> None:
    forged = Forger(api.issuer).all()
    assert len({forgery.name for forgery in forged}) == len(forged) >= LEAST
    before, body, wrong = api.transfers(), json.dumps(a_body()).encode(), []
    for forgery in forged:
        status, headers, answer = api.post(body, Authorization=forgery.authorization)
        if (status, headers["content-type"]) != (forgery.status, "application/problem+json"):
            wrong.append(f"{forgery.name}: {status} {answer[:200]!r}")
    assert not wrong, "\n".join(wrong)
    assert api.transfers() == before


def test_the_good_token_that_they_are_made_of_comes_in(api: Api) -> None:
    body = json.dumps(a_body(contact_id=api.contact())).encode()
    assert api.post(body, token=Forger(api.issuer).good)[0] == 202


def test_keys_are_fetched_from_no_address_that_a_token_brings(api: Api) -> None:
    body = json.dumps(a_body()).encode()
    for forgery in Forger(api.issuer).all():
        if "address" in forgery.name or "iss " in forgery.name:
            api.post(body, Authorization=forgery.authorization)
    asked_hosts = {asked.partition("/")[0] for asked in api.issuer.asked}
    assert "login-eu-c1.cc.sinch.com" in asked_hosts
    # Another issuer that fits the pattern may be asked: that is what the operator's pattern says.
    assert [host for host in asked_hosts if not re.fullmatch(r"login-[a-z0-9-]+\.cc\.sinch\.com", host)] == []
    assert all(asked.endswith("/.well-known/jwks.json") for asked in api.issuer.asked)


def test_no_answer_repeats_a_token(api: Api) -> None:
    body = json.dumps(a_body()).encode()
    for forgery in Forger(api.issuer).all():
        signature = forgery.authorization.rpartition(".")[2]
        if len(signature) > 40:
            assert signature.encode() not in api.post(body, Authorization=forgery.authorization)[2], forgery.name
