"""The event log: what each configuration said to each event, kept for who asks later."""

from __future__ import annotations


def logged(tenant, **query):
    return tenant.client.get("/_mock/events", query_string=query).get_json()


def test_an_event_is_kept_with_every_configurations_verdict(tenant):
    tenant.integrate(name="fits")
    tenant.integrate(name="late", events=["Closed"])
    fired = tenant.fire("Ended")
    (event,) = logged(tenant)
    assert (event["event"], event["channel_type"], event["event_id"]) == ("Ended", "chat", fired["event_id"])
    verdicts = {one["name"]: (one["matched"], one["reason"]) for one in event["configurations"]}
    assert verdicts == {"fits": (True, "matches"), "late": (False, "it listens to Closed, not to Ended")}
    assert event["delivery_ids"] == [row["id"] for row in tenant.deliveries()]


def test_an_event_that_nobody_wanted_is_in_the_log_too(tenant):
    tenant.fire("Queued")
    assert [(one["event"], one["delivery_ids"]) for one in logged(tenant)] == [("Queued", [])]


def test_the_newest_are_kept_oldest_first(tenant):
    for name in ("Queued", "Accepted", "Ended"):
        tenant.fire(name)
    assert [one["event"] for one in logged(tenant, limit=2)] == ["Accepted", "Ended"]


def test_a_reset_forgets_them(tenant):
    tenant.fire("Ended")
    tenant.client.post("/_mock/reset")
    assert logged(tenant) == []
