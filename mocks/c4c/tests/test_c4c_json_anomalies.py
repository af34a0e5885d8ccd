"""JSON that a careful reader must stand: nested very deep, or with a member that is there twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient

pytestmark = pytest.mark.off_contract(reason="JSON that no proper server sends, on purpose")


def listed(tenant: TenantClient, headers: dict[str, str] | None = None) -> list[str]:
    """The text of a list of one attachment, and of that attachment alone."""
    chat = tenant.chat()
    tenant.attach(chat)
    return [
        tenant.get(path, headers).text for path in (f"{tenant.path(chat)}/ChatActivityAttachment", tenant.file_path())
    ]


@pytest.mark.parametrize("strict", ["true", ""])
def test_a_read_can_be_nested_as_deep_as_the_dialect_says(make_tenant: MakeTenant, strict: str) -> None:
    tenant = make_tenant(json_oddity="deep", json_depth=20)
    for text in listed(tenant, {"odata-v2-strict-json-format": strict}):
        nested, depth = json.loads(text)["d"]["Nested"], 1
        while nested:
            nested, depth = nested[0], depth + 1
        assert depth == 20
    tenant.dialect(json_depth=50_000)
    assert "[" * 50_000 in listed(tenant)[0]


@pytest.mark.parametrize(("strict", "member", "empty"), [("", "results", [[], {}]), ("true", "results", [[], None])])
def test_a_member_can_be_there_twice_the_second_time_empty(
    make_tenant: MakeTenant, strict: str, member: str, empty: list[Any]
) -> None:
    tenant = make_tenant(json_oddity="duplicate")
    for text, last in zip(listed(tenant, {"odata-v2-strict-json-format": strict}), empty, strict=True):
        wanted = member if last is not None else "ObjectID"
        data = json.loads(text, object_pairs_hook=lambda pairs: pairs)[0][1]
        values = [value for name, value in data if name == wanted]
        assert len(values) == 2
        assert values[0]
        assert not values[1]


@pytest.mark.parametrize("anomaly", ["deep", "duplicate"])
def test_the_length_of_an_anomalous_document_is_right(make_tenant: MakeTenant, anomaly: str) -> None:
    tenant = make_tenant(json_oddity=anomaly)
    chat = tenant.chat()
    tenant.attach(chat)
    answer = tenant.get(f"{tenant.path(chat)}/ChatActivityAttachment")
    assert int(answer.headers["Content-Length"]) == len(answer.data)


@pytest.mark.parametrize("anomaly", ["deep", "duplicate"])
def test_an_upload_and_an_inspection_get_proper_json(make_tenant: MakeTenant, anomaly: str) -> None:
    tenant = make_tenant(json_oddity=anomaly)
    chat = tenant.chat()
    created = tenant.attach(chat)
    shown = tenant.inspect(f"{tenant.path(chat)}/ChatActivityAttachment")
    proper = tenant.get(tenant.path(chat))
    for answer in (created, shown, proper):
        assert "Nested" not in answer.text
        assert answer.text.count('"results":') == 1
