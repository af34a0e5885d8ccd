"""A tenant that accepts no request for a while, and how it announces the time to wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient


def now(tenant: TenantClient) -> datetime:
    """The tenant's time."""
    return tenant.state.clock.now()


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_tenant_accepts_no_request_before_its_time_is_over(make_tenant: MakeTenant, status: int) -> None:
    tenant = make_tenant(retry_after="date")
    chat = tenant.chat()
    tenant.control("busy", {"status": status, "for_s": 600})
    refused = [tenant.get(tenant.path(chat)), tenant.attach(chat)]
    assert [answer.status_code for answer in refused] == [status, status]
    assert tenant.stored() == []
    tenant.control("clock", {"advance_s": 590})
    assert tenant.attach(chat).status_code == status
    tenant.control("clock", {"advance_s": 11})
    assert tenant.attach(chat).status_code == 201
    assert tenant.control("busy", method="GET").get_json()["busy"]["refused"] == 3


def test_a_client_that_waits_until_the_date_is_never_too_early(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(retry_after="date")
    tenant.control("busy", {"for_s": 600})
    answer = tenant.get("/chatactivity/")
    until = parsedate_to_datetime(answer.headers["Retry-After"])
    tenant.control("clock", {"advance_s": (until - now(tenant)).total_seconds()})
    assert tenant.get("/chatactivity/").status_code == 200


def test_a_busy_tenant_says_how_long_in_the_form_of_the_dialect(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    tenant.control("clock", {"advance_s": 86_400})
    tenant.control("busy", {"for_s": 600})
    assert "Retry-After" not in tenant.get("/chatactivity/").headers
    tenant.dialect(retry_after="seconds")
    assert 0 < int(tenant.get("/chatactivity/").headers["Retry-After"]) <= 600
    tenant.dialect(retry_after="date")
    headers = tenant.get("/chatactivity/").headers
    date, until = parsedate_to_datetime(headers["Date"]), parsedate_to_datetime(headers["Retry-After"])
    assert abs(date - now(tenant)) < timedelta(minutes=5), "the Date is of the tenant's clock, a day ahead"
    assert timedelta() < until - date <= timedelta(seconds=602)


def test_a_server_whose_clock_is_ahead_is_so_in_both_dates(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(retry_after="date", clock_ahead_s=3600)
    tenant.control("busy", {"for_s": 600})
    headers = tenant.get("/chatactivity/").headers
    date, until = parsedate_to_datetime(headers["Date"]), parsedate_to_datetime(headers["Retry-After"])
    assert date - now(tenant) > timedelta(minutes=55)
    assert until - date <= timedelta(seconds=602)


def test_a_busy_period_can_end_after_so_many_requests(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(retry_after="seconds", retry_after_s=7)
    tenant.control("busy", {"times": 2, "status": 429})
    answers = [tenant.get("/chatactivity/") for _ in range(3)]
    assert [a.status_code for a in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"


@pytest.mark.parametrize("how", ["delete", "reset"])
def test_a_busy_period_can_be_ended(tenant: TenantClient, how: str) -> None:
    tenant.control("busy", {"for_s": 600})
    assert tenant.get("/chatactivity/").status_code == 503
    tenant.control("reset") if how == "reset" else tenant.control("busy", method="DELETE")
    assert tenant.get("/chatactivity/").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "for_s"),
        ({"for_s": 0}, "for_s"),
        ({"for_s": "x"}, "for_s"),
        ({"times": 0}, "times"),
        ({"times": 1, "status": 418}, "status"),
        ({"times": 1, "retry_after": "date"}, "retry_after"),
    ],
)
def test_an_invalid_busy_period_is_refused(tenant: TenantClient, body: dict[str, Any], field: str) -> None:
    answer = tenant.control("busy", body)
    assert answer.status_code == 400
    assert [(e["field"], bool(e["expected"] and e["remedy"])) for e in answer.get_json()["errors"]] == [(field, True)]
    assert tenant.get("/chatactivity/").status_code == 200
