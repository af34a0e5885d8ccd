"""The writes of ``--allow-writes``: small files in the one test activity, each to observe one behaviour.

Every body is a text of this file. The client's guard checks each request again.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from attachment_lab.probe.client import ProbeFailed
from attachment_lab.probe.edm import AttachmentNav
from attachment_lab.probe.exchange import ProbeExchange
from attachment_lab.probe.permits import ACTIVITIES, SERVICE
from attachment_lab.probe.requests.c4c import JSON, STRICT, C4cRequests, selection

CONTENT = b"A test file of attachment-lab probe. It may be deleted.\n"
STANDARD, PRODUCT_IMAGE, NO_TYPE = "10001", "10011", "99999"
DOCUMENT = "2"
PROGRAM_TYPE = "application/x-msdownload"
#: Seconds between one search for a created file and the next; 30 s in all.
PAUSES_S = (*[0.25] * 8, *[1.0] * 28)
#: Seconds between the tries of a second writer.
LOCKED_WITHIN_S = (0.1, 0.3, 1.0)
_BOUNDARY = "probe-batch"


class WriteRequests:
    """Sends the writes; ``reads`` has read $metadata before."""

    def __init__(self, reads: C4cRequests, run_id: str) -> None:
        self._c4c = reads
        self._run_id = run_id
        self._token: dict[str, str] = {}
        self._number = 0
        self._pause = threading.Event()

    def run(self) -> None:
        """The whole list. Raises ProbeFailed when the test activity does not exist or accepts nothing."""
        edm = self._c4c.edm.get(SERVICE)
        nav = edm.attachment_nav(ACTIVITIES) if edm else None
        if nav is None:
            raise ProbeFailed("c4c", "$metadata shows no attachments below ChatActivityCollection: nothing to write to")
        target = self._c4c.client.target
        path = f"/{ACTIVITIES}('{quote(target.test_activity, safe='')}')"
        options = {"$select": "ObjectID,LifeCycleStatusCode"}
        if not self._c4c.ask("test_activity", SERVICE, path, options).ok:
            raise ProbeFailed("c4c", "the test activity does not exist; give the ObjectID of a chat activity")
        self._path = f"{path}/{nav.navigation}"
        if self._first(nav):
            self._variants(nav)
            self._two_writers()
            self._batch(path)
            self._change(nav)

    def _first(self, nav: AttachmentNav) -> bool:
        """One file as the service sends it; with a CSRF token if this tenant wants one of technical users."""
        fields = {"Title": f"probe {self._run_id}"} if nav.properties["Title"].creatable else {}
        created = self._create("write.plain", fields)
        if created.status == 403 and created.headers.get("x-csrf-token", "").lower() == "required":
            answer = self._c4c.ask("csrf.root", SERVICE, "/", headers={**JSON, "x-csrf-token": "fetch"})
            self._token = {"x-csrf-token": answer.headers.get("x-csrf-token", "")}
            created = self._create("write.with_token", fields)
        if created.ok:
            self._wait_until_listed(nav, created.created_id)
        return created.ok

    def _wait_until_listed(self, nav: AttachmentNav, object_id: str) -> None:
        """List until the file is listed: it shows how long a commit takes to become visible."""
        options = {"$select": selection(nav)}
        for number, pause_s in enumerate(PAUSES_S):
            listed = self._c4c.ask(f"write.visible.{number}", SERVICE, self._path, options)
            if any(row.get("ObjectID") == object_id for row in listed.rows) or not listed.ok:
                return
            self._pause.wait(pause_s)

    def _wait_until_committed(self, path: str) -> None:
        """Wait until a file can be deleted: before its commit it cannot."""
        for number, pause_s in enumerate(PAUSES_S):
            if self._c4c.ask(f"write.there.{number}", SERVICE, path, {"$select": "ObjectID"}).ok:
                return
            self._pause.wait(pause_s)

    def _variants(self, nav: AttachmentNav) -> None:
        self._create("write.strict", {}, headers=STRICT)
        self._create("write.no_payload", {}, headers={**STRICT, "odata-no-response-payload": "true"})
        self._create("write.product_image", {"TypeCode": PRODUCT_IMAGE})
        self._create("write.no_type", {"TypeCode": NO_TYPE})
        self._create("write.without_type", {"TypeCode": None})
        self._create("write.no_category", {"CategoryCode": None})
        self._create("write.no_binary", {"Binary": None})
        self._create("write.empty", {"Binary": ""})
        self._create("write.white_space", {"Binary": _in_lines(CONTENT)})
        self._create("write.program", {"MimeType": PROGRAM_TYPE, "Name": f"probe-{self._run_id}.exe"})
        if not nav.properties["Title"].creatable:
            self._create("write.title", {"Title": f"probe {self._run_id}"})
        if nav.entity_set:
            parent = {"ParentObjectID": self._c4c.client.target.test_activity}
            self._create("write.flat", parent, path=f"/{nav.entity_set}")

    def _two_writers(self) -> None:
        """A second file while the first is half sent: whether the activity is locked then."""

        def second() -> None:
            # The first half may arrive after the second writer's request: try a few times.
            for number, pause_s in enumerate(LOCKED_WITHIN_S):
                if not self._create(f"write.second_writer.{number}", {}).ok:
                    return
                self._pause.wait(pause_s)

        self._create("write.first_writer", {}, meanwhile=second)

    def _create(
        self,
        label: str,
        changes: Mapping[str, Any],
        *,
        headers: Mapping[str, str] = JSON,
        path: str = "",
        meanwhile: Callable[[], object] | None = None,
    ) -> ProbeExchange:
        """POST one attachment; ``changes`` override the usual members, None leaves one out."""
        self._number += 1
        fields = {
            "TypeCode": STANDARD,
            "CategoryCode": DOCUMENT,
            "Name": f"probe-{self._run_id}-{self._number}.txt",
            "MimeType": "text/plain",
            "Binary": base64.b64encode(CONTENT).decode(),
            **changes,
        }
        body = json.dumps({name: value for name, value in fields.items() if value is not None}).encode()
        sent = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers, **self._token}
        answer = self._c4c.ask(
            label, SERVICE, path or self._path, method="POST", headers=sent, body=body, meanwhile=meanwhile
        )
        if answer.ok and (object_id := answer.created_id):
            self._c4c.client.used.created.append(object_id)
        return answer

    def _batch(self, path: str) -> None:
        """Two reads in a $batch: what the envelope is answered, and whether the strict header counts inside."""
        # The path is below the service root; parts are relative to it.
        parts = [f"{path[1:]}?$select=ObjectID", f"{ACTIVITIES}?$search=probe&$select=ObjectID&$top=1"]
        body = "".join(_part(part) for part in parts) + f"--{_BOUNDARY}--\r\n"
        headers = {"Content-Type": f"multipart/mixed; boundary={_BOUNDARY}", "odata-v2-strict-json-format": "true"}
        self._c4c.ask("batch", SERVICE, "/$batch", method="POST", headers=headers | self._token, body=body.encode())

    def _change(self, nav: AttachmentNav) -> None:
        """Try to rename one of our own files; then, if allowed, delete what we created."""
        client = self._c4c.client
        created = list(client.used.created)
        if not created or not nav.entity_set:
            return
        body = json.dumps({"Name": f"probe-{self._run_id}-renamed.txt"}).encode()
        headers = {"Content-Type": "application/json", **JSON, **self._token}
        path = f"/{nav.entity_set}('{created[0]}')"
        self._c4c.ask("write.rename", SERVICE, path, method="PATCH", headers=headers, body=body)
        if client.permits.clean_up:
            self._wait_until_committed(f"/{nav.entity_set}('{created[-1]}')")
            for number, object_id in enumerate(created):
                path, more = f"/{nav.entity_set}('{object_id}')", {**JSON, **self._token}
                self._c4c.ask(f"write.delete.{number}", SERVICE, path, method="DELETE", headers=more)


def _in_lines(content: bytes) -> str:
    text = base64.b64encode(content).decode()
    return f"{text[:20]}\r\n {text[20:]}"


def _part(path: str) -> str:
    return (
        f"--{_BOUNDARY}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"GET {quote(path, safe=_KEPT)} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
    )


_KEPT = "/?$=&()'*,"
