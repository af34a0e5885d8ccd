"""``POST /_mock/seed``: business objects as a test wants them."""

from __future__ import annotations

from typing import Any

import pytest
from c4c_caller import TenantClient
from werkzeug.test import TestResponse

CHATS = "ChatActivityCollection"


def seed(tenant: TenantClient, *rows: Any) -> TestResponse:
    """Seed rows."""
    return tenant.control("seed", {"rows": list(rows)})


def test_rows_are_there_as_described_with_their_parts_and_files(tenant: TenantClient) -> None:
    values = {
        "ObjectID": "A" * 32,
        "SubjectName": "seeded",
        "CreationDate": "2020-01-31T00:00:00",
        "ChatActivityBTDReference": [{"ID": "REF1"}],
        "ChatActivityAttachment": [{"Name": "f", "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD"}],
    }
    answer = seed(tenant, {"set": CHATS, "values": values})
    assert answer.get_json() == {"rows": [{"set": CHATS, "object_id": "A" * 32}]}
    row = tenant.results(tenant.path("A" * 32))
    assert (row["SubjectName"], row["CreationDate"]) == ("seeded", "/Date(1580428800000)/")
    assert [(a["name"], a["external_reference_id"], a["size_bytes"]) for a in tenant.stored()] == [("f", "REF1", 3)]


def test_a_child_names_its_parent(tenant: TenantClient) -> None:
    chat = tenant.chat()
    answer = seed(tenant, {"set": "ChatActivityTextCollectionCollection", "parent": chat, "values": {"Text": "t"}})
    assert answer.status_code == 201
    assert tenant.get(f"{tenant.path(chat)}/ChatActivityTextCollection/$count").text == "1"


def test_after_a_reset_the_same_ids_are_assigned_again(tenant: TenantClient) -> None:
    first = seed(tenant, {"set": CHATS, "values": {}}).get_json()
    assert seed(tenant, {"set": CHATS, "values": {}}).get_json() != first
    tenant.control("reset")
    assert seed(tenant, {"set": CHATS, "values": {}}).get_json() == first


@pytest.mark.parametrize(
    "row",
    [
        "text",
        {"set": "Nothing", "values": {}},
        {"set": CHATS, "values": {"Nothing": 1}},
        {"set": CHATS, "values": {"SubjectName": 5}},
        {"set": CHATS, "values": {"ObjectID": "bad id"}},
        {"set": CHATS, "values": {"TypeCodeText": "x"}},
        {"set": CHATS, "values": {}, "parent": "x"},
        {"set": CHATS, "values": [], "parent": 5},
        {"set": CHATS, "values": {}, "more": 1},
        {"set": "ChatActivityTextCollectionCollection", "values": {}},
        {"set": "ChatActivityTextCollectionCollection", "values": {}, "parent": "nothing"},
        {"set": "ChatActivityTypeCodeCollection", "values": {}},
        {"set": "ChatActivityAttachmentCollection", "values": {"Binary": "?"}},
        {"set": CHATS, "values": {"ObjectID": "B", "ChatActivityTextCollection": [{"ObjectID": "B"}]}},
    ],
)
def test_a_bad_seed_is_refused_whole(tenant: TenantClient, row: dict[str, Any] | str) -> None:
    answer = seed(tenant, {"set": CHATS, "values": {}}, row)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert tenant.get(f"/chatactivity/{CHATS}/$count").text == "0"


def test_an_id_in_use_is_refused(tenant: TenantClient) -> None:
    chat = tenant.chat()
    assert seed(tenant, {"set": CHATS, "values": {"ObjectID": chat}}).status_code == 400
    assert tenant.control("seed", {"rows": 5}).status_code == 400
    assert tenant.control("seed", []).status_code == 400
