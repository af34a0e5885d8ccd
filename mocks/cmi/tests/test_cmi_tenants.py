"""Many tenants in one process: nothing that happens in one is felt in another."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cmi_caller import basic
from werkzeug.test import Client, TestResponse

from cmi_mock.app import create_app

TENANTS = 32
DAY_S = 86_400


@dataclass
class Tenant:
    """One tenant, its key and password its own."""

    client: Client
    number: int
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"tenant-{self.number}"

    @property
    def host(self) -> str:
        # some tenants share a host: there only the tenant in the path distinguishes them
        return f"host{self.number // 2 if self.number % 4 < 2 else self.number}.execute-api.eu-central-1.amazonaws.com"

    @property
    def password(self) -> str:
        return f"a password for {self.name}"

    def create(self) -> None:
        order = {
            "name": self.name,
            "host": self.host,
            "tenant_path": f"t{self.number}",
            "api_key": f"key-of-{self.name}",
            "user": "transcript.user",
            "password": self.password,
            "dialect": {"chat_shape": "ABCD"[self.number % 4]},
        }
        assert self.client.post("/_mock/tenants", json=order).status_code == 201

    def control(self, path: str, **sent: Any) -> Any:
        response = self.client.post(f"/_mock{path}", query_string={"tenant": self.name} | sent.pop("query", {}), **sent)
        assert response.status_code in (200, 201), response.text
        return response.get_json()

    def read(self, path: str) -> Any:
        return self.client.get(f"/_mock{path}", query_string={"tenant": self.name}).get_json()

    def get(self, path: str, password: str = "") -> TestResponse:
        headers = {
            "x-api-key": f"key-of-{self.name}",
            "authorization": basic("transcript.user", password or self.password),
        }
        return self.client.get(f"/t{self.number}/cmi{path}", base_url=f"https://{self.host}", headers=headers)

    def live(self, started: threading.Barrier) -> None:
        """A chat with a file; then a fault, a moved clock, a lockout, each in some of the tenants."""
        self.create()
        started.wait()
        guid = self.control("/chats", json={})["guid"]
        content = f"content of {self.name}".encode() * 1000
        sent = self.control(
            f"/chats/{guid}/attachments",
            data=content,
            content_type="application/octet-stream",
            query={"name": f"{self.number}.txt"},
        )
        self.control(f"/chats/{guid}/end")
        self.seen = {"guid": guid, "sha256": sent["sha256"]}
        if self.number % 2:
            self.control("/faults", json={"kind": "status", "params": {"status": 500 + self.number}, "times": 3})
        self.seen["struck"] = [self.get("/chats").status_code for _ in range(5)]
        if self.number % 3 == 0:
            self.control("/clock", json={"advance_s": self.number * DAY_S})
        if self.number % 4 == 0:
            self.seen["wrong"] = [self.get("/chats", "a wrong password").status_code for _ in range(5)]
        self.seen["last"] = self.get("/chats").status_code


@pytest.fixture
def tenants(tmp_path: Path) -> list[Tenant]:
    """32 tenants that lived at the same time, each in a thread of its own."""
    app = create_app(tmp_path)
    lived = [Tenant(app.test_client(), number) for number in range(TENANTS)]
    started = threading.Barrier(TENANTS, timeout=60)
    with ThreadPoolExecutor(TENANTS) as pool:
        for done in [pool.submit(one.live, started) for one in lived]:
            done.result()
    return lived


def test_thirty_two_tenants_at_once_leak_nothing_into_each_other(tenants: list[Tenant]) -> None:
    for one in tenants:
        faulty, locked = one.number % 2 == 1, one.number % 4 == 0
        assert one.seen["struck"] == ([500 + one.number] * 3 if faulty else [200] * 3) + [200, 200], one.name
        assert one.seen["last"] == (401 if locked else 200), one.name
        assert one.read("/clock")["offset_s"] == (one.number * DAY_S if one.number % 3 == 0 else 0)
        assert [chat["guid"] for chat in one.read("/chats")["chats"]] == [one.seen["guid"]]
        assert [kept["sha256"] for kept in one.read("/attachments")] == [one.seen["sha256"]]
        assert len(one.read("/faults")["faults"]) == faulty
    assert len({one.seen["guid"] for one in tenants}) == TENANTS
    assert len({one.seen["sha256"] for one in tenants}) == TENANTS


def test_each_tenants_journal_has_its_own_calls_and_no_secret(tenants: list[Tenant]) -> None:
    for one in tenants:
        exchanges = one.read("/journal")["exchanges"]
        assert len(exchanges) == 6 + len(one.seen.get("wrong", []))
        assert {exchange["host"] for exchange in exchanges} == {one.host}
        assert all(f"/t{one.number}/cmi/" in exchange["url"] for exchange in exchanges)
        text = str(exchanges)
        assert not any(other.password in text or f"key-of-{other.name}" in text for other in tenants)


def test_a_tenant_is_closed_to_the_key_and_password_of_another(tenants: list[Tenant]) -> None:
    mine, other = tenants[1], tenants[2]
    headers = {"x-api-key": f"key-of-{other.name}", "authorization": basic("transcript.user", other.password)}
    path, base = f"/t{mine.number}/cmi/chats", f"https://{mine.host}"
    assert mine.client.get(path, base_url=base, headers=headers).status_code == 403
    headers["x-api-key"] = f"key-of-{mine.name}"
    assert mine.client.get(path, base_url=base, headers=headers).status_code == 401
    assert mine.get(f"/chats/{other.seen['guid']}").status_code == 404


def test_a_lockout_ends_by_the_clock_of_its_own_tenant(tenants: list[Tenant]) -> None:
    first, second = tenants[4], tenants[8]
    first.control("/clock", json={"advance_s": 1800})
    assert first.get("/chats").status_code == 200
    assert second.get("/chats").status_code == 401


def test_a_reset_empties_one_tenant_and_leaves_the_others(tenants: list[Tenant]) -> None:
    tenants[0].control("/reset")
    assert tenants[0].read("/chats")["chats"] == []
    for one in tenants[1:]:
        assert [kept["sha256"] for kept in one.read("/attachments")] == [one.seen["sha256"]]
        assert not one.number % 2 or one.seen["struck"][0] == 500 + one.number


def test_a_port_of_cmi_stands_in_its_address_and_its_links(tmp_path: Path) -> None:
    client = create_app(tmp_path).test_client()
    body = {"name": "brook", "host": "contact.brook.example", "tenant_path": "RI", "port": 8443}
    body |= {"api_key": "k" * 20, "user": "u", "password": "sixteen characters"}
    assert client.post("/_mock/tenants", json=body).status_code == 201
    listed = json.loads(client.get("/_mock/tenants").text)["tenants"]
    [found] = [each for each in listed if each["name"] == "brook"]
    assert found["cmi_url"] == "https://contact.brook.example:8443/RI/cmi"
    for wrong in (0, 65_536, "8443", True):
        answer = client.post("/_mock/tenants", json=body | {"name": "other", "tenant_path": "X", "port": wrong})
        assert answer.status_code in {400, 422}
        assert "port" in answer.text
