"""From a reply to Flask's response: headers, cookies, compression."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

from flask import Request, Response

from c4c_mock.routes.call import ODataReply
from c4c_mock.routes.negotiation import JSON

_BODYLESS = frozenset({204, 304})
_AT_ONCE_BYTES = 1024 * 1024


def to_response(
    reply: ODataReply, req: Request, *, elapsed_ms: int, gzip: bool, done: Callable[[], None] | None = None
) -> Response:
    """The response as Flask sends it. ``gzip``: dialect ``gzip_replies``; ``done`` is called when it is over."""
    headers = {
        "dataserviceversion": "2.0",
        "cache-control": "no-cache, no-store",
        "c4c-odata-response-time": f"{elapsed_ms} ms",
        **reply.headers,
    }
    if headers.get("Content-Type") == JSON:
        headers["Content-Type"] = f"{JSON}; charset=utf-8"  # recorded; parts of a batch go without
    body: Iterable[bytes] = reply.body
    if reply.status not in _BODYLESS:
        headers["Content-Length"] = str(reply.length)
    if gzip and reply.document and req.method != "HEAD" and req.accept_encodings.quality("gzip") > 0:
        body = _packed(reply, headers)
    response = Response(body, reply.status)
    response.headers.remove("Content-Type")
    response.headers.update(headers)
    for name, value in reply.cookies.items():
        response.set_cookie(name, value, path="/sap", secure=False, httponly=True)
    if done is not None and (req.method == "HEAD" or reply.status in _BODYLESS):
        done()  # werkzeug closes only responses that have a body
    elif done is not None:
        response.call_on_close(done)
    return response


def _packed(reply: ODataReply, headers: dict[str, str]) -> Iterable[bytes]:
    """The body as gzip: with its length when it is small, as a stream when a file is in it."""
    headers.update({"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
    if reply.length > _AT_ONCE_BYTES:
        del headers["Content-Length"]
        return _stream(reply.body)
    packed = b"".join(_stream(reply.body))
    headers["Content-Length"] = str(len(packed))
    return [packed]


def _stream(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(level=1, wbits=31)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
