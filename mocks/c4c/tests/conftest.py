"""A tenant of its own for each test, driven by Flask's test client through the kit's frame."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from c4c_mock.app import create_app
from mock_kit.app import WrappedApp

HOST = "my2554607.de1.crm.cloud.sap"
ROOT = "/sap/c4c/odata/v1"
USER, PASSWORD = "v1user", "Welcome-1"
GUID = "77FB2990D24411EAAA5EBC019352B05E"


@dataclass
class Tenant:
    """A tenant with one technical user; requests carry its login unless told otherwise."""

    client: Client
    app: WrappedApp[Any]
    host: str = HOST
    user: str = USER
    password: str = PASSWORD
    guid: str = GUID

    @staticmethod
    def basic(user: str, password: str) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    @staticmethod
    def path(object_id: str) -> str:
        """Path of a chat activity."""
        return f"/chatactivity/ChatActivityCollection('{object_id}')"

    def file_path(self, number: int = 0) -> str:
        """Path of the n-th stored attachment of a chat."""
        return f"/chatactivity/ChatActivityAttachmentCollection('{self.stored()[number]['object_id']}')"

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **kw: Any) -> TestResponse:
        """A request below the OData root; JSON is asked for unless ``headers`` says otherwise."""
        sent = {
            "Host": self.host,
            "Authorization": self.basic(self.user, self.password),
            "Accept": "application/json",
            **(headers or {}),
        }
        kept = {k: v for k, v in sent.items() if v}
        return self.client.open(ROOT + path, method=method, headers=kept, buffered=True, **kw)

    def get(self, path: str, headers: dict[str, str] | None = None, **kw: Any) -> TestResponse:
        """GET."""
        return self.call("GET", path, headers, **kw)

    def control(self, path: str, body: Any = None, method: str = "POST") -> TestResponse:
        """A control request for this tenant's tenant."""
        return self.client.open(f"/_mock/{path}", method=method, json=body, query_string={"tenant": "default"})

    def looked_at(self, path: str) -> TestResponse:
        """What somebody sees who looks on, in JSON."""
        query = {"tenant": "default", "$format": "json"}
        return self.client.get(f"/_mock/odata{path}", query_string=query, buffered=True)

    def dialect(self, **switches: Any) -> None:
        """Set switches of the tenant."""
        answer = self.control("dialect", switches)
        assert answer.status_code == 200, answer.text

    def chat(self, reference: str = GUID, **payload: Any) -> str:
        """An accepted chat; returns its ObjectID."""
        body = {"Type": "CHAT", "EventType": "INBOUND", "Action": "ACCEPT", "ExternalReferenceID": reference}
        answer = self.control("cti", {**body, "Email": "ada@example.com", **payload})
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["activity"]["object_id"])

    def attach(self, chat: str, content: bytes = b"hello", headers: dict[str, str] | None = None, **more: Any) -> Any:
        """POST a document to a chat by navigation."""
        body = {"TypeCode": "10001", "Name": "a.txt", "CategoryCode": "2", "MimeType": "text/plain"}
        body["Binary"] = base64.b64encode(content).decode()
        body = {n: v for n, v in {**body, **more}.items() if v is not None}
        return self.call("POST", f"{self.path(chat)}/ChatActivityAttachment", headers, json=body)

    def stored(self) -> list[dict[str, Any]]:
        """What the tenant holds, committed or not."""
        return list(self.control("attachments", method="GET").get_json())

    def notes(self) -> list[str]:
        """Codes of all notes in the journal."""
        exchanges = self.control("journal", method="GET").get_json()["exchanges"]
        return [n["code"] for e in exchanges for n in e["notes"]]


TENANT: dict[str, Any] = {
    "name": "default",
    "host": HOST,
    "communication_system": {"id": "SINCH_CONTACT_PRO"},
    "arrangement": {
        "scenario": "OData Services for Business Objects",
        "user": USER,
        "password": PASSWORD,
        "services": ["activity", "chatactivity", "call_list", "socialmediaactivity"],
    },
}


def _make(directory: Path, **dialect: Any) -> Tenant:
    app = create_app(directory)
    client = app.test_client()
    answer = client.post("/_mock/tenants", json={**TENANT, "dialect": dialect})
    assert answer.status_code == 201, answer.text
    return Tenant(client, app)


@pytest.fixture
def make_tenant(tmp_path: Path) -> Callable[..., Tenant]:
    """Makes the default tenant; keyword arguments are dialect switches."""
    return lambda **dialect: _make(tmp_path, **dialect)


@pytest.fixture
def tenant(make_tenant: Callable[..., Tenant]) -> Tenant:
    """The default tenant with the default dialect."""
    return make_tenant()


@pytest.fixture(scope="module")
def shared_tenant(tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    """One tenant for all examples of a module."""
    return _make(tmp_path_factory.mktemp("c4c"))


@pytest.fixture(autouse=True)
def _on_contract(on_contract: object) -> None:
    """Live traffic is judged in every test here; ``off_contract`` lifts that."""
