"""For tests: a C4C with one tenant, in the test's process or as a process of its own, and clients for both."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
from werkzeug.test import Client, TestResponse

from c4c_mock.app import create_app
from c4c_mock.tenant import C4CTenant
from mock_kit.app import WrappedApp
from mock_kit.http.headers import basic_header

if TYPE_CHECKING:
    from mock_kit.testing import MockProcess

HOST = "my2554607.de1.crm.cloud.sap"
ROOT = "/sap/c4c/odata/v1"
USER, PASSWORD = "v1user", "Welcome-1"
LOGIN = (USER, PASSWORD)
GUID = "77FB2990D24411EAAA5EBC019352B05E"
SERVICES = ("activity", "chatactivity", "call_list", "socialmediaactivity")


def tenant_order(services: Sequence[str] = SERVICES, **dialect: Any) -> dict[str, Any]:
    """A body for ``POST /_mock/tenants``: one technical user with these services ticked."""
    arrangement = {"user": USER, "password": PASSWORD, "services": list(services)}
    system = {"id": "SINCH_CONTACT_PRO"}
    return {
        "name": "default",
        "host": HOST,
        "communication_system": system,
        "arrangement": arrangement,
        "dialect": dialect,
    }


def basic(user: str = USER, password: str = PASSWORD) -> str:
    """The value of an Authorization header."""
    return basic_header(user, password)


def chat_path(object_id: str) -> str:
    """Path of a chat activity below the OData root."""
    return f"/chatactivity/ChatActivityCollection('{object_id}')"


@dataclass
class TenantClient:
    """A tenant with one technical user, without a server; requests carry its login unless they bring another."""

    client: Client
    app: WrappedApp[C4CTenant]
    host: str = HOST
    user: str = USER
    password: str = PASSWORD
    guid: str = GUID

    @property
    def state(self) -> C4CTenant:
        """The tenant itself."""
        return self.app.mock.named_tenant("default", "tenant")

    def restart(self) -> None:
        """Load the tenant from its directory, as a new process does, and go on with that one."""
        self.app = create_app(self.state.spool.directory.parent)
        self.client = self.app.test_client()

    @staticmethod
    def basic(user: str, password: str) -> str:
        """The value of an Authorization header."""
        return basic(user, password)

    @staticmethod
    def path(object_id: str) -> str:
        """Path of a chat activity."""
        return chat_path(object_id)

    def file_path(self, number: int = 0) -> str:
        """Path of the n-th stored attachment of a chat."""
        return f"/chatactivity/ChatActivityAttachmentCollection('{self.stored()[number]['object_id']}')"

    def call(self, method: str, path: str, headers: Mapping[str, str] | None = None, **kw: Any) -> TestResponse:
        """A request below the OData root; it wants JSON unless ``headers`` name another type."""
        sent = {
            "Host": self.host,
            "Authorization": basic(self.user, self.password),
            "Accept": "application/json",
            **(headers or {}),
        }
        present = {k: v for k, v in sent.items() if v}
        return self.client.open(ROOT + path, method=method, headers=present, buffered=True, **kw)

    def get(self, path: str, headers: Mapping[str, str] | None = None, **kw: Any) -> TestResponse:
        """GET."""
        return self.call("GET", path, headers, **kw)

    def results(self, path: str, headers: Mapping[str, str] | None = None, **kw: Any) -> Any:
        """``d.results`` of a GET that must succeed."""
        answer = self.get(path, headers, **kw)
        assert answer.status_code == 200, answer.text
        return answer.get_json()["d"]["results"]

    def control(self, path: str, body: Any = None, method: str = "POST") -> TestResponse:
        """A control request for this tenant."""
        return self.client.open(f"/_mock/{path}", method=method, json=body, query_string={"tenant": "default"})

    def inspect(self, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        """What ``/_mock/odata`` returns, in JSON."""
        sent = {"Accept": "application/json", **(headers or {})}
        return self.client.get(f"/_mock/odata{path}", headers=sent, buffered=True)

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

    def attach(
        self, chat: str, content: bytes = b"hello", headers: Mapping[str, str] | None = None, **more: Any
    ) -> TestResponse:
        """POST a document to a chat by navigation."""
        body = {"TypeCode": "10001", "Name": "a.txt", "CategoryCode": "2", "MimeType": "text/plain"}
        body["Binary"] = base64.b64encode(content).decode()
        body = {n: v for n, v in {**body, **more}.items() if v is not None}
        return self.call("POST", f"{self.path(chat)}/ChatActivityAttachment", headers, json=body)

    def stored(self) -> list[dict[str, Any]]:
        """All stored attachments, committed or not."""
        return list(self.control("attachments", method="GET").get_json())

    def exchanges(self) -> list[dict[str, Any]]:
        """The journal, oldest first."""
        return list(self.control("journal", method="GET").get_json()["exchanges"])

    def notes(self) -> list[str]:
        """Codes of all notes in the journal."""
        return [n["code"] for e in self.exchanges() for n in e["notes"]]


MakeTenant: TypeAlias = Callable[..., TenantClient]
"""Makes a tenant; keyword arguments are dialect switches."""


def make_client(directory: Path, **dialect: Any) -> TenantClient:
    """The default tenant below ``directory``; keyword arguments are dialect switches."""
    app = create_app(directory)
    client = app.test_client()
    answer = client.post("/_mock/tenants", json=tenant_order(**dialect))
    assert answer.status_code == 201, answer.text
    return TenantClient(client, app)


class ServedTenant:
    """A tenant of a mock that runs as a process, with the control API at hand."""

    def __init__(self, mock: MockProcess, order: Mapping[str, Any] | None = None) -> None:
        """Creates the tenant; ``order`` None uses the one that an earlier process stored."""
        self.mock = mock
        if order is not None:
            self.control("tenants", order)

    @property
    def root(self) -> str:
        """The OData root at the mock's own address."""
        return f"{self.mock.url}{ROOT}"

    def control(self, path: str, body: Any = None) -> Any:
        """POST with a body, GET without; the JSON of the answer, which must be good."""
        url = f"{self.mock.url}/_mock/{path}"
        answer = httpx.get(url, timeout=60) if body is None else httpx.post(url, json=body, timeout=60)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def chat(self, reference: str = "") -> str:
        """A new chat's ObjectID."""
        body = {"Type": "CHAT", "Action": "ACCEPT", "ExternalReferenceID": reference, "Email": "a@example.com"}
        return str(self.control("cti", body)["activity"]["object_id"])

    def stored(self, reference: str = "") -> list[dict[str, Any]]:
        """Attachments of one chat, or of all."""
        query = f"?external_reference_id={reference}" if reference else ""
        return list(self.control(f"attachments{query}"))
