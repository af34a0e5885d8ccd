"""One OData request, from the wire or from a part of a $batch, and the reply to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from c4c_mock.evidence import seen
from c4c_mock.model.access.users import C4CUser
from c4c_mock.model.edm import Service
from c4c_mock.model.errors import BadRequest, UnsupportedMedia
from c4c_mock.model.locks import WriteLock
from c4c_mock.model.shown import shown
from c4c_mock.routes.negotiation import JSON, prefers_json
from c4c_mock.tenant import C4CTenant
from c4c_mock.wire import atom, json_out
from c4c_mock.wire.entities import EntityRenderer
from c4c_mock.wire.options import Options
from c4c_mock.wire.uri import Segment

_TUNNEL = frozenset({"MERGE", "PATCH", "PUT", "DELETE"})
_BODY_FORMATS = {JSON: "json", "application/atom+xml": "atom", "application/xml": "atom"}


@dataclass(kw_only=True)
class ODataCall:
    """A request as the handlers see it.

    Attributes:
        headers: by lower-case name.
        path: decoded path below the service root.
        base: absolute service root without trailing slash.
        pieces: returns the body in pieces; call it once.
        change_set: locks of the change set that this call is a part of; None for a call of its own.
        language: returns the language of error texts.
        inspection: the call came through ``/_mock/odata``; anomalies that the dialect plans are left out.
    """

    tenant: C4CTenant
    user: C4CUser
    service: Service
    method: str
    path: str
    segments: list[Segment]
    options: Options
    headers: Mapping[str, str]
    base: str
    pieces: Callable[[], Iterator[bytes]]
    change_set: WriteLock | None = None
    in_batch: bool = False
    language: Callable[[], str] = lambda: "en"
    inspection: bool = False

    def locking(self) -> AbstractContextManager[WriteLock]:
        """The locks of this request: those of its change set, or its own."""
        if self.change_set is not None:
            return nullcontext(self.change_set)
        return self.tenant.lock_for(self.user.name)

    def header(self, name: str) -> str:
        """The header's text; empty when it is absent."""
        return self.headers.get(name, "")

    def flag(self, name: str) -> bool:
        """True for a request header with the value ``true``."""
        return self.header(name).strip().lower() == "true"

    @property
    def wants_json(self) -> bool:
        """Atom is the default; ``$format`` overrides ``Accept``; a JSON body is answered in JSON."""
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

    def renderer(self) -> EntityRenderer:
        """Turns rows into entities in the form that this caller wants."""
        bare = self.flag("odata-no-codedescs")
        if bare:
            seen("no-codedescs")
        size = "bytes" if self.inspection else str(self.tenant.switches["size_in_kb"])
        return EntityRenderer(self.tenant.rows, self.service, self.base, code_texts=not bare, size=size)

    @property
    def body_format(self) -> str:
        """``json`` or ``atom`` by the Content-Type; empty for any other."""
        kind = self.header("content-type").partition(";")[0].strip().lower()
        return _BODY_FORMATS.get(kind, "")

    def check_coding(self) -> None:
        """Raises UnsupportedMedia for a packed body."""
        coding = self.header("content-encoding").strip()
        if coding.lower() not in {"", "identity"}:
            seen("packed-body")
            raise UnsupportedMedia(
                f"Content-Encoding: expected none, found {shown(coding)}", hint="send the body as it is, not packed"
            )

    def check_body(self) -> None:
        """Raises UnsupportedMedia unless the body is JSON or Atom in UTF-8, not packed."""
        self.check_coding()
        params = self.header("content-type").partition(";")[2].replace(" ", "").replace('"', "").lower()
        charsets = [p.partition("=")[2] for p in params.split(";") if p.startswith("charset=")]
        if not self.body_format or any(charset not in {"utf-8", "utf8"} for charset in charsets):
            found = self.header("content-type")
            raise UnsupportedMedia(
                "Content-Type: expected application/json or application/atom+xml in UTF-8, "
                f"found {shown(found) if found else 'none'}"
            )

    @property
    def atom_style(self) -> atom.AtomStyle:
        """How Atom is written in this tenant, now."""
        return atom.AtomStyle(bool(self.tenant.switches["atom_property_types"]), self.tenant.clock.now())


@dataclass(kw_only=True)
class ODataReply:
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


def text_reply(status: int, text: str, content_type: str, headers: Mapping[str, str] | None = None) -> ODataReply:
    """A reply with a small text body."""
    raw = text.encode()
    written = {"Content-Type": content_type, **(headers or {})}
    document = "json" in content_type or "xml" in content_type
    return ODataReply(status=status, headers=written, body=[raw], length=len(raw), document=document)


def effective_method(method: str, tunnelled: str) -> str:
    """The verb to use: POST may carry another one in x-http-method. Raises BadRequest."""
    if not tunnelled:
        return method
    if method != "POST" or tunnelled.strip().upper() not in _TUNNEL:
        raise BadRequest(f"x-http-method: expected POST with one of {', '.join(sorted(_TUNNEL))}")
    seen("tunnel")
    return tunnelled.strip().upper()


def json_reply(call: ODataCall, document: object, members: tuple[str, str] = ("", "")) -> ODataReply:
    """A JSON body, files streamed. ``members``: raw ones for the start and the end of ``d``."""
    escape_dates = bool(call.tenant.switches["escape_date_slashes"])
    body = json_out.JsonDocument(document, escape_dates=escape_dates, members=members)
    return ODataReply(status=200, headers={"Content-Type": JSON}, body=body, length=body.length, document=True)


def atom_reply(document: atom.AtomDocument) -> ODataReply:
    """An XML body, files streamed."""
    headers = {"Content-Type": document.content_type}
    return ODataReply(status=200, headers=headers, body=document, length=document.length, document=True)
