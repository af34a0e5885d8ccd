"""Checks before an upload: the policy on what is declared, the policy on the first bytes, the virus scanner.

Nothing that was refused, or not scanned where scanning is on, reaches C4C. Without a scanner the bytes are streamed;
with one they wait in an encrypted spool file for the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from attachment_transfer.clients.body import EncryptedSpool
from attachment_transfer.clients.cmi.downloads import OpenSource, peeked
from attachment_transfer.core.errors import AttachmentRefused, NeighbourUnavailable, NotWanted
from attachment_transfer.core.model import SourceAttachment
from attachment_transfer.core.policy import Policy, RefuseFile, SkipFile, Verdict

#: Returns only if the bytes are clean; raises AttachmentRefused or ScannerUnavailable.
Scan = Callable[[Iterable[bytes]], None]


class Inspector:
    """Applies the policy and, where there is one, the scanner."""

    def __init__(self, policy: Policy, *, scan: Scan | None = None) -> None:
        self._policy = policy
        self._scan = scan

    def judge(self, source: SourceAttachment) -> None:
        """Decide from what is declared. Raises NotWanted (skip it) or AttachmentRefused (park it)."""
        _enforce(self._policy.by_declaration(source))

    @contextmanager
    def passed(self, source: SourceAttachment, opened: OpenSource) -> Iterator[OpenSource]:
        """The opened source, once its bytes may be uploaded. Raises AttachmentRefused and ScannerUnavailable."""
        head, pieces = peeked(opened.pieces)
        _enforce(self._policy.by_content(source, head=head, size_bytes=opened.size_bytes))
        if self._scan is None:
            yield replace(opened, pieces=pieces)
            return
        spool = EncryptedSpool()
        try:
            spool.fill(pieces, limit_bytes=self._policy.max_bytes)
            if spool.size_bytes != opened.size_bytes:
                raise NeighbourUnavailable(f"CMI announced {opened.size_bytes} bytes and sent {spool.size_bytes}")
            self._scan(spool.read())
            yield replace(opened, pieces=spool.read())
        finally:
            spool.close()


def _enforce(verdict: Verdict) -> None:
    match verdict:
        case SkipFile(reason=reason):
            raise NotWanted.because(reason)
        case RefuseFile(reason=reason):
            raise AttachmentRefused.because(reason)
