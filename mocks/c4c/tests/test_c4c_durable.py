"""What survives the process: everything whose success a client or an administrator has received."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import requests
from c4c_caller import HOST, LOGIN, ServedTenant, TenantClient, chat_path, tenant_order

from c4c_mock.app import create_app
from c4c_mock.model.storage import FILE_NAME, Damaged
from mock_kit.tenants.ids import Ids
from mock_kit.testing import MockProcess, running_mock


def everything(tenant: TenantClient) -> list[Any]:
    """All that a client can read, stamps and links included."""
    paths = ["ChatActivityCollection?$expand=ChatActivityAttachment,ChatActivityBTDReference&"]
    read = [tenant.get(f"/chatactivity/{path}$orderby=ObjectID").get_json() for path in paths]
    return [*read, tenant.get("/activity/PhoneCallCollection").get_json(), tenant.stored()]


def test_objects_files_and_stamps_are_the_same_after_a_restart(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat, b"\x00\xff" * 5000, MimeType="image/png")
    tenant.attach(chat, b"", Name="empty")
    tenant.chat("CALL1", Type="CALL")
    tenant.control("cti", {"Type": "CHAT", "Action": "END", "ExternalReferenceID": tenant.guid})
    before, content = everything(tenant), tenant.get(f"{tenant.file_path()}/Binary/$value").data
    tenant.restart()
    assert everything(tenant) == before
    assert tenant.get(f"{tenant.file_path()}/Binary/$value").data == content


def test_ids_go_on_after_a_restart(tenant: TenantClient) -> None:
    chats = [tenant.chat("A")]
    tenant.restart()
    chats += [tenant.chat("B"), tenant.chat("A")]
    assert len(set(chats)) == 2
    numbers = tenant.results("/chatactivity/ChatActivityCollection?$select=ID")
    assert [n["ID"] for n in numbers] == ["1000000", "1000001"]
    tenant.attach(chats[0], b"one")
    tenant.restart()
    tenant.attach(chats[1], b"two")
    assert len({a["sha256"] for a in tenant.stored()}) == 2
    assert [tenant.get(f"{tenant.file_path(n)}/Binary/$value").data for n in (0, 1)] == [b"one", b"two"]


def test_a_seed_of_the_ids_survives(tmp_path: Path) -> None:
    def ids_after_a_chat() -> Ids:
        app = create_app(tmp_path)
        client = app.test_client()
        if not app.mock.tenants.names():
            tenant = {"name": "w", "host": "my1234567.de1.crm.cloud.sap", "ids_seed": "w-second"}
            assert client.post("/_mock/tenants", json=tenant).status_code == 201
        cti = {"Type": "CHAT", "EventType": "INBOUND", "Action": "ACCEPT", "ExternalReferenceID": "A"}
        client.post("/_mock/cti?tenant=w", json=cti | {"Email": "a@b.example"})
        return app.mock.named_tenant("w", "tenant").ids

    first = ids_after_a_chat()
    again = ids_after_a_chat()
    assert (again.seed, again.state()) == ("w-second", first.state())


def test_changes_and_deletions_survive(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat)
    tenant.attach(chat, Name="deleted")
    assert tenant.call("PATCH", tenant.path(chat), json={"SubjectName": "changed"}).status_code == 204
    assert tenant.call("DELETE", tenant.file_path(1)).status_code == 204
    tenant.restart()
    assert tenant.get(f"{tenant.path(chat)}/SubjectName/$value").text == "changed"
    assert [a["name"] for a in tenant.stored()] == ["a.txt"]
    files = list(tenant.state.spool.directory.glob("*.blob"))
    assert len(files) == 1, "a deleted object's file is removed at the next start"


def test_logins_ticks_lockouts_switches_and_the_clock_survive(tenant: TenantClient) -> None:
    tenant.control("communication-arrangements/1/services", {"services": ["chatactivity"]}, "PUT")
    tenant.control("users", {"user": "ada", "password": "Secret-1"})
    chat = tenant.chat()
    tenant.dialect(delete_status=200, commit_delay_s=60)
    tenant.attach(chat)
    tenant.control("clock", {"advance_s": 3600})
    for _ in range(3):
        tenant.get("/chatactivity/", {"Authorization": tenant.basic("ada", "wrong")})
    tenant.restart()
    assert [tenant.get(f"/{s}/").status_code for s in ("chatactivity", "activity")] == [200, 403]
    assert tenant.get("/activity/", {"Authorization": tenant.basic("ada", "Secret-1")}).status_code == 401
    assert tenant.control("clock", method="GET").get_json()["offset_s"] == 3600
    assert tenant.call("DELETE", tenant.file_path()).status_code == 200
    arrangement = tenant.control("communication-arrangements", method="GET").get_json()[0]
    assert (arrangement["user"], arrangement["system"]) == (tenant.user, "SINCH_CONTACT_PRO")


def test_a_change_set_is_written_whole_or_not_at_all(tenant: TenantClient) -> None:
    def part(body: dict[str, Any]) -> str:
        head = "POST PhoneCallCollection HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
        return f"--c\r\nContent-Type: application/http\r\n\r\n{head}{json.dumps(body)}\r\n"

    def batch(*bodies: dict[str, Any]) -> None:
        changes = "".join(map(part, bodies)) + "--c--\r\n"
        envelope = f"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n{changes}--b--\r\n"
        headers = {"Content-Type": "multipart/mixed; boundary=b"}
        tenant.call("POST", "/activity/$batch", headers, data=envelope)

    batch({"Subject": "one"}, {"Subject": "two"})
    batch({"Subject": "three"}, {"Nothing": 1})
    tenant.restart()
    rows = tenant.results("/activity/PhoneCallCollection?$select=Subject")
    assert [row["Subject"] for row in rows] == ["one", "two"]


def test_reset_and_removal_survive_too(tenant: TenantClient) -> None:
    tenant.attach(tenant.chat())
    tenant.control("reset")
    tenant.restart()
    assert tenant.stored() == []
    assert tenant.get("/chatactivity/ChatActivityCollection/$count").text == "0"
    directory = tenant.state.spool.directory
    assert tenant.client.delete("/_mock/tenants/default").status_code == 204
    assert not directory.exists()
    loaded = create_app(directory.parent)
    assert loaded.mock.tenants.names() == []


def test_no_password_is_written_down_and_none_reaches_a_journal_later(tenant: TenantClient) -> None:
    directory = tenant.state.spool.directory
    assert tenant.password not in (directory / FILE_NAME).read_text()
    assert oct((directory / FILE_NAME).stat().st_mode)[-3:] == "600"
    tenant.restart()
    tenant.get(f"/chatactivity/?note={tenant.password}")
    tenant.get(f"/chatactivity/?note={tenant.password}")
    assert tenant.password not in tenant.control("journal", method="GET").text


def log_of(tenant: TenantClient) -> Path:
    """The tenant's log file."""
    return tenant.state.spool.directory / FILE_NAME


def test_an_incomplete_line_is_dropped(tenant: TenantClient) -> None:
    chat = tenant.chat()
    with log_of(tenant).open("ab") as file:
        file.write(b'{"gone":["' + chat.encode())
    tenant.restart()
    assert tenant.get(tenant.path(chat)).status_code == 200
    other = tenant.chat("NEXT")
    tenant.restart()
    assert tenant.get(tenant.path(other)).status_code == 200


def test_an_unfinished_upload_is_removed_at_the_next_start(tenant: TenantClient) -> None:
    directory = log_of(tenant).parent
    (directory / "00000077.blob").write_bytes(b"half")
    tenant.restart()
    assert list(directory.glob("*.blob")) == []


def test_an_object_whose_file_is_missing_is_dropped(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat)
    next(log_of(tenant).parent.glob("*.blob")).unlink()
    tenant.restart()
    assert tenant.stored() == []
    assert tenant.get(tenant.path(chat)).status_code == 200


@pytest.mark.parametrize("spoil", [b"no json\n", b'{"format": 99}\n'])
def test_a_damaged_tenant_is_named_at_the_start(tenant: TenantClient, spoil: bytes) -> None:
    path = log_of(tenant)
    path.write_bytes(spoil)
    with pytest.raises(Damaged, match=str(path)):
        create_app(path.parent.parent)


def test_a_file_that_was_changed_is_named_at_the_start(tenant: TenantClient) -> None:
    tenant.attach(tenant.chat())
    next(log_of(tenant).parent.glob("*.blob")).write_bytes(b"longer")
    with pytest.raises(Damaged, match=r"\.blob"):
        create_app(log_of(tenant).parent.parent)


def test_a_change_that_cannot_be_written_is_not_made(tenant: TenantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = tenant.chat()
    monkeypatch.setattr(tenant.state.log, "append", full_disk)
    answer = tenant.attach(chat)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (500, "")
    assert tenant.stored() == []


def full_disk(_entry: object) -> None:
    """A log that cannot be written."""
    raise OSError("no space left")


# A real process, killed with SIGKILL.


def upload(served: ServedTenant, chat: str, name: str, content: str) -> requests.Response:
    """One attachment, its content in Base64; the answer has no payload."""
    url = f"{served.root}{chat_path(chat)}/ChatActivityAttachment"
    body = {"Name": name, "TypeCode": "10001", "CategoryCode": "2", "Binary": content}
    headers = {"Host": HOST, "odata-no-response-payload": "true"}
    return requests.post(url, json=body, auth=LOGIN, headers=headers, timeout=10)


def kill(mock: MockProcess) -> None:
    """End worker and supervisor at once, without a chance to clean up."""
    worker = ServedTenant(mock).control("health")["pid"]
    for pid in (worker, mock.process.pid):
        os.kill(pid, signal.SIGKILL)
    mock.process.wait(10)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{worker}/stat").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return


def test_what_was_answered_201_survives_a_kill(tmp_path: Path) -> None:
    with running_mock("c4c_mock", tmp_path) as mock:
        served = ServedTenant(mock, tenant_order(["chatactivity"]))
        chat = served.chat()
        locations = []
        for number in range(5):
            answer = upload(served, chat, f"f{number}", "QUJD" * (10_000 + number))
            locations.append(answer.headers["Location"])
        kill(mock)
    with running_mock("c4c_mock", tmp_path) as mock:
        for number, location in enumerate(locations):
            url = f"{mock.url}{location.partition(HOST)[2]}/Binary/$value"
            answer = requests.get(url, auth=LOGIN, headers={"Host": HOST}, timeout=10)
            assert (answer.status_code, answer.content) == (200, b"ABC" * (10_000 + number))
        assert upload(ServedTenant(mock), chat, "next", "QUJD").headers["Location"] not in locations


def test_a_kill_amid_parallel_uploads_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    enough = threading.Event()

    def upload_until_killed(served: ServedTenant, chat: str) -> None:
        with contextlib.suppress(requests.RequestException):
            while len(acknowledged) < 1000:
                answer = upload(served, chat, "f", "QUJD" * 500)
                assert answer.status_code == 201
                acknowledged.append(answer.headers["Location"].partition("('")[2][:32])
                if len(acknowledged) >= 40:
                    enough.set()

    with running_mock("c4c_mock", tmp_path) as mock:
        served = ServedTenant(mock, tenant_order(["chatactivity"]))
        chats = [served.chat() for _ in range(4)]
        uploads = [threading.Thread(target=upload_until_killed, args=(served, chat)) for chat in chats]
        for thread in uploads:
            thread.start()
        assert enough.wait(120)
        kill(mock)
        for thread in uploads:
            thread.join(20)
    with running_mock("c4c_mock", tmp_path) as mock:
        stored = {a["object_id"] for a in ServedTenant(mock).stored()}
    assert len(acknowledged) >= 40
    assert set(acknowledged) <= stored
    assert len(stored - set(acknowledged)) <= len(chats), "only uploads under way at the kill may be stored unanswered"


def test_without_a_directory_no_file_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with running_mock("c4c_mock", None) as mock:
        ServedTenant(mock, {"name": "default", "host": HOST})
        assert list(tmp_path.iterdir()) != []
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{mock.url}/_mock/health", timeout=5)
    assert list(tmp_path.iterdir()) == []
