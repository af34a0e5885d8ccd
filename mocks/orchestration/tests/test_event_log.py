"""The event log: every event with the result of each configuration."""

from typing import Any

from orchestration_caller import TenantCaller


def logged(tenant: TenantCaller, **query: int) -> Any:
    return tenant.client.get("/_mock/events", query_string=query).get_json()


def test_an_event_is_kept_with_the_result_of_every_configuration(tenant: TenantCaller) -> None:
    tenant.integrate(name="fits")
    tenant.integrate(name="late", events=["Closed"])
    fired = tenant.fire("Ended")
    (event,) = logged(tenant)
    assert (event["event"], event["channel_type"], event["event_id"]) == ("Ended", "chat", fired["event_id"])
    results = {one["name"]: (one["matched"], one["reason"]) for one in event["configurations"]}
    assert results == {"fits": (True, "matches"), "late": (False, "it listens to Closed, not to Ended")}
    assert event["delivery_ids"] == [row["id"] for row in tenant.deliveries()]


def test_an_event_that_triggers_nothing_is_in_the_log_too(tenant: TenantCaller) -> None:
    tenant.fire("Queued")
    assert [(one["event"], one["delivery_ids"]) for one in logged(tenant)] == [("Queued", [])]


def test_the_newest_are_kept_oldest_first(tenant: TenantCaller) -> None:
    for name in ("Queued", "Accepted", "Ended"):
        tenant.fire(name)
    assert [one["event"] for one in logged(tenant, limit=2)] == ["Accepted", "Ended"]


def test_a_reset_forgets_them(tenant: TenantCaller) -> None:
    tenant.fire("Ended")
    tenant.client.post("/_mock/reset")
    assert logged(tenant) == []
