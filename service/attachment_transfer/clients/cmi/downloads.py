"""Fetches a file from CMI, compares it with everything that is known of it, and opens it.

Redirects of a download are followed here (at most twice, GET only, as the outbound policy allows). The decisions are in
``core/answers/download.py``; a file that they doubt is not returned.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urljoin

import httpx

from attachment_transfer.clients.body import BLOCK_BYTES, EncryptedSpool, too_large
from attachment_transfer.clients.cmi.unpacking import unpacked
from attachment_transfer.clients.outbound.time_limits import CallTimes
from attachment_transfer.clients.outbound.transport import speaking_to
from attachment_transfer.core.answers import download, headers
from attachment_transfer.core.answers.download import AnswerHead, FileBody, ListedFile, ReadMethod
from attachment_transfer.core.answers.sniffing import HEAD_BYTES, declared_type
from attachment_transfer.core.errors import (
    AttachmentGone,
    DestinationRefused,
    LinkExpired,
    UnexpectedAnswer,
)
from attachment_transfer.core.model import SourceAttachment

NAME = "CMI"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 2
_ACCEPT = {"Accept": "*/*", "Accept-Encoding": "identity"}
#: Headers that carry a credential. They go to CMI's own address only.
_CREDENTIALS = ("authorization", "x-api-key", "cookie", "proxy-authorization")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

#: Raises what an answer other than a file means.
RaiseIfUnwell = Callable[[httpx.Response], None]


@dataclass(frozen=True)
class OpenSource:
    """An attachment's bytes, ready to be read once.

    Attributes:
        size_bytes: what its source announces, or what was counted.
        content_type: what C4C gets.
    """

    size_bytes: int
    pieces: Iterator[bytes]
    content_type: str


class Downloads:
    """Opens files of one CMI.

    Args:
        base: the CMI address with a final slash; ``http``'s credentials go to its host only.
        spool_limit_bytes: the largest file that is read.
        size_is_exact: False: the tenant's listing is known to be wrong about sizes.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        base: str,
        times: CallTimes,
        spool_limit_bytes: int,
        size_is_exact: bool,
        raise_if_unwell: RaiseIfUnwell,
    ) -> None:
        self._http = http
        self._base = base
        self._times = times
        self._spool_limit_bytes = spool_limit_bytes
        self._size_is_exact = size_is_exact
        self._raise_if_unwell = raise_if_unwell

    @contextmanager
    def open(self, source: SourceAttachment) -> Iterator[OpenSource]:
        """The file's bytes, once all checks have passed. Raises DownloadDoubted, LinkExpired, AttachmentGone, …"""
        listed = self._listed(source)
        with ExitStack() as opened:
            response = opened.enter_context(closing(self._answer(source)))
            answer = _answered(response)
            match download.how_to_read(listed, answer):
                case ReadMethod.EMPTY:
                    yield OpenSource(0, iter(()), download.type_to_send(listed, answer, b""))
                case ReadMethod.STREAM:
                    self._refuse_large(answer.length_bytes or 0)
                    yield _streamed(listed, answer, response)
                case ReadMethod.UNPACK:
                    packed = opened.enter_context(self._spooled(response.iter_raw(BLOCK_BYTES)))
                    spool = opened.enter_context(self._unpacked(listed, answer, packed))
                    yield _opened(listed, answer, spool)
                case reading:
                    spool = opened.enter_context(self._spooled(response.iter_raw(BLOCK_BYTES)))
                    file = _opened(listed, answer, spool)
                    if reading is ReadMethod.TWICE:
                        self._check_again(source, spool)
                    yield file

    def _listed(self, source: SourceAttachment) -> ListedFile:
        return ListedFile(
            name=source.name,
            content_type=declared_type(source.content_type),
            size_bytes=source.declared_size_bytes if self._size_is_exact else None,
        )

    def _refuse_large(self, size_bytes: int) -> None:
        if size_bytes > self._spool_limit_bytes:
            raise too_large(self._spool_limit_bytes)

    def _check_again(self, source: SourceAttachment, spool: EncryptedSpool) -> None:
        """Download again and compare: nothing else shows whether the body was complete."""
        first, second = hashlib.sha256(), hashlib.sha256()
        for piece in spool.read():
            first.update(piece)
        size_bytes = 0
        with closing(self._answer(source)) as response:
            for piece in _guarded(response.iter_raw(BLOCK_BYTES)):
                second.update(piece)
                size_bytes += len(piece)
        download.check_same((spool.size_bytes, first.hexdigest()), (size_bytes, second.hexdigest()))

    @contextmanager
    def _spooled(self, pieces: Iterator[bytes]) -> Iterator[EncryptedSpool]:
        spool = EncryptedSpool()
        try:
            spool.fill(_guarded(pieces), limit_bytes=self._spool_limit_bytes)
            yield spool
        finally:
            spool.close()

    @contextmanager
    def _unpacked(self, listed: ListedFile, answer: AnswerHead, packed: EncryptedSpool) -> Iterator[EncryptedSpool]:
        """The unpacked file, or the packed one where that is what is listed."""
        if download.packed_is_the_file(listed, packed.size_bytes):
            yield packed
            return
        head, pieces = peeked(unpacked(packed.read(), answer.codings[0], most_bytes=listed.size_bytes))
        if download.unpacked_is_no_archive(listed, head):
            for _ in pieces:  # to its end, so that every check of the format is made
                pass
            yield packed
            return
        with self._spooled(pieces) as spool:
            yield spool

    def _answer(self, source: SourceAttachment) -> httpx.Response:
        """The answer with the file, for the caller to close; redirects are followed."""
        url, anonymous = self.address(source.href), source.public
        for followed in range(_MOST_REDIRECTS + 1):
            # After a redirect away from CMI no credential is sent any more, whatever its target.
            anonymous = anonymous or not self._is_own(url)
            response = self._sent(url, anonymous=anonymous, redirected=followed > 0)
            try:
                if response.status_code not in _REDIRECTS:
                    self._judge(response, url, anonymous=anonymous)
                    self._times.begin_body(response)
                    return response
                url = _target(response, url)
            except BaseException:
                response.close()
                raise
            response.close()
        raise UnexpectedAnswer(
            f"CMI redirects a download more than {_MOST_REDIRECTS} times, lastly to {url.host}",
            remedy="Download the file with the CMI user and check where its address leads.",
        )

    def _sent(self, url: httpx.URL, *, anonymous: bool, redirected: bool) -> httpx.Response:
        request = self._http.build_request("GET", url, headers=_ACCEPT, extensions=self._times.file())
        if anonymous:
            for name in _CREDENTIALS:
                request.headers.pop(name, None)
        auth = None if anonymous else httpx.USE_CLIENT_DEFAULT
        try:
            with speaking_to(NAME):
                return self._http.send(request, stream=True, auth=auth, follow_redirects=False)
        except DestinationRefused as exc:
            if not redirected:
                raise
            words = f"CMI redirects the download, which is not followed: {exc.message}"
            raise DestinationRefused(words, remedy=exc.remedy) from exc

    def _judge(self, response: httpx.Response, url: httpx.URL, *, anonymous: bool) -> None:
        """Raise for every answer that is no download."""
        status = response.status_code
        if status in {400, 403} and url.query and (anonymous or status == 400):
            raise LinkExpired(f"the signed address of the file at {url.host} answered {status}: it may have expired")
        if anonymous and status in {401, 403}:
            raise AttachmentGone(f"the file's public address answered {status}: its link has expired or was withdrawn")
        if status == 400:
            raise UnexpectedAnswer(
                f"CMI answered 400 (bad request) to a download from {url.host}",
                remedy="Download the file with the CMI user: its address may be of a form that CMI itself refuses.",
            )
        if not 200 <= status < 300:
            self._raise_if_unwell(response)

    def address(self, href: str) -> httpx.URL:
        """Where a listed address points. Raises UnexpectedAnswer."""
        try:
            return httpx.URL(urljoin(self._base, _escaped(href.lstrip("/") if href.startswith("/") else href)))
        except (ValueError, httpx.InvalidURL) as exc:
            raise UnexpectedAnswer("CMI lists an attachment under an address that cannot be used") from exc

    def _is_own(self, url: httpx.URL) -> bool:
        own = httpx.URL(self._base)
        return (own.scheme, own.host, own.port) == (url.scheme, url.host, url.port)


def _escaped(href: str) -> str:
    """A listed address with file names in it as they are: ``#`` and a lone ``%`` are characters of the name.

    A fragment is never sent (RFC 9110, section 4.2.5), so an address that is listed for a download has none.
    """
    return _LONE_PERCENT.sub("%25", href.strip().replace("#", "%23").replace(" ", "%20"))


def _target(response: httpx.Response, url: httpx.URL) -> httpx.URL:
    location = response.headers.get("location", "")
    try:
        if location:
            return httpx.URL(urljoin(str(url), location))
    except (ValueError, httpx.InvalidURL):
        pass
    raise UnexpectedAnswer(
        f"CMI redirects a download ({response.status_code}) without an address that can be used",
        remedy="Download the file with the CMI user and see what answers: there may be a proxy before CMI.",
    )


def _answered(response: httpx.Response) -> AnswerHead:
    length_bytes = headers.content_length(response.headers.get_list("content-length"))
    chunked = "chunked" in response.headers.get("transfer-encoding", "").lower()
    return AnswerHead(
        status=response.status_code,
        content_type=declared_type(response.headers.get("content-type", "")),
        codings=headers.content_codings(response.headers.get_list("content-encoding")),
        length_bytes=None if chunked else length_bytes,
        framed=chunked or length_bytes is not None,
    )


def _streamed(listed: ListedFile, answer: AnswerHead, response: httpx.Response) -> OpenSource:
    """A body whose length is announced, and enforced by httpx: it is streamed."""
    size_bytes = answer.length_bytes or 0
    head, pieces = peeked(_guarded(response.iter_raw()))
    download.check_body(listed, answer, FileBody(size_bytes=size_bytes, head=head))
    return OpenSource(size_bytes, pieces, download.type_to_send(listed, answer, head))


def _opened(listed: ListedFile, answer: AnswerHead, spool: EncryptedSpool) -> OpenSource:
    head = _head_of(spool)
    download.check_body(listed, answer, FileBody(size_bytes=spool.size_bytes, head=head))
    return OpenSource(spool.size_bytes, spool.read(), download.type_to_send(listed, answer, head))


def _head_of(spool: EncryptedSpool) -> bytes:
    return next(spool.read(), b"")[:HEAD_BYTES]


def _guarded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    with speaking_to(NAME):
        yield from pieces


def peeked(pieces: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and an iterator over all bytes, the first ones included."""
    rest = iter(pieces)
    seen: list[bytes] = []
    size_bytes = 0
    while size_bytes < HEAD_BYTES and (piece := next(rest, None)) is not None:
        seen.append(piece)
        size_bytes += len(piece)
    return b"".join(seen)[:HEAD_BYTES], chain(seen, rest)
