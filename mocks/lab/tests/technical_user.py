"""The technical user's hand: what a wrong implementation would send to C4C and CMI, sent by a test."""

from __future__ import annotations

import base64
from types import TracebackType
from typing import Any, Self

import httpx

from attachment_lab.testing.lab import LabChat, LabTenant

SERVICE = "/sap/c4c/odata/v1/chatactivity"


class TechnicalUser:
    """Requests with the tenant's own credentials, past the service. A context manager."""

    def __init__(self, tenant: LabTenant) -> None:
        names = tenant.names
        self._names = names
        self.c4c = httpx.Client(
            base_url=tenant.lab.urls["c4c"],
            headers={"Host": names.c4c_host, "Accept": "application/json"},
            auth=(names.c4c_user, names.c4c_password),
            trust_env=False,
        )
        token = self.c4c.get(f"{SERVICE}/", headers={"X-CSRF-Token": "Fetch"}).headers.get("x-csrf-token", "")
        self.c4c.headers["X-CSRF-Token"] = token
        self.cmi = httpx.Client(base_url=tenant.lab.urls["cmi"], headers={"Host": names.cmi_host}, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.c4c.close()
        self.cmi.close()

    def store(self, chat: LabChat, name: str, content: bytes, mime_type: str) -> str:
        """Create an attachment in a chat's activity; returns its ObjectID."""
        assert chat.activity is not None
        body: dict[str, Any] = {
            "TypeCode": "10001",
            "CategoryCode": "2",
            "Name": name,
            "MimeType": mime_type,
            "Binary": base64.b64encode(content).decode(),
        }
        path = f"{SERVICE}/ChatActivityCollection('{chat.activity}')/ChatActivityAttachment"
        answer = self.c4c.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["d"]["results"]["ObjectID"])

    def send(self, method: str, object_id: str) -> int:
        """Any method on an attachment; returns the status."""
        answer = self.c4c.request(method, f"{SERVICE}/ChatActivityAttachmentCollection('{object_id}')", json={})
        return answer.status_code

    def delete_in_batch(self, object_id: str) -> int:
        """A DELETE inside a change set of a $batch; returns the status of the batch."""
        inner = (
            "--cs\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            f"DELETE ChatActivityAttachmentCollection('{object_id}') HTTP/1.1\r\n\r\n\r\n--cs--\r\n"
        )
        body = f"--b\r\nContent-Type: multipart/mixed; boundary=cs\r\n\r\n{inner}--b--\r\n"
        headers = {"Content-Type": "multipart/mixed; boundary=b"}
        return self.c4c.post(f"{SERVICE}/$batch", content=body.encode(), headers=headers).status_code
