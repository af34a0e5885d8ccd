"""A file that a mock stores, as the pages show it: streamed, never in one piece in memory, never trusted.

Nothing that is sent from here can act in the console's name: it is a newly drawn picture, text in JSON, sound or film
of a sniffed type, or a download; each with a policy that lets nothing run.
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
from attachment_lab.console.web.page import problem_response
from attachment_lab.names import shown
from attachment_lab.preview.file_types import HEAD_BYTES, SHOWN_BYTES, DetectedType, detect_type, excerpt
from attachment_lab.preview.renderer import MAX_RENDERED_BYTES, NotRendered, Renderer, Rendering

#: Nothing of a file may run, load or be framed, whatever opens its address.
POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
PIECE_BYTES = 256 * 1024
_RENDERER = Renderer()


@dataclass(frozen=True, kw_only=True)
class StoredFile:
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
        """The bytes, or the range that this header names; the caller closes. Raises RequestRefused, Unreachable."""
        return self.calls.open(self.path, headers={"Range": wanted} if wanted else None, **self.params)

    def head(self, count: int) -> bytes:
        """The first ``count`` bytes, fewer if there are not so many."""
        if not self.size_bytes:
            return b""
        answer = self.open(f"bytes=0-{count - 1}")
        try:
            return b"".join(_first(answer, count))
        finally:
            answer.close()

    def detected_type(self) -> DetectedType:
        """What it is, by its first bytes."""
        return detect_type(self.head(HEAD_BYTES), name=self.name, declared=self.declared)

    def spooled(self) -> IO[bytes]:
        """A copy on disk, at its beginning; a real file that another process can read."""
        answer = self.open()
        try:
            copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
            for piece in answer.iter_bytes(PIECE_BYTES):
                copy.write(piece)
        finally:
            answer.close()
        copy.seek(0)
        return copy


def answer(file: StoredFile, form: str) -> Response | tuple[Response, int]:
    """The file in one of its forms: download, info, picture (``?page=``), text or media."""
    makers: dict[str, Callable[[StoredFile], Response | tuple[Response, int]]] = {
        "download": _download,
        "info": _info,
        "picture": _picture,
        "text": _text,
        "media": _media,
    }
    if form not in makers:
        return problem_response(HTTPStatus.NOT_FOUND, f"a file is shown as {', '.join(makers)}, not as {form}")
    return makers[form](file)


def _download(file: StoredFile) -> Response:
    given = _streamed(file, "application/octet-stream")
    given.headers["Content-Disposition"] = disposition(file.name)
    return given


def _info(file: StoredFile) -> Response:
    """``{"kind", "mime", "warning", "pages", "problem"}``; ``problem`` says why there is no picture of it."""
    detected, pages, problem = file.detected_type(), 1, ""
    if detected.kind in {"image", "pdf"}:
        try:
            pages = _drawn(file, detected, 1).pages
        except NotRendered as exc:
            problem = f"There is no preview: {exc}. Download it to open it."
    return jsonify(kind=detected.kind, mime=detected.mime, warning=detected.mismatch, pages=pages, problem=problem)


def _picture(file: StoredFile) -> Response | tuple[Response, int]:
    detected = file.detected_type()
    if detected.kind not in {"image", "pdf"}:
        return _unsupported(f"there is no picture of it: its bytes are {detected.mime}")
    try:
        drawing = _drawn(file, detected, request.args.get("page", default=1, type=int))
    except NotRendered as exc:
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, f"no preview: {exc}")
    return _safe(Response(drawing.picture, mimetype=drawing.mime))


def _drawn(file: StoredFile, detected: DetectedType, page: int) -> Rendering:
    """One page of it as a picture. Raises NotRendered."""
    if file.size_bytes > MAX_RENDERED_BYTES:
        raise NotRendered("it is too large to be drawn here")
    return _RENDERER.render("pdf" if detected.kind == "pdf" else "image", file.sha256, file.spooled, page=page)


def _text(file: StoredFile) -> Response | tuple[Response, int]:
    detected = file.detected_type()
    if detected.kind not in {"text", "empty"}:
        return _unsupported(f"it is no text: its bytes are {detected.mime}")
    found = excerpt(file.head(SHOWN_BYTES), size_bytes=file.size_bytes)
    return jsonify(text=found.text, charset=found.charset, cut=found.cut)


def _media(file: StoredFile) -> Response | tuple[Response, int]:
    detected = file.detected_type()
    if detected.kind not in {"audio", "video"}:
        return _unsupported(f"it is neither sound nor film: its bytes are {detected.mime}")
    return _streamed(file, detected.mime)


def _unsupported(detail: str) -> tuple[Response, int]:
    return problem_response(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)


def _streamed(file: StoredFile, mime: str) -> Response:
    """The mock's bytes, in the range of the browser's request."""
    source = file.open(request.headers.get("Range"))
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


def _first(source: httpx.Response, count: int) -> Iterator[bytes]:
    """At most ``count`` bytes, also of a mock that ignores the range and sends everything."""
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
