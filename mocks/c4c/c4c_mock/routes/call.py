"""One OData request, wherever it came from (the wire or a part of a $batch), and the reply to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from c4c_mock.evidence import seen
from c4c_mock.model.access.users import User
from c4c_mock.model.edm import Service
from c4c_mock.model.errors import BadRequest, UnsupportedMedia
from c4c_mock.model.locks import WriteLock
from c4c_mock.tenant import C4CTenant
from c4c_mock.wire import atom, json_out
from c4c_mock.wire.entities import Renderer
from c4c_mock.wire.options import Options
from c4c_mock.wire.uri import Segment

JSON = "application/json"
_TUNNEL = frozenset({"MERGE", "PATCH", "PUT", "DELETE"})
_BODY_FORMATS = {JSON: "json", "application/atom+xml": "atom", "application/xml": "atom"}
_ATOM = ("application/atom+xml", "application/xml", "text/xml", "application/atomsvc+xml")


@dataclass(kw_only=True)
class Call:
    """What the handlers know of a request.

    Attributes:
        headers: by lower-case name.
        path: decoded path below the service root.
        base: absolute service root without trailing slash.
        pieces: gives the body in pieces; may be asked once.
        held: locks of the change set that this call is a part of; None for a call of its own.
        language: gives the language of the texts that the caller is told.
        looking_on: somebody looks on through ``/_mock/odata``: no oddity that the dialect plans is shown.
    """

    tenant: C4CTenant
    user: User
    service: Service
    method: str
    path: str
    segments: list[Segment]
    options: Options
    headers: Mapping[str, str]
    base: str
    pieces: Callable[[], Iterator[bytes]]
    held: WriteLock | None = None
    in_batch: bool = False
    language: Callable[[], str] = lambda: "en"
    looking_on: bool = False

    def locking(self) -> AbstractContextManager[WriteLock]:
        """The locks of this request: those of its change set, or its own."""
        if self.held is not None:
            return nullcontext(self.held)
        return self.tenant.lock_for(self.user.name)

    def header(self, name: str) -> str:
        """The header's text; empty when it was not sent."""
        return self.headers.get(name, "")

    def flag(self, name: str) -> bool:
        """True for a request header that says ``true``."""
        return self.header(name).strip().lower() == "true"

    @property
    def wants_json(self) -> bool:
        """Atom is the default; ``$format`` wins over ``Accept``; a JSON body asks for a JSON reply."""
        if self.options.format:
            return self.options.format == "json"
        accept = self.header("accept")
        return prefers_json(accept, default=self.header("content-type").startswith(JSON))

    @property
    def strict(self) -> bool:
        """Quirk C: the caller wants the standard's JSON."""
        strict = self.flag("odata-v2-strict-json-format")
        if strict:
            seen("quirk-c")
        return strict

    def renderer(self) -> Renderer:
        """Writes rows the way this caller asked for."""
        bare = self.flag("odata-no-codedescs")
        if bare:
            seen("no-codedescs")
        size = "bytes" if self.looking_on else str(self.tenant.switches["size_in_kb"])
        return Renderer(self.tenant, self.service, self.base, code_texts=not bare, size=size)

    @property
    def body_format(self) -> str:
        """``json`` or ``atom`` as the Content-Type announces it; empty for anything else."""
        kind = self.header("content-type").partition(";")[0].strip().lower()
        return _BODY_FORMATS.get(kind, "")

    def check_body(self) -> None:
        """Raises UnsupportedMedia unless the body is announced as JSON or Atom in UTF-8."""
        params = self.header("content-type").partition(";")[2].replace(" ", "").replace('"', "").lower()
        charsets = [p.partition("=")[2] for p in params.split(";") if p.startswith("charset=")]
        if not self.body_format or any(charset not in {"utf-8", "utf8"} for charset in charsets):
            found = self.header("content-type")[:100] or "(none)"
            raise UnsupportedMedia(
                f"Content-Type: expected application/json or application/atom+xml in UTF-8, found {found}"
            )

    @property
    def atom_style(self) -> atom.Style:
        """How Atom is written in this tenant, now."""
        return atom.Style(bool(self.tenant.switches["atom_property_types"]), self.tenant.clock.now())


@dataclass(kw_only=True)
class Reply:
    """Status, headers and body of an answer.

    Attributes:
        length: of the body in bytes.
        document: the body is a JSON or XML document of the service, which may be compressed.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterable[bytes] = ()
    length: int = 0
    document: bool = False
    cookies: dict[str, str] = field(default_factory=dict)


def text_reply(status: int, text: str, content_type: str, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply with a small text body."""
    raw = text.encode()
    written = {"Content-Type": content_type, **(headers or {})}
    document = "json" in content_type or "xml" in content_type
    return Reply(status=status, headers=written, body=[raw], length=len(raw), document=document)


def meant_method(method: str, tunnelled: str) -> str:
    """The verb that is meant: POST may carry another one in x-http-method. Raises BadRequest."""
    if not tunnelled:
        return method
    if method != "POST" or tunnelled.strip().upper() not in _TUNNEL:
        raise BadRequest(f"x-http-method: expected POST with one of {', '.join(sorted(_TUNNEL))}")
    seen("tunnel")
    return tunnelled.strip().upper()


def json_reply(call: Call, document: object, members: tuple[str, str] = ("", "")) -> Reply:
    """A JSON body, files streamed. ``members``: raw ones for the start and the end of ``d``."""
    body = json_out.Body(document, escape_dates=bool(call.tenant.switches["escape_date_slashes"]))
    body.add_members(*members)
    return Reply(status=200, headers={"Content-Type": JSON}, body=body, length=body.length, document=True)


def atom_reply(document: atom.Document) -> Reply:
    """An XML body, files streamed."""
    headers = {"Content-Type": document.content_type}
    return Reply(status=200, headers=headers, body=document, length=document.length, document=True)


def prefers_json(accept: str, *, default: bool) -> bool:
    """Which of JSON and XML an ``Accept`` header ranks higher; ``default`` for a tie or no opinion."""
    weights = {"json": 0.0, "xml": 0.0}
    for part in accept.split(","):
        kind, _, params = part.strip().partition(";")
        weight = _quality(params)
        if kind.strip().lower() == JSON:
            weights["json"] = max(weights["json"], weight)
        elif kind.strip().lower() in _ATOM:
            weights["xml"] = max(weights["xml"], weight)
    if weights["json"] == weights["xml"]:
        return default and not weights["xml"]
    return weights["json"] > weights["xml"]


def _quality(params: str) -> float:
    for param in params.split(";"):
        name, _, value = param.strip().partition("=")
        if name == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError as exc:
                raise BadRequest(f"Accept: cannot read q={value}") from exc
    return 1.0
