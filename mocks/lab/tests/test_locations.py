"""Where faults take effect, checked with the kit's own matching."""

from __future__ import annotations

import pytest

from attachment_lab.faults.locations import BY_ID, LOCATIONS, kinds_at, location_of, misplaced
from mock_kit.faults import KINDS, Fault

CHAT, FILE = "A" * 32, "B" * 32
REQUESTS = {
    "delivery": ("POST", "/prod/chat-attachments"),
    "token": ("POST", "/acme/oauth2/token"),
    "list": ("GET", f"/acme/cmi/chats/{CHAT}"),
    "download": ("GET", f"/acme/cmi/chats/{CHAT}/attachments/{FILE}"),
    "lookup": ("GET", "/sap/c4c/odata/v1/chatactivity/ChatActivityBTDReferenceCollection"),
    "upload": ("POST", f"/sap/c4c/odata/v1/chatactivity/ChatActivityCollection('{CHAT}')/ChatActivityAttachment"),
    "verify": ("GET", f"/sap/c4c/odata/v1/chatactivity/ChatActivityAttachmentCollection('{CHAT}')/Binary/$value"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_location_means_its_own_requests_and_no_others(name: str) -> None:
    place = BY_ID[name]
    fault = Fault(kind="status", match=place.match, params={"status": 503})
    others = {each: asked for each, asked in REQUESTS.items() if BY_ID[each].mock == place.mock}
    assert {each for each, (method, path) in others.items() if fault.fits(method, "any.example", path)} == {name}


@pytest.mark.parametrize("name", ["cmi", "c4c"])
def test_every_request_means_every_request(name: str) -> None:
    fault = Fault(kind="status", match=BY_ID[name].match, params={"status": 503})
    assert all(fault.fits(*_split(asked)) for asked in REQUESTS.values())


def test_a_planned_fault_is_recognised_by_its_location() -> None:
    for place in LOCATIONS:
        planned = Fault(kind="status", match=place.match, params={"status": 503}).to_dict()
        assert location_of(planned, place.mock) is place
    assert location_of({"match": {"path": "/elsewhere"}}, "cmi") is None


def test_a_fault_for_one_file_is_shown_at_the_location_of_all_files() -> None:
    one = {"match": {"method": "GET", "path": f"*/attachments/{FILE}*"}}
    assert location_of(one, "cmi") is BY_ID["download"]
    assert location_of({"match": {"method": "DELETE", "path": f"*/attachments/{FILE}*"}}, "cmi") is None
    assert location_of({"match": {"path": "*", "host": "one.example"}}, "cmi") is None


def test_wire_faults_are_for_locations_with_a_fault_proxy_on_a_stack_with_fault_proxies() -> None:
    wire = next(name for name, kind in KINDS.items() if kind.layer == "wire")
    assert misplaced(BY_ID["download"], wire, fault_proxy=True) is None
    needs_fault_proxy = misplaced(BY_ID["download"], wire, fault_proxy=False)
    assert needs_fault_proxy is not None
    assert "--fault-proxy" in needs_fault_proxy.remedy
    assert misplaced(BY_ID["delivery"], wire, fault_proxy=True) is not None
    assert wire not in kinds_at(BY_ID["delivery"])
    assert misplaced(BY_ID["delivery"], "status", fault_proxy=False) is None


def _split(asked: tuple[str, str]) -> tuple[str, str, str]:
    method, path = asked
    return method, "any.example", path
