"""The audit trail of a transfer over HTTP: who did what, in order, in pages."""

from __future__ import annotations

from admin_kit import CALLER, post
from ingress_kit import Endpoint
from operator_kit import NO_EXE, Morning


def trail(endpoint: Endpoint, transfer_id: str) -> list[tuple[str, str]]:
    answer = endpoint.get(f"/transfers/{transfer_id}/audit")
    assert answer.status_code == 200
    return [(line["actor"], line["action"]) for line in answer.get_json()["audit"]]


def test_the_trail_names_who_did_what_in_order(endpoint: Endpoint, morning: Morning) -> None:
    transfer_id = morning.parked(CALLER, 1, NO_EXE, ("a.png", "b.exe"), keep=1)
    endpoint.retry(transfer_id)
    post(endpoint, f"/transfers/{transfer_id}/cancel")
    assert trail(endpoint, transfer_id) == [
        (CALLER, "accepted"),
        ("worker", "round begun"),
        ("worker", "stored"),
        ("worker", "parked"),
        ("worker", "parked"),
        (CALLER, "redriven"),
        (CALLER, "cancelled"),
    ]


def test_the_trail_comes_in_pages(endpoint: Endpoint, morning: Morning) -> None:
    transfer_id = morning.stored(CALLER, 1)
    first = endpoint.get(f"/transfers/{transfer_id}/audit", limit=3).get_json()
    rest = endpoint.get(f"/transfers/{transfer_id}/audit", cursor=first["next_cursor"]).get_json()
    assert [line["action"] for line in first["audit"] + rest["audit"]] == [
        "accepted",
        "round begun",
        "stored",
        "settled",
    ]
    assert rest["next_cursor"] is None
    assert endpoint.get(f"/transfers/{transfer_id}/audit", cursor="x").status_code == 400


def test_a_line_says_when_what_and_to_which_file(endpoint: Endpoint, morning: Morning) -> None:
    transfer_id = morning.stored(CALLER, 1)
    [attachment] = endpoint.get(f"/transfers/{transfer_id}").get_json()["attachments"]
    line = endpoint.get(f"/transfers/{transfer_id}/audit").get_json()["audit"][2]
    assert line == {
        "at": "2026-11-22T12:00:03.300Z",
        "actor": "worker",
        "action": "stored",
        "attachment_id": attachment["id"],
        "detail": f"object {attachment['c4c_object_id']}",
    }
