"""A fake C4C tenant: it stores objects, and fails as planned."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx
from fake_metadata import metadata
from fakes import HandClock, Killed, Pieces, basic

Handler = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True)
class Kept:
    """One object at C4C. It can be seen from ``visible_at_s`` on."""

    object_id: str
    parent: str
    name: str
    title: str | None
    mime_type: str
    content: bytes
    visible_at_s: float


@dataclass
class Plan:
    """What goes wrong with the next ``times`` requests of a kind.

    Kinds of request: ``post``, ``list``, ``read``, ``value``, ``find``, ``metadata``, ``csrf``. What happens:
    ``lost`` (done, answer lost), ``cut`` (not done, no answer), ``unreachable``,
    ``killed-after``, ``killed-before``, ``garbage``, ``lock``, or a status; ``500-after`` is done and answered 500.
    """

    on: str
    what: str | int
    times: int = 1


@dataclass
class FakeC4c:
    """A C4C tenant with chat activities. It stores what it is sent, and commits late if planned."""

    clock: HandClock
    user: str = "v1user"
    password: str = "Word-of-C4C-1618"
    host: str = "my2554607.de1.crm.cloud.sap"
    references: list[tuple[str, str]] = field(default_factory=list)  # (external reference, activity)
    title_creatable: bool = True
    wants_csrf: bool = False
    issued_token: str = "token-1"
    commit_delay_s: float = 0.0
    flip_a_byte: bool = False
    refuses: dict[str, int] = field(default_factory=dict)  # name of a file → status of each of its uploads
    kept: list[Kept] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    on_post: Callable[[], object] = lambda: None
    instead: dict[str, Handler] = field(default_factory=dict)  # kind of request → handler of the test's own
    row_changes: dict[str, Any] = field(default_factory=dict)  # members of each listed object

    def plan(self, on: str, what: str | int, times: int = 1) -> None:
        self.plans.append(Plan(on, what, times))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.headers.get("authorization") != basic(self.user, self.password):
            return httpx.Response(401, html="<html>401</html>")
        kind = self.kind(request)
        what = self._planned(kind)
        if what in {"cut", "killed-before", "unreachable", "lock", "garbage"} or isinstance(what, int):
            return self._spoilt(what)
        answer = self.handler(kind)(request)
        if what == "killed-after":
            raise Killed
        if what == "lost":
            raise httpx.ReadError("connection reset by peer")
        return httpx.Response(500, html="<html>500</html>") if what == "500-after" else answer

    def handler(self, kind: str) -> Handler:
        """What answers requests of this kind now."""
        usual: Handler = getattr(self, f"_{kind}")
        return self.instead.get(kind, usual)

    def kind(self, request: httpx.Request) -> str:
        """The kind of a request, as in :class:`Plan`."""
        path = request.url.path
        if request.method == "POST":
            return "post"
        if path.endswith("/$metadata"):
            return "metadata"
        if path.endswith("/Binary/$value"):
            return "value"
        if request.headers.get("x-csrf-token") == "fetch":
            return "csrf"
        if path.endswith("')"):
            return "read"
        return "list" if "('" in path else "find"

    def _planned(self, kind: str) -> str | int | None:
        for plan in self.plans:
            if plan.on == kind and plan.times > 0:
                plan.times -= 1
                return plan.what
        return None

    def _spoilt(self, what: str | int) -> httpx.Response:
        if what == "killed-before":
            raise Killed
        if what == "cut":
            raise httpx.ReadTimeout("no answer")
        if what == "unreachable":
            raise httpx.ConnectError("connection refused")
        if what == "lock":
            return self._error(400, "Object is locked by user MARY")
        if what == "garbage":
            return httpx.Response(200, json={"maintenance": True}, extensions={"fault": "garbage"})
        assert isinstance(what, int)
        return self._error(what, f"planned {what}")

    def _error(self, status: int, text: str) -> httpx.Response:
        return httpx.Response(status, json={"error": {"code": "X/1", "message": {"lang": "en", "value": text}}})

    def _metadata(self, request: httpx.Request) -> httpx.Response:
        content = metadata(title_creatable=self.title_creatable)
        return httpx.Response(200, headers={"Content-Type": "application/xml"}, content=content)

    def _csrf(self, request: httpx.Request) -> httpx.Response:
        headers = {"x-csrf-token": self.issued_token, "set-cookie": "SAP_SESSIONID=1; path=/sap; HttpOnly"}
        return httpx.Response(200, headers=headers, json={"d": {"EntitySets": ["ChatActivityCollection"]}})

    def _find(self, request: httpx.Request) -> httpx.Response:
        wanted = re.fullmatch(r"\w+ eq '(\w+)'", request.url.params["$filter"])
        assert wanted
        chats = request.url.path.endswith("/ChatActivityBTDReferenceCollection")
        found = [activity for reference, activity in self.references if reference == wanted.group(1) and chats]
        kind = "ChatActivityBTDReference"
        return self._rows(
            [{**self._about(kind, f"R{item}"), "ObjectID": f"R{item}", "ParentObjectID": item} for item in found]
        )

    def _about(self, kind: str, object_id: str) -> dict[str, Any]:
        uri = f"https://{self.host}/sap/c4c/odata/v1/chatactivity/{kind}Collection('{object_id}')"
        return {"__metadata": {"uri": uri, "type": f"chatactivity.{kind}"}}

    def _list(self, request: httpx.Request) -> httpx.Response:
        parent = unquote(request.url.path).split("('")[1].split("')")[0]
        return self._rows([self._row(item) for item in self.visible() if item.parent == parent])

    def _read(self, request: httpx.Request) -> httpx.Response:
        item = self._one(request)
        return httpx.Response(200, json={"d": {"results": self._row(item)}}) if item else self._error(404, "not found")

    def _value(self, request: httpx.Request) -> httpx.Response:
        item = self._one(request)
        if item is None:
            return self._error(404, "not found")
        return httpx.Response(200, headers={"Content-Type": item.mime_type}, stream=Pieces(item.content))

    def _post(self, request: httpx.Request) -> httpx.Response:
        self.on_post()
        if self.wants_csrf and request.headers.get("x-csrf-token") != "token-1":
            return httpx.Response(403, headers={"x-csrf-token": "Required"}, text="CSRF token validation failed")
        assert int(request.headers["content-length"]) == len(request.content)
        document = json.loads(request.content)
        if document["Name"] in self.refuses:
            return self._error(self.refuses[document["Name"]], "Not for this tenant")
        content = base64.b64decode(document["Binary"], validate=True)
        if self.flip_a_byte and content:
            content = bytes([content[0] ^ 1]) + content[1:]
        if "Title" in document and not self.title_creatable:
            return self._error(400, "Title is read-only")
        item = Kept(
            object_id=f"00163E{len(self.kept):026X}",
            parent=unquote(request.url.path).split("('")[1].split("')")[0],
            name=document["Name"],
            title=document.get("Title"),
            mime_type=document["MimeType"],
            content=content,
            visible_at_s=self.clock.now_s() + self.commit_delay_s,
        )
        self.kept.append(item)
        location = f"{request.url.copy_with(path='/sap/c4c/odata/v1/chatactivity/Folder')}('{item.object_id}')"
        return httpx.Response(201, headers={"Location": location})

    def visible(self) -> list[Kept]:
        """What has been committed by now."""
        return [item for item in self.kept if item.visible_at_s <= self.clock.now_s()]

    def _one(self, request: httpx.Request) -> Kept | None:
        object_id = unquote(request.url.path).split("('")[1].split("')")[0]
        return next((item for item in self.visible() if item.object_id == object_id), None)

    def _row(self, item: Kept) -> dict[str, Any]:
        size = f"{len(item.content)}.00000000000000"
        about = self._about("ChatActivityAttachment", item.object_id)
        row = {**about, "ObjectID": item.object_id, "Name": item.name, "Title": item.title or "", "SizeInkB": size}
        return row | self.row_changes

    def _rows(self, items: list[dict[str, Any]]) -> httpx.Response:
        return httpx.Response(200, json={"d": {"results": items}})

    def sums(self) -> list[str]:
        """sha256 of everything stored, committed or not."""
        return sorted(hashlib.sha256(item.content).hexdigest() for item in self.kept)

    def calls(self, kind: str) -> int:
        return sum(1 for request in self.requests if self.kind(request) == kind)
