"""What C4C's administrator changes later: a system's host, an arrangement's system and services, what is deleted."""

from __future__ import annotations

import pytest
from c4c_caller import SERVICES, TenantClient

SYSTEMS, ARRANGEMENTS = "communication-systems", "communication-arrangements"
SYSTEM = "SINCH_CONTACT_PRO"


def test_the_host_name_of_a_system_is_changed(tenant: TenantClient) -> None:
    changed = tenant.control(f"{SYSTEMS}/{SYSTEM}", {"host": "contact-pro.example.com"}, "PUT")
    assert (changed.status_code, changed.get_json()) == (200, {"id": SYSTEM, "host": "contact-pro.example.com"})
    assert tenant.control(SYSTEMS, method="GET").get_json() == [changed.get_json()]
    assert tenant.control(f"{SYSTEMS}/OTHER", {"host": "a.example"}, "PUT").status_code == 404


@pytest.mark.parametrize("host", ["", "https://a.example", "a.example/path", "two words", 5, None])
def test_what_is_no_host_name_is_refused_naming_the_field(tenant: TenantClient, host: object) -> None:
    for answer in (
        tenant.control(SYSTEMS, {"id": "NEW", "host": host}),
        tenant.control(f"{SYSTEMS}/{SYSTEM}", {"host": host}, "PUT"),
    ):
        assert answer.status_code == 400
        [error] = answer.get_json()["errors"]
        assert (error["field"], error["value"]) == ("host", host)
        assert "host name" in error["expected"]
    assert [each["id"] for each in tenant.control(SYSTEMS, method="GET").get_json()] == [SYSTEM]


def test_an_id_that_is_taken_is_refused_and_the_first_system_stays(tenant: TenantClient) -> None:
    answer = tenant.control(SYSTEMS, {"id": SYSTEM, "host": "other.example"})
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (409, "id")
    assert tenant.control(SYSTEMS, method="GET").get_json()[0]["host"] != "other.example"


def test_a_system_that_an_arrangement_uses_is_not_deleted_unless_the_dialect_says_so(tenant: TenantClient) -> None:
    refused = tenant.control(f"{SYSTEMS}/{SYSTEM}", method="DELETE")
    assert refused.status_code == 409
    assert "arrangement 1" in refused.get_json()["detail"]
    tenant.dialect(system_in_use="deleted")
    assert tenant.control(f"{SYSTEMS}/{SYSTEM}", method="DELETE").status_code == 204
    assert tenant.control(SYSTEMS, method="GET").get_json() == []
    assert tenant.control(f"{SYSTEMS}/{SYSTEM}", method="DELETE").status_code == 404


def test_without_its_system_a_chat_has_no_reference(tenant: TenantClient) -> None:
    tenant.control(f"{ARRANGEMENTS}/1", method="DELETE")
    tenant.control(f"{SYSTEMS}/{SYSTEM}", method="DELETE")
    login = {"user": tenant.user, "password": tenant.password, "services": list(SERVICES)}
    tenant.control(ARRANGEMENTS, login)
    tenant.chat()
    assert tenant.get("/chatactivity/ChatActivityBTDReferenceCollection/$count").text == "0"


def test_system_and_services_of_an_arrangement_are_edited_and_the_rest_stays(tenant: TenantClient) -> None:
    tenant.control(SYSTEMS, {"id": "SECOND", "host": "second.example"})
    before = tenant.control(f"{ARRANGEMENTS}/1", method="GET").get_json()
    body = {"system": "SECOND", "services": ["activity"]}
    after = tenant.control(f"{ARRANGEMENTS}/1", body, "PUT")
    assert (after.status_code, after.get_json()) == (200, before | body)
    assert tenant.get("/activity/").status_code == 200
    assert tenant.get("/chatactivity/").status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"system": "NOWHERE", "services": []}, "system"),
        ({"system": "", "services": []}, "system"),
        ({"services": ["crm"]}, "services"),
        ({}, "services"),
    ],
)
def test_a_bad_edit_is_refused_naming_the_field_and_changes_nothing(
    tenant: TenantClient, body: dict[str, object], field: str
) -> None:
    before = tenant.control(f"{ARRANGEMENTS}/1", method="GET").get_json()
    answer = tenant.control(f"{ARRANGEMENTS}/1", body, "PUT")
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, field)
    assert tenant.control(f"{ARRANGEMENTS}/1", method="GET").get_json() == before


def test_the_users_are_listed_with_their_services_and_lockout_and_without_passwords(tenant: TenantClient) -> None:
    for _ in range(3):
        tenant.get("/chatactivity/", {"Authorization": tenant.basic(tenant.user, "wrong")})
    listed = tenant.control("users", method="GET")
    [user] = listed.get_json()
    assert (user["name"], user["kind"], user["locked"]) == (tenant.user, "technical", True)
    assert user["services"] == sorted(SERVICES)
    assert tenant.password not in listed.text
    assert "digest" not in listed.text


def test_the_services_that_may_be_ticked_are_listed(tenant: TenantClient) -> None:
    assert set(SERVICES) < set(tenant.control("communication-services", method="GET").get_json())


def test_a_changed_system_outlives_the_process(tenant: TenantClient) -> None:
    tenant.control(f"{SYSTEMS}/{SYSTEM}", {"host": "contact-pro.example.com"}, "PUT")
    tenant.restart()
    assert tenant.control(SYSTEMS, method="GET").get_json()[0]["host"] == "contact-pro.example.com"
