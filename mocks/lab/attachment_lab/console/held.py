"""A file that a mock holds, as the pages show it: streamed, never in one piece in memory, never trusted.

Whatever leaves here cannot act in the console's name: it is a picture made anew, text in JSON, sound or film of a
sniffed type, or a download; each with a policy that lets nothing run.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO
from urllib.parse import quote

import httpx
from flask import Response, jsonify, request

from attachment_lab.clients.json_client import JsonClient
from attachment_lab.console.frame import told
from attachment_lab.names import shown
from attachment_lab.preview.file_types import HEAD_BYTES, DetectedType, detect_type
from attachment_lab.preview.renderer import MAX_RENDERED_BYTES, NotRendered, Renderer, Rendering
from attachment_lab.preview.texts import SHOWN_BYTES, excerpt

#: Nothing of a file may run, load or be framed, whoever opens its address.
POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
PIECE_BYTES = 256 * 1024
_DRAUGHTSMAN = Renderer()


@dataclass(frozen=True, kw_only=True)
class Held:
    """One file at a mock.

    Attributes:
        calls, path, params: where its bytes are; the address takes a Range header.
        name: as its sender gave it.
        declared: the MIME type that its sender declared.
        sha256: by which its pictures are kept.
    """

    calls: JsonClient
    path: str
    params: dict[str, str]
    name: str
    declared: str
    size_bytes: int
    sha256: str

    def open(self, wanted: str | None = None) -> httpx.Response:
        """The bytes, or the range that this header names; the caller closes. Raises Refused, Unreachable."""
        return self.calls.open(self.path, headers={"Range": wanted} if wanted else None, **self.params)

    def head(self, count: int) -> bytes:
        """The first ``count`` bytes, fewer if there are not so many."""
        if not self.size_bytes:
            return b""
        answer = self.open(f"bytes=0-{count - 1}")
        try:
            return b"".join(_some(answer, count))
        finally:
            answer.close()

    def look(self) -> DetectedType:
        """What it is, by its bytes."""
        return detect_type(self.head(HEAD_BYTES), name=self.name, declared=self.declared)

    def spooled(self) -> IO[bytes]:
        """A copy on disk, at its beginning; a real file that another process can read."""
        answer = self.open()
        try:
            copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever asked
            for piece in answer.iter_bytes(PIECE_BYTES):
                copy.write(piece)
        finally:
            answer.close()
        copy.seek(0)
        return copy


def answer(held: Held, form: str) -> Response | tuple[Response, int]:
    """The file in one of its forms: download, look, picture (``?page=``), text or media."""
    makers: dict[str, Callable[[Held], Response | tuple[Response, int]]] = {
        "download": _download,
        "look": _look,
        "picture": _picture,
        "text": _text,
        "media": _media,
    }
    if form not in makers:
        return told(HTTPStatus.NOT_FOUND, f"a file is shown as {', '.join(makers)}, not as {form}")
    return makers[form](held)


def _download(held: Held) -> Response:
    given = _passed_on(held, "application/octet-stream")
    given.headers["Content-Disposition"] = disposition(held.name)
    return given


def _look(held: Held) -> Response:
    """``{"kind", "mime", "odd", "pages", "problem"}``: what it is, and why there is no picture of it, if so."""
    look, pages, problem = held.look(), 1, ""
    if look.kind in {"image", "pdf"}:
        try:
            pages = _drawn(held, look, 1).pages
        except NotRendered as exc:
            problem = f"There is no preview: {exc}. Download it to open it."
    return jsonify(kind=look.kind, mime=look.mime, odd=look.mismatch, pages=pages, problem=problem)


def _picture(held: Held) -> Response | tuple[Response, int]:
    look = held.look()
    if look.kind not in {"image", "pdf"}:
        return told(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"there is no picture of it: its bytes are {look.mime}")
    try:
        drawing = _drawn(held, look, request.args.get("page", default=1, type=int))
    except NotRendered as exc:
        return told(HTTPStatus.UNPROCESSABLE_ENTITY, f"no preview: {exc}")
    return _safe(Response(drawing.picture, mimetype=drawing.mime))


def _drawn(held: Held, look: DetectedType, page: int) -> Rendering:
    """Raises NotDrawn."""
    if held.size_bytes > MAX_RENDERED_BYTES:
        raise NotRendered("it is too large to be drawn here")
    return _DRAUGHTSMAN.render("pdf" if look.kind == "pdf" else "image", held.sha256, held.spooled, page=page)


def _text(held: Held) -> Response | tuple[Response, int]:
    look = held.look()
    if look.kind not in {"text", "empty"}:
        return told(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"it is no text: its bytes are {look.mime}")
    found = excerpt(held.head(SHOWN_BYTES), size_bytes=held.size_bytes)
    return jsonify(text=found.text, charset=found.charset, cut=found.cut)


def _media(held: Held) -> Response | tuple[Response, int]:
    look = held.look()
    if look.kind not in {"audio", "video"}:
        return told(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"it is neither sound nor film: its bytes are {look.mime}")
    return _passed_on(held, look.mime)


def _passed_on(held: Held, mime: str) -> Response:
    """The mock's bytes, in the range that the browser asked for."""
    source = held.open(request.headers.get("Range"))
    given = _safe(Response(_pieces(source), source.status_code, mimetype=mime))
    for name in ("Content-Range", "Content-Length"):
        if name in source.headers:
            given.headers[name] = source.headers[name]
    given.headers["Accept-Ranges"] = "bytes"
    given.call_on_close(source.close)
    return given


def _safe(given: Response) -> Response:
    given.headers["Content-Security-Policy"] = POLICY
    given.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    given.headers["Cache-Control"] = "private, no-store"
    return given


def _pieces(source: httpx.Response) -> Iterator[bytes]:
    try:
        yield from source.iter_raw(PIECE_BYTES)
    finally:
        source.close()


def _some(source: httpx.Response, count: int) -> Iterator[bytes]:
    """A mock that ignores the range sends everything: stop in time."""
    for piece in source.iter_bytes(PIECE_BYTES):
        yield piece[:count]
        count -= len(piece)
        if count <= 0:
            return


def disposition(name: str) -> str:
    """``attachment`` with an ASCII fallback and the name itself (RFC 6266), made harmless for a disk."""
    safe = re.sub(r"[/\\]", "_", shown(name)).strip(". ") or "file"
    fallback = re.sub(r'[^ -~]|["\\%]', "_", safe)
    return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(safe, safe='')}"
