"""The only permitted changes: attachments of the test activity, and what the run created there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from attachment_lab.errors import WrongUse
from attachment_lab.probe.client import ProbeClient
from attachment_lab.probe.permits import NotPermitted, Permits, PermitUse, check_site, check_write
from attachment_lab.probe.target import ProbeTarget

ROOT = "https://my1.crm.cloud.sap/sap/c4c/odata/v1"
CHAT = f"{ROOT}/chatactivity/ChatActivityCollection('AB')"
FILES = f"{ROOT}/chatactivity/ChatActivityAttachmentCollection"
BELOW = json.dumps({"ParentObjectID": "AB"}).encode()
BATCH = b"--x\r\n\r\nGET A HTTP/1.1\r\n\r\n--x\r\n\r\n%s B HTTP/1.1\r\n\r\n--x--\r\n"
EVERYTHING = Permits(writes=True, clean_up=True)


@pytest.fixture
def target() -> ProbeTarget:
    """A tenant whose test activity is AB."""
    return ProbeTarget(
        systems=("cmi", "c4c"),
        c4c_url="https://my1.crm.cloud.sap",
        cmi_url="https://gateway.example/acme/cmi",
        test_hosts=("my1.crm.cloud.sap", "gateway.example/acme"),
        test_activity="AB",
    )


def refusal(target: ProbeTarget, permits: Permits, method: str, url: str, body: bytes = b"") -> str:
    """Why it is not permitted; empty when it is."""
    try:
        check_write(target, permits, PermitUse(created=["F1"]), method=method, url=url, body=body)
    except NotPermitted as exc:
        return str(exc)
    return ""


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("POST", f"{CHAT}/ChatActivityAttachment", b""),
        ("POST", FILES, BELOW),
        ("POST", f"{ROOT}/chatactivity/$batch", BATCH % b"GET"),
        ("PATCH", f"{FILES}('F1')", b"{}"),
        ("DELETE", f"{FILES}('F1')", b""),
    ],
)
def test_what_a_run_may_change_it_may_change_only_with_permission(
    target: ProbeTarget, method: str, url: str, body: bytes
) -> None:
    assert refusal(target, EVERYTHING, method, url, body) == ""
    assert "this run is read-only" in refusal(target, Permits(), method, url, body)


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("POST", f"{ROOT}/chatactivity/ChatActivityCollection", b"{}"),
        ("POST", f"{ROOT}/chatactivity/ChatActivityCollection('CD')/ChatActivityAttachment", b""),
        ("POST", f"{CHAT}/ChatActivityParties", b""),
        ("POST", f"{CHAT}/ChatActivityAttachment/../../ChatActivityCollection", b""),
        ("POST", FILES, json.dumps({"ParentObjectID": "CD"}).encode()),
        ("POST", FILES, b"no json"),
        ("POST", f"{ROOT}/activity/PhoneCallAttachmentFolderCollection", BELOW),
        ("POST", f"{ROOT}/chatactivity/$batch", BATCH % b"DELETE"),
        ("POST", f"{ROOT}/chatactivity/$batch", b""),
        ("POST", "https://elsewhere.example/sap/c4c/odata/v1/chatactivity/$batch", BATCH % b"GET"),
        ("POST", "https://my1.crm.cloud.sap/other", b""),
        ("PATCH", CHAT, b"{}"),
        ("PATCH", f"{FILES}('F2')", b"{}"),
        ("DELETE", f"{FILES}('F2')", b""),
        ("DELETE", CHAT, b""),
        ("PUT", f"{FILES}('F1')", b"{}"),
        ("MERGE", f"{FILES}('F1')", b"{}"),
    ],
)
def test_everything_else_is_refused_whatever_is_permitted(
    target: ProbeTarget, method: str, url: str, body: bytes
) -> None:
    assert refusal(target, EVERYTHING, method, url, body) != ""


def test_nothing_is_deleted_without_clean_up(target: ProbeTarget) -> None:
    assert "--clean-up" in refusal(target, Permits(writes=True), "DELETE", f"{FILES}('F1')")


@pytest.fixture
def client(target: ProbeTarget) -> Iterator[ProbeClient]:
    """The client itself, without any server behind it."""
    made = ProbeClient(replace(target, loopback_map="my1.crm.cloud.sap=http://127.0.0.1:1"), Permits(tries_on="c4c"))
    yield made
    made.close()


def test_a_change_of_cmi_is_refused_before_anything_is_sent(client: ProbeClient) -> None:
    with pytest.raises(NotPermitted, match="read-only"):
        client.ask("cmi", "a", "https://gateway.example/acme/cmi/contactData", method="POST", body=b"{}")


def test_credentials_go_to_the_systems_own_host_only(client: ProbeClient) -> None:
    with pytest.raises(NotPermitted, match="credentials go to no other host"):
        client.ask("c4c", "a", "https://elsewhere.example/sap/c4c/odata/v1/chatactivity/")
    with pytest.raises(NotPermitted, match="credentials go to no other host"):
        client.ask("cmi", "b", "http://gateway.example/acme/cmi/chats")


def test_a_second_wrong_password_is_refused_and_one_on_another_account_too(client: ProbeClient) -> None:
    with pytest.raises(NotPermitted, match="wrong password"):
        client.ask("cmi", "a", "https://gateway.example/acme/cmi/chats", credentials="wrong_password")
    url = f"{ROOT}/chatactivity/"
    for label, error in (("b", "cannot be reached"), ("c", "wrong password")):
        with pytest.raises(Exception, match=error):
            client.ask("c4c", label, url, credentials="wrong_password")


@pytest.mark.parametrize(
    "listed",
    [
        (),
        ("*",),
        ("crm.cloud.sap", "gateway.example"),
        ("*.crm.cloud.sap", "gateway.example/*"),
        ("my1.crm.cloud.sap",),
    ],
)
def test_only_an_exact_name_makes_a_host_a_test_tenant(target: ProbeTarget, listed: tuple[str, ...]) -> None:
    check_site(target, Permits())
    with pytest.raises(WrongUse, match="counts as production"):
        check_site(replace(target, test_hosts=listed), Permits())
    check_site(replace(target, test_hosts=listed), Permits(production=True))


def test_a_target_does_not_print_its_secrets() -> None:
    secrets: dict[str, Any] = {
        name: f"the-{name}" for name in ("cmi_password", "cmi_api_key", "c4c_password", "client_secret")
    }
    printed = repr(ProbeTarget(systems=("c4c",), **secrets))
    assert [value for value in secrets.values() if value in printed] == []
