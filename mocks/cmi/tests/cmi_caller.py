"""For tests: a CMI with one tenant, and a caller who knows its key and password. No server, no sockets."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from cmi_mock.app import create_app

HOST = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
KEY = "an-api-key-for-tests-0001"
USER = "transcript.user"
PASSWORD = "A long enough password!"
UMLAUT = "A long enough pässword!"
QUEUE = {"id": "AA" * 16, "name": "Support", "address": "support@chat.example"}
OTHER_QUEUE = {"id": "BB" * 16, "name": "Sales", "address": "sales@chat.example"}


def basic(user: str, password: str, charset: str = "utf-8") -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode(charset)).decode()


class Caller:
    """Speaks to one tenant of a CMI, over the vendor's wire and over its control."""

    def __init__(self, data_dir: Path, dialect: dict[str, Any]) -> None:
        self.app = create_app(data_dir)
        self.client = self.app.test_client()
        order = {"host": HOST, "tenant_path": "acme", "api_key": KEY, "user": USER, "password": PASSWORD}
        response = self.client.post("/_mock/tenants", json={"name": "w", **order, "dialect": dialect})
        assert response.status_code == 201, response.text

    def get(self, path: str, *, host: str = HOST, **headers: str) -> TestResponse:
        """GET below the CMI address with good credentials; a header set to "" is left out."""
        sent = {"x_api_key": KEY, "authorization": basic(USER, PASSWORD), **headers}
        names = {name.replace("_", "-"): value for name, value in sent.items() if value}
        return self.client.get(f"/acme/cmi{path}", base_url=f"https://{host}", headers=names)

    def send(
        self, method: str, path: str, body: Any = None, *, data: str | bytes | None = None, **headers: str
    ) -> TestResponse:
        """Any other method, with good credentials and the documented Accept; a header set to "" is left out."""
        sent = {
            "x_api_key": KEY,
            "authorization": basic(USER, PASSWORD),
            "accept": "text/html" if method == "POST" else "",
            **headers,
        }
        return self.client.open(
            f"/acme/cmi{path}",
            method=method,
            base_url=f"https://{HOST}",
            headers={name.replace("_", "-"): value for name, value in sent.items() if value},
            json=body,
            data=data,
        )

    def control(self, path: str, body: Any = None, **query: Any) -> TestResponse:
        """POST to /_mock with this tenant named."""
        return self.client.post(f"/_mock{path}", json=body, query_string={"tenant": "w", **query})

    def read(self, path: str) -> Any:
        """GET from /_mock with this tenant named."""
        return self.client.get(f"/_mock{path}", query_string={"tenant": "w"}).get_json()

    def chat(self, **members: Any) -> str:
        """A visitor's chat, accepted; its guid."""
        response = self.control("/chats", {"queue": QUEUE, **members})
        assert response.status_code == 201, response.text
        guid = str(response.get_json()["guid"])
        self.control(f"/chats/{guid}/accept")
        return guid

    def attach(self, guid: str, content: bytes, **query: str) -> TestResponse:
        """A file of the customer (or ``originator_type``)."""
        wanted = {"tenant": "w", "name": "photo.jpg", "content_type": "image/jpeg", **query}
        path = f"/_mock/chats/{guid}/attachments"
        return self.client.post(path, data=content, query_string=wanted, content_type="application/octet-stream")

    def ended_chat(self, *contents: bytes, **members: Any) -> tuple[str, list[str]]:
        """A chat with these attachments, ended; its guid and the attachments' ids."""
        guid = self.chat(**members)
        ids = [str(self.attach(guid, content).get_json()["id"]) for content in contents]
        assert self.control(f"/chats/{guid}/end").status_code == 200
        return guid, ids

    def advance(self, **spans: float) -> None:
        """Move the tenant's clock: ``hours``, ``minutes``, ``seconds``."""
        seconds = spans.get("hours", 0) * 3600 + spans.get("minutes", 0) * 60 + spans.get("seconds", 0)
        assert self.control("/clock", {"advance_s": seconds}).status_code == 200
