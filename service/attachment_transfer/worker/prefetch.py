"""The next file of a chat is fetched while the present one is uploaded: a round then waits for the slower of both, not
for one after the other, and occupies its slot at C4C for a shorter time.

Only reads, and only CMI: what is uploaded, and what is known of it, does not change. A fetched file waits in an
encrypted spool file. A failure is ignored here: the file is fetched again at its turn, where failures are recorded.
Only a Retry-After counts: then the file's turn fails with it, and no second request comes before its time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise

import structlog

from attachment_transfer.clients.body import EncryptedSpool
from attachment_transfer.clients.cmi.client import CmiClient
from attachment_transfer.clients.cmi.downloads import OpenSource
from attachment_transfer.core.errors import TryAgain
from attachment_transfer.core.model import Attachment
from attachment_transfer.worker.sources import open_source

_log = structlog.get_logger(__name__)


class _Dropped(Exception):
    """The file is not needed any more."""


class _Fetch:
    """One file on its way into a spool file."""

    def __init__(self, attachment: Attachment, cmi: CmiClient, *, most_bytes: int) -> None:
        self._source = attachment.source
        self._most_bytes = most_bytes
        self._dropped = threading.Event()
        self._spool: EncryptedSpool | None = None
        self._content_type = ""
        self._busy: TryAgain | None = None
        # Its client keeps the transfer's credentials in memory until it ends.
        self._thread = threading.Thread(target=self._fetch, args=(cmi,), name="prefetch", daemon=True)
        self._thread.start()

    def _fetch(self, cmi: CmiClient) -> None:
        spool = EncryptedSpool()
        try:
            with cmi.open(self._source) as opened:
                if opened.size_bytes <= self._most_bytes:
                    spool.fill(self._wanted(opened.pieces), limit_bytes=self._most_bytes)
                    if spool.size_bytes == opened.size_bytes:
                        self._spool, self._content_type = spool, opened.content_type
        except TryAgain as exc:
            self._busy = exc if exc.retry_after_s is not None else None
        except Exception as exc:  # noqa: BLE001 - fetched again at its turn, where failures are recorded
            _log.debug("not fetched ahead", error=type(exc).__name__)
        finally:
            if self._spool is None:
                spool.close()

    def _wanted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            if self._dropped.is_set():
                raise _Dropped
            yield piece

    @contextmanager
    def taken(self, attachment: Attachment, *, patience_s: float) -> Iterator[OpenSource | None]:
        """The file, if it was fetched in time and its address has not changed.

        Raises TryAgain if CMI answered with Retry-After.
        """
        self._thread.join(patience_s)
        if self._thread.is_alive() or attachment.source.href != self._source.href:
            self.drop()
            yield None
            return
        if self._busy is not None:
            raise self._busy
        try:
            yield self._opened()
        finally:
            if self._spool is not None:
                self._spool.close()

    def _opened(self) -> OpenSource | None:
        if self._spool is None:
            return None
        return OpenSource(self._spool.size_bytes, self._spool.read(), self._content_type)

    def drop(self) -> None:
        """Discard it; a fetch that is running ends by itself."""
        self._dropped.set()
        threading.Thread(target=self._close, name="prefetch-end", daemon=True).start()

    def _close(self) -> None:
        self._thread.join()
        if self._spool is not None:
            self._spool.close()


class Prefetcher:
    """At most one file ahead per round.

    Args:
        most_bytes: larger files are not fetched ahead; 0 = none are.
        patience_s: how long a file's turn waits for a running fetch, in seconds, before it fetches the file itself.
    """

    def __init__(self, *, most_bytes: int, patience_s: float) -> None:
        self._most_bytes = most_bytes
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._orders: dict[str, list[Attachment]] = {}
        self._ahead: dict[str, tuple[str, _Fetch]] = {}

    def plan(self, transfer_id: str, attachments: Sequence[Attachment]) -> None:
        """The order in which this round carries its files."""
        self.forget(transfer_id)
        if self._most_bytes and len(attachments) > 1:
            with self._lock:
                self._orders[transfer_id] = list(attachments)

    def begin_after(self, attachment: Attachment, cmi: CmiClient) -> None:
        """Begin to fetch the file that follows this one."""
        with self._lock:
            order = self._orders.get(attachment.transfer_id, [])
            following = next((b for a, b in pairwise(order) if a.id == attachment.id), None)
            if following is None or attachment.transfer_id in self._ahead or not self._is_small(following):
                return
            fetch = _Fetch(following, cmi.limited(self._most_bytes), most_bytes=self._most_bytes)
            self._ahead[attachment.transfer_id] = (following.id, fetch)

    def _is_small(self, attachment: Attachment) -> bool:
        size_bytes = attachment.source.declared_size_bytes
        return not attachment.source.is_transcript and size_bytes is not None and size_bytes <= self._most_bytes

    @contextmanager
    def opened(self, attachment: Attachment, cmi: CmiClient) -> Iterator[OpenSource]:
        """The file to be read once, fetched ahead or not. Raises what the CMI client raises."""
        fetch = self._fetch_of(attachment)
        with ExitStack() as stack:
            source = stack.enter_context(fetch.taken(attachment, patience_s=self._patience_s)) if fetch else None
            yield source or stack.enter_context(open_source(attachment.source, cmi))

    def _fetch_of(self, attachment: Attachment) -> _Fetch | None:
        with self._lock:
            attachment_id, fetch = self._ahead.pop(attachment.transfer_id, ("", None))
        if fetch is not None and attachment_id != attachment.id:
            fetch.drop()
            return None
        return fetch

    def rounds(self) -> set[str]:
        """Transfers that have an order or a file ahead."""
        with self._lock:
            return self._orders.keys() | self._ahead.keys()

    def forget(self, transfer_id: str) -> None:
        """The round is over."""
        with self._lock:
            self._orders.pop(transfer_id, None)
            _, fetch = self._ahead.pop(transfer_id, ("", None))
        if fetch is not None:
            fetch.drop()
