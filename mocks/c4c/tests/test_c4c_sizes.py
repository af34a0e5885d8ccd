"""SizeInkB: bytes as recorded, or what the dialect says instead."""

from __future__ import annotations

import pytest
from c4c_caller import MakeTenant


@pytest.mark.off_contract(reason="sizes that are wrong or absent, on purpose")
@pytest.mark.parametrize(
    ("says", "size"),
    [("bytes", 2500), ("kilobytes", 3), ("wrong", 2501), ("zero", 0), ("null", None), ("absent", "none")],
)
def test_what_a_size_says_is_the_dialects(make_tenant: MakeTenant, says: str, size: int | str | None) -> None:
    tenant = make_tenant(size_in_kb=says)
    chat = tenant.chat()
    created = tenant.attach(chat, b"x" * 2500).get_json()["d"]["results"]
    listed = tenant.results(f"{tenant.path(chat)}/ChatActivityAttachment?$select=Name,SizeInkB")
    for row in (created, listed[0]):
        found = row.get("SizeInkB", "none")
        assert (float(found) if isinstance(found, str) and found != "none" else found) == size


@pytest.mark.parametrize("says", ["wrong", "absent"])
def test_a_stored_file_keeps_its_size(make_tenant: MakeTenant, says: str) -> None:
    tenant = make_tenant(size_in_kb=says)
    chat = tenant.chat()
    tenant.attach(chat, b"x" * 2500, headers={"odata-no-response-payload": "true"})
    assert [a["size_bytes"] for a in tenant.stored()] == [2500]
    shown = tenant.inspect(f"{tenant.path(chat)}/ChatActivityAttachment")
    assert float(shown.get_json()["d"]["results"][0]["SizeInkB"]) == 2500
