"""One attempt to bring one attachment to C4C: intent, upload, read back, verify. The heart of the service.

At most one object per attachment exists at C4C, provided that C4C commits within the settle time:

1. An open intent of an earlier attempt means that its upload may exist. Wait until its deadline plus the settle
   time has passed, list the activity, adopt what carries our key; post again only if no object does. An upload
   that C4C acknowledged is never posted again by itself.
2. Write the intent. From here on a crash leaves the outcome unknown, and the ledger says so.
3. POST under a hard deadline. A definite refusal closes the intent; a missing answer does not.
4. Read the object back, compare its size and, where switched on, its digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from attachment_transfer.clients.body import UploadBody
from attachment_transfer.clients.c4c.client import NewAttachment
from attachment_transfer.clients.c4c.metadata import AttachmentNavigation
from attachment_transfer.core.answers.c4c import CsrfTokenMissing
from attachment_transfer.core.errors import (
    DigestMismatch,
    NotShownYet,
    NotWanted,
    OutcomeUnknown,
    StillCommitting,
    TransferError,
    UnexpectedAnswer,
)
from attachment_transfer.core.model import ActivityRef, Attachment, C4cObject, UploadIntent
from attachment_transfer.core.names import carries_key, key_title, name_with_key
from attachment_transfer.core.transcript import sha256_of
from attachment_transfer.ledger.attachment_store import AttachmentStore
from attachment_transfer.worker.inspection import Inspector
from attachment_transfer.worker.neighbours import Limits, NeighbourClients
from attachment_transfer.worker.prefetch import Prefetcher
from attachment_transfer.worker.sources import present_transcript

#: A web page in place of the stored bytes is smaller; what is longer than the file by more than this is not the file.
_READ_BACK_SLACK_BYTES = 1024 * 1024
_READ_BACK_REMEDY = (
    "Download the object in C4C and compare it with the customer's file: a page or a proxy may have answered in its "
    "place. Delete nothing before; then retry the transfer."
)
_SEVERAL_REMEDY = (
    "Open these objects in C4C and compare each with the customer's file. Only where at least two of them are the "
    "whole file may one be removed there. Then retry the transfer: the object that is left is adopted."
)
_NAMED_OBJECTS = 5


@dataclass(frozen=True)
class TargetActivity:
    """Where the files of this round go."""

    activity: ActivityRef
    navigation: AttachmentNavigation


@dataclass(frozen=True, kw_only=True)
class AttemptRules:
    """What all attempts of a process share. Everything from outside (the clocks) is passed in.

    Attributes:
        settle_s: how long after the end of a POST C4C may still commit it, in seconds.
        verify_digest: download each stored object again and compare its sha256.
        now_s, monotonic_s: the service's clock (epoch seconds) and a steady one.
        inspector: policy and virus scanner.
        prefetcher: fetches the next file during an upload.
        predecessors_dead_at_s: when every earlier worker was known to be dead (epoch seconds), where that is known:
            the embedded mode's file lock proves it.
    """

    store: AttachmentStore
    limits: Limits
    settle_s: float
    verify_digest: bool
    now_s: Callable[[], float]
    monotonic_s: Callable[[], float]
    inspector: Inspector
    prefetcher: Prefetcher
    predecessors_dead_at_s: float | None = None


class Uploaded(NamedTuple):
    """An upload that C4C accepted. ``object_id`` is None where its answer names none."""

    object_id: str | None
    size_bytes: int
    sha256: str


class SourceDigest(NamedTuple):
    """The source file as CMI serves it."""

    size_bytes: int | None
    sha256: str


class Kept(NamedTuple):
    """The attachment is at C4C and verified. ``how``: ``stored`` now, or ``adopted`` from an earlier upload."""

    attachment: Attachment
    object_id: str
    source: SourceDigest
    how: str


class Attempt:
    """One attachment, the clients of its transfer and the activity it goes to."""

    def __init__(
        self, rules: AttemptRules, attachment: Attachment, clients: NeighbourClients, target: TargetActivity
    ) -> None:
        self._rules = rules
        self._store = rules.store
        self._attachment = attachment
        self._cmi = clients.cmi
        self._c4c = clients.c4c
        self._target = target

    def run(self) -> Kept:
        """Upload the attachment, or adopt an earlier upload. Raises NotWanted, TryAgain and GiveUp."""
        found = self._earlier_upload()
        if found is not None:
            with _upload_may_exist():
                return self._verified(found, self._source_digest(), how="adopted")
        self._follow_transcript()
        self._rules.inspector.judge(self._attachment.source)
        uploaded = self._upload()
        with _upload_may_exist():
            self._attachment = replace(self._store.attachment(self._attachment.id), size_bytes=uploaded.size_bytes)
            source = SourceDigest(uploaded.size_bytes, uploaded.sha256)
            return self._verified(self._read_back(uploaded.object_id), source, how="stored")

    def _earlier_upload(self) -> C4cObject | None:
        """What an earlier attempt left at C4C, if anything. A first attempt without an intent has left nothing."""
        intent = self._store.open_intent(self._attachment.id)
        if intent is not None:
            with _upload_may_exist():
                return self._resolved(intent)
        return self._by_key() if self._attachment.attempts else None

    def _resolved(self, intent: UploadIntent) -> C4cObject | None:
        """Find the upload of this intent, or close the intent. Raises StillCommitting while it is too early."""
        ended_at_s = intent.deadline_at_s
        dead_at_s = self._rules.predecessors_dead_at_s
        if dead_at_s is not None and intent.started_at_s < dead_at_s:
            # The process that posted is known to be dead, and its connections with it.
            ended_at_s = min(ended_at_s, dead_at_s)
        wait_s = ended_at_s + self._rules.settle_s - self._rules.now_s()
        if wait_s > 0.5:
            raise StillCommitting("an earlier upload may still be committed", retry_after_s=wait_s)
        found = self._by_key()
        if found is None and intent.acknowledged:
            raise NotShownYet("C4C acknowledged the upload and does not show the object")
        if found is None:
            self._store.close_intents(self._attachment.id, "absent")
        return found

    def _by_key(self) -> C4cObject | None:
        listed = self._c4c.attachments(self._target.activity, self._target.navigation)
        key = self._attachment.key
        ours = [item for item in listed if carries_key(key, title=item.title, name=item.name)]
        if len(ours) > 1:
            raise UnexpectedAnswer(_several(ours), remedy=_SEVERAL_REMEDY)
        return ours[0] if ours else None

    def _follow_transcript(self) -> None:
        """Carry a transcript that has grown since discovery in its newest version, unless another attachment does."""
        source = self._attachment.source
        if not source.is_transcript:
            return
        present = present_transcript(source, self._cmi)
        if present.source_id == source.source_id:
            return
        renewed = self._store.renew(self._attachment, present)
        if renewed is None:
            raise NotWanted("the chat has a longer transcript, which is carried instead")
        self._attachment = renewed

    def _upload(self) -> Uploaded:
        try:
            return self._post()
        except CsrfTokenMissing:
            # Once: the token is for business users; a second refusal is a missing role, not a missing token.
            self._c4c.fetch_csrf_token(self._target.activity.service)
            self._attachment = self._store.attachment(self._attachment.id)
            try:
                return self._post()
            except CsrfTokenMissing as exc:
                raise UnexpectedAnswer("C4C refused the CSRF token that it issued") from exc

    def _post(self) -> Uploaded:
        rules, attachment = self._rules, self._attachment
        with (
            rules.prefetcher.opened(attachment, self._cmi) as opened,
            rules.inspector.passed(attachment.source, opened) as source,
        ):
            budget_s = rules.limits.upload_budget_s(source.size_bytes)
            end_s = rules.monotonic_s() + budget_s
            body = UploadBody(
                source.pieces,
                size_bytes=source.size_bytes,
                fields=self._c4c.fields(self._described(source.content_type)),
                out_of_time=lambda: rules.monotonic_s() > end_s,
            )
            deadline_at_s = rules.now_s() + budget_s + rules.limits.read_s
            intent = self._store.begin_upload(attachment.id, deadline_at_s=deadline_at_s)
            rules.prefetcher.begin_after(attachment, self._cmi)
            return Uploaded(self._posted(intent, body, budget_s), body.size_bytes, body.sha256)

    def _posted(self, intent: UploadIntent, body: UploadBody, budget_s: float) -> str | None:
        """POST, and record how the POST ended. Returns the new ObjectID."""
        try:
            object_id = self._c4c.upload(self._target.activity, self._target.navigation, body, budget_s=budget_s)
        except Exception as exc:
            refused = isinstance(exc, TransferError) and not exc.may_exist
            self._store.end_upload(intent, "refused" if refused else "unknown")
            raise
        self._store.end_upload(intent, "unknown" if object_id is None else "acknowledged")
        return object_id

    def _described(self, content_type: str) -> NewAttachment:
        """Name, type and key of the upload; the key travels in Title where it can be set, else in the name.

        Args:
            content_type: without parameters: CMI calls a voice note ``audio/ogg; codecs=opus``, C4C's samples have
                bare types.
        """
        name, key = self._attachment.target_name, self._attachment.key
        in_title = self._c4c.takes_title(self._target.navigation)
        return NewAttachment(
            name=name if in_title else name_with_key(name, key),
            content_type=content_type,
            title=key_title(key) if in_title else None,
        )

    def _read_back(self, object_id: str | None) -> C4cObject:
        target = self._target
        found = self._c4c.attachment(target.activity, target.navigation, object_id) if object_id else self._by_key()
        if found is None:
            raise OutcomeUnknown("C4C accepted the upload and does not show the object yet")
        return found

    def _verified(self, found: C4cObject, source: SourceDigest, *, how: str) -> Kept:
        """Raise :class:`DigestMismatch` or :class:`UnexpectedAnswer` unless C4C has the source's bytes."""
        if found.size_bytes is not None and found.size_bytes != source.size_bytes:
            raise DigestMismatch(
                f"C4C has {found.size_bytes} bytes in object {found.object_id}, the source has {source.size_bytes}"
            )
        if self._rules.verify_digest:
            self._compare_bytes(found, source)
        return Kept(self._attachment, found.object_id, source, how)

    def _compare_bytes(self, found: C4cObject, source: SourceDigest) -> None:
        """Read the stored bytes again. Raises :class:`DigestMismatch`, or UnexpectedAnswer if other bytes came."""
        at_most_bytes = max(source.size_bytes or 0, found.size_bytes or 0) + _READ_BACK_SLACK_BYTES
        read_bytes, read_sha256 = self._c4c.digest(
            self._target.activity, self._target.navigation, found.object_id, at_most_bytes=at_most_bytes
        )
        if read_sha256 == source.sha256:
            return
        if found.size_bytes is not None and found.size_bytes == source.size_bytes != read_bytes:
            raise UnexpectedAnswer(
                f"C4C lists object {found.object_id} with {source.size_bytes:,} bytes, as sent; {read_bytes:,} came",
                remedy=_READ_BACK_REMEDY,
            )
        raise DigestMismatch(
            f"object {found.object_id} at C4C has sha256 {read_sha256[:12]}…, the source {source.sha256[:12]}…"
        )

    def _source_digest(self) -> SourceDigest:
        """An adopted upload was sent by a process that died with its digest: read the source once more."""
        source = self._attachment.source
        if source.is_transcript:
            return SourceDigest(source.declared_size_bytes or 0, sha256_of(source))
        with self._cmi.open(source) as opened:
            body = UploadBody(opened.pieces, size_bytes=opened.size_bytes, fields={})
            for _ in body:
                pass
            return SourceDigest(body.sent_bytes, body.sha256)


def _several(ours: list[C4cObject]) -> str:
    """Two or more ObjectIDs with one key, and whether they may be the same file."""
    named = ", ".join(
        item.object_id if item.size_bytes is None else f"{item.object_id} ({item.size_bytes:,} bytes)"
        for item in ours[:_NAMED_OBJECTS]
    )
    more = f" and {len(ours) - _NAMED_OBJECTS} more" if len(ours) > _NAMED_OBJECTS else ""
    sizes = {item.size_bytes for item in ours}
    comparison = (
        "their sizes are not known"
        if None in sizes
        else f"their sizes are {'equal' if len(sizes) == 1 else 'not equal'}"
    )
    return f"{len(ours)} objects at C4C carry the key of this attachment: {named}{more}; {comparison}"


@contextmanager
def _upload_may_exist() -> Iterator[None]:
    """Mark every error that is raised in this block: an upload of ours may exist at C4C."""
    try:
        yield
    except TransferError as exc:
        exc.may_exist = True
        raise
