"""Carry one attachment: intent, upload, look, verify. The heart of the service.

At most one object per attachment exists at C4C, provided that C4C commits within the settle time:

1. An open intent of an earlier attempt means that its upload may exist. Wait until its deadline plus the settle
   time has passed, list the activity, adopt what carries our key; only if nothing does may we post again.
2. Write the intent. From here on a crash is ambiguous, and the ledger says so.
3. POST under a hard deadline. A definite refusal closes the intent; silence does not.
4. Look: read the object back, compare size and, where switched on, digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import structlog

from attachment_transfer.clients.body import UploadBody
from attachment_transfer.clients.c4c.client import CsrfTokenMissing, NewAttachment
from attachment_transfer.clients.c4c.metadata import AttachmentNavigation
from attachment_transfer.core.errors import (
    DigestMismatch,
    GiveUp,
    NotWanted,
    OutcomeUnknown,
    Reason,
    TransferError,
    TryAgain,
    UnexpectedAnswer,
)
from attachment_transfer.core.model import ActivityRef, Attachment, C4cObject, UploadIntent
from attachment_transfer.core.names import carries_key, key_title, name_with_key
from attachment_transfer.core.policy import Policy
from attachment_transfer.core.retry import StopRetrying, counted_tries, decide
from attachment_transfer.core.states import TERMINAL_ATTACHMENT, AttachmentState
from attachment_transfer.core.transcript import sha256_of
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.telemetry import metrics
from attachment_transfer.worker.inspection import Inspector
from attachment_transfer.worker.neighbours import Limits, NeighbourClients
from attachment_transfer.worker.prefetch import Prefetcher
from attachment_transfer.worker.sources import present_transcript

_log = structlog.get_logger(__name__)

#: A web page in place of the stored bytes has less; what is still longer than the file by this is not the file.
_READ_BACK_SLACK_BYTES = 1024 * 1024
_READ_BACK_REMEDY = (
    "Download the object in C4C and compare it with the customer's file: a page or a proxy may have answered in its "
    "place. Delete nothing before; then retry the transfer."
)
_SEVERAL_REMEDY = (
    "Open these objects in C4C and compare each with the customer's file. Only where at least two of them are the "
    "whole file may one be removed there. Then retry the transfer: the object that is left is taken over."
)
_NAMED_OBJECTS = 5


@dataclass(frozen=True)
class TargetActivity:
    """Where the files of this round go."""

    activity: ActivityRef
    navigation: AttachmentNavigation


@dataclass(frozen=True, kw_only=True)
class CarryResult:
    """What became of one attachment in this round. Small and secret-free: the durable engine stores it.

    Attributes:
        error: the reason code if it went wrong, else None.
        stop_round: True if the credential or a right is missing: the other files would meet the same, and a user
            that fails too often is locked.
    """

    state: AttachmentState
    error: str | None = None
    stop_round: bool = False


class AttachmentCarrier:
    """Carries attachments. Everything from outside (time, chance) is handed in.

    Args:
        settle_s: how long after the end of a POST C4C may still commit it, in seconds.
        verify_digest: download each stored object again and compare its sha256.
        predecessors_dead_at_s: when every earlier worker was known to be dead (epoch seconds), where that is known:
            the embedded mode's file lock proves it.
        inspector: policy and scanner; by default every file up to the limits' size is carried unscanned.
        prefetcher: fetches the next file during an upload; by default none is.
    """

    def __init__(
        self,
        store: RoundStore,
        *,
        limits: Limits,
        settle_s: float,
        verify_digest: bool,
        now_s: Callable[[], float],
        monotonic_s: Callable[[], float],
        jitter: Callable[[], float],
        predecessors_dead_at_s: float | None = None,
        inspector: Inspector | None = None,
        prefetcher: Prefetcher | None = None,
    ) -> None:
        self._store = store
        self._limits = limits
        self._settle_s = settle_s
        self._verify_digest = verify_digest
        self._now_s = now_s
        self._monotonic_s = monotonic_s
        self._jitter = jitter
        self._predecessors_dead_at_s = predecessors_dead_at_s
        self.prefetcher = prefetcher or Prefetcher(most_bytes=0, patience_s=0.0)
        self._inspector = inspector or Inspector(Policy(max_bytes=limits.attachment_bytes))

    def carry(self, attachment_id: str, neighbours: NeighbourClients, target: TargetActivity) -> CarryResult:
        """Bring one attachment as far as this round can. Never raises for trouble with files or neighbours."""
        attachment = self._store.attachment(attachment_id)
        if attachment.state in TERMINAL_ATTACHMENT:
            return CarryResult(state=attachment.state)
        if attachment.retry_at_s is not None and attachment.retry_at_s > self._now_s() + 0.5:
            return CarryResult(state=attachment.state)
        try:
            return self._carry(attachment, neighbours, target)
        except NotWanted as exc:
            return self._skip(attachment_id, exc)
        except TryAgain as exc:
            return self._again(attachment_id, exc)
        except GiveUp as exc:
            return self._park(attachment_id, exc)

    def turned_away(self, attachment: Attachment) -> bool:
        """Skip or park by what is declared, before an activity is looked for; what may be at C4C is left to carry."""
        if self._store.open_intent(attachment.id) is not None or attachment.attempts:
            return False
        try:
            self._inspector.judge(attachment.source)
        except NotWanted as exc:
            self._skip(attachment.id, exc)
            return True
        except GiveUp as exc:
            self._park(attachment.id, exc)
            return True
        return False

    def put_off(self, attachment_id: str, exc: TransferError) -> CarryResult:
        """Book trouble that came before the attachment's own protocol began; an open intent stays open."""
        exc.may_exist = self._store.open_intent(attachment_id) is not None
        if isinstance(exc, GiveUp):
            return self._park(attachment_id, exc)
        return self._again(attachment_id, exc if isinstance(exc, TryAgain) else TryAgain(exc.message))

    def _carry(self, attachment: Attachment, neighbours: NeighbourClients, target: TargetActivity) -> CarryResult:
        found = self._earlier_upload(attachment, neighbours, target)
        if found is not None:
            with _upload_may_exist():
                return self._keep(attachment, found, neighbours, target, sent_sha256=None, how="adopted")
        attachment = self._up_to_date(attachment, neighbours)
        self._inspector.judge(attachment.source)
        object_id, body = self._upload(attachment, neighbours, target)
        with _upload_may_exist():
            attachment = replace(self._store.attachment(attachment.id), size_bytes=body.size_bytes)
            stored = self._find(attachment, object_id, neighbours, target)
            return self._keep(attachment, stored, neighbours, target, sent_sha256=body.sha256, how="stored")

    def _earlier_upload(
        self, attachment: Attachment, neighbours: NeighbourClients, target: TargetActivity
    ) -> C4cObject | None:
        """What an earlier attempt left at C4C, if anything. The first attempt has nothing to look for."""
        intent = self._store.open_intent(attachment.id)
        if intent is not None:
            with _upload_may_exist():
                return self._look_for(attachment, intent, neighbours, target)
        return self._by_key(attachment, neighbours, target) if attachment.attempts else None

    def _up_to_date(self, attachment: Attachment, neighbours: NeighbourClients) -> Attachment:
        """A transcript that has grown since it was noted is carried as it stands now, unless another one does that."""
        if not attachment.source.is_transcript:
            return attachment
        present = present_transcript(attachment.source, neighbours.cmi)
        if present.source_id == attachment.source.source_id:
            return attachment
        renewed = self._store.renew(attachment, present)
        if renewed is None:
            raise NotWanted("the chat has a longer transcript, which is carried instead")
        return renewed

    def _look_for(
        self, attachment: Attachment, intent: UploadIntent, neighbours: NeighbourClients, target: TargetActivity
    ) -> C4cObject | None:
        """Adopt or clear an earlier upload of unknown outcome; too early to tell raises :class:`OutcomeUnknown`."""
        ended_at_s = intent.deadline_at_s
        if self._predecessors_dead_at_s is not None and intent.started_at_s < self._predecessors_dead_at_s:
            # Who posted is known to be dead, and its connections with it.
            ended_at_s = min(ended_at_s, self._predecessors_dead_at_s)
        wait_s = ended_at_s + self._settle_s - self._now_s()
        if wait_s > 0.5:
            raise OutcomeUnknown("an earlier upload may still be committed", retry_after_s=wait_s)
        found = self._by_key(attachment, neighbours, target)
        if found is None:
            self._store.close_intents(attachment.id, "absent")
        return found

    def _by_key(self, attachment: Attachment, neighbours: NeighbourClients, target: TargetActivity) -> C4cObject | None:
        listed = neighbours.c4c.attachments(target.activity, target.navigation)
        ours = [item for item in listed if carries_key(attachment.key, title=item.title, name=item.name)]
        if len(ours) > 1:
            raise UnexpectedAnswer(_several(ours), remedy=_SEVERAL_REMEDY)
        return ours[0] if ours else None

    def _upload(
        self, attachment: Attachment, neighbours: NeighbourClients, target: TargetActivity
    ) -> tuple[str | None, UploadBody]:
        try:
            return self._post(attachment, neighbours, target)
        except CsrfTokenMissing:
            # Once: the token is for business users; a second refusal is a missing role, not a missing token.
            neighbours.c4c.fetch_csrf_token(target.activity.service)
            try:
                return self._post(self._store.attachment(attachment.id), neighbours, target)
            except CsrfTokenMissing as exc:
                raise UnexpectedAnswer("C4C refused the CSRF token that it issued") from exc

    def _post(
        self, attachment: Attachment, neighbours: NeighbourClients, target: TargetActivity
    ) -> tuple[str | None, UploadBody]:
        with (
            self.prefetcher.opened(attachment, neighbours.cmi) as opened,
            self._inspector.passed(attachment.source, opened) as source,
        ):
            budget_s = self._limits.upload_budget_s(source.size_bytes)
            end_s = self._monotonic_s() + budget_s
            body = UploadBody(
                source.pieces,
                size_bytes=source.size_bytes,
                fields=neighbours.c4c.fields(
                    _described(attachment, source.content_type, in_title=neighbours.c4c.takes_title(target.navigation))
                ),
                out_of_time=lambda: self._monotonic_s() > end_s,
            )
            deadline_at_s = self._now_s() + budget_s + self._limits.read_s
            intent = self._store.begin_upload(attachment.id, deadline_at_s=deadline_at_s)
            self.prefetcher.begin_after(attachment, neighbours.cmi)
            try:
                object_id = neighbours.c4c.upload(target.activity, target.navigation, body, budget_s=budget_s)
            except Exception as exc:
                self._store.end_upload(intent, refused=isinstance(exc, TransferError) and not exc.may_exist)
                raise
            self._store.end_upload(intent, refused=False)
            return object_id, body

    def _find(
        self, attachment: Attachment, object_id: str | None, neighbours: NeighbourClients, target: TargetActivity
    ) -> C4cObject:
        found = (
            neighbours.c4c.attachment(target.activity, target.navigation, object_id)
            if object_id
            else self._by_key(attachment, neighbours, target)
        )
        if found is None:
            raise OutcomeUnknown("C4C took the upload and does not show the object yet")
        return found

    def _keep(
        self,
        attachment: Attachment,
        found: C4cObject,
        neighbours: NeighbourClients,
        target: TargetActivity,
        *,
        sent_sha256: str | None,
        how: str,
    ) -> CarryResult:
        """Verify, then settle this attachment."""
        size_bytes, sha256 = attachment.size_bytes, sent_sha256
        if sha256 is None:
            size_bytes, sha256 = self._source_digest(attachment, neighbours)
        if found.size_bytes is not None and found.size_bytes != size_bytes:
            raise DigestMismatch(
                f"C4C holds {found.size_bytes} bytes in object {found.object_id}, the source has {size_bytes}"
            )
        if self._verify_digest:
            self._compare_bytes(found, size_bytes, sha256, neighbours, target)
        self._store.stored(attachment, object_id=found.object_id, size_bytes=size_bytes, sha256=sha256, how=how)
        metrics.KEPT.labels(how).inc()
        metrics.KEPT_BYTES.labels(how).inc(size_bytes or 0)
        _log.info("attachment kept", action=how, attachment_id=attachment.id, size_bytes=size_bytes)
        return CarryResult(state=AttachmentState.STORED)

    def _compare_bytes(
        self,
        found: C4cObject,
        size_bytes: int | None,
        sha256: str,
        neighbours: NeighbourClients,
        target: TargetActivity,
    ) -> None:
        """Read the stored bytes again. Raises :class:`DigestMismatch`, or UnexpectedAnswer if other bytes came."""
        at_most_bytes = max(size_bytes or 0, found.size_bytes or 0) + _READ_BACK_SLACK_BYTES
        read_bytes, read_sha256 = neighbours.c4c.digest(
            target.activity, target.navigation, found.object_id, at_most_bytes=at_most_bytes
        )
        if read_sha256 == sha256:
            return
        if found.size_bytes is not None and found.size_bytes == size_bytes != read_bytes:
            raise UnexpectedAnswer(
                f"C4C lists object {found.object_id} with {size_bytes:,} bytes, as sent; {read_bytes:,} came",
                remedy=_READ_BACK_REMEDY,
            )
        raise DigestMismatch(
            f"object {found.object_id} at C4C has sha256 {read_sha256[:12]}…, the source {sha256[:12]}…"
        )

    def _source_digest(self, attachment: Attachment, neighbours: NeighbourClients) -> tuple[int, str]:
        """An adopted upload was sent by a process that died with its digest: read the source once more."""
        if attachment.source.is_transcript:
            return attachment.source.declared_size_bytes or 0, sha256_of(attachment.source)
        with neighbours.cmi.open(attachment.source) as source:
            body = UploadBody(source.pieces, size_bytes=source.size_bytes, fields={})
            for _ in body:
                pass
            return body.sent_bytes, body.sha256

    def _again(self, attachment_id: str, exc: TryAgain) -> CarryResult:
        attachment = self._store.attachment(attachment_id)
        if attachment.state in TERMINAL_ATTACHMENT:  # cancelled meanwhile, or ended by another round
            return CarryResult(state=attachment.state, error=exc.code)
        ambiguous = exc.may_exist
        minimum_s = max(self._settle_s if ambiguous else 0.0, exc.retry_after_s or 0.0)
        is_new = attachment.reason is None or attachment.reason.code != exc.code
        tries = counted_tries(attachment.tries + 1, reason_is_new=is_new)
        decision = decide(exc.code, tries=tries, retry_after_s=minimum_s, jitter=self._jitter())
        if isinstance(decision, StopRetrying):
            reason = Reason(
                code=exc.given_up_code or exc.code,
                message=f"{exc.message}; given up after {attachment.tries} retries",
                remedy=exc.remedy,
            )
            self._store.park(attachment, reason)
            metrics.PARKED.labels(reason.code).inc()
            return CarryResult(state=AttachmentState.PARKED, error=reason.code)
        state = AttachmentState.AMBIGUOUS if ambiguous else AttachmentState.OPEN
        self._store.put_off(attachment, state, exc.reason, retry_at_s=self._now_s() + decision.delay_s)
        metrics.RETRIES.labels(exc.code).inc()
        _log.warning(
            "attachment put off",
            attachment_id=attachment_id,
            reason=exc.code,
            delay_s=round(decision.delay_s, 1),
        )
        return CarryResult(state=state, error=exc.code)

    def _skip(self, attachment_id: str, exc: NotWanted) -> CarryResult:
        attachment = self._store.attachment(attachment_id)
        if attachment.state not in TERMINAL_ATTACHMENT:
            self._store.skip(attachment, exc.reason)
            _log.info("attachment skipped", attachment_id=attachment_id, reason=exc.code)
        return CarryResult(state=self._store.attachment(attachment_id).state)

    def _park(self, attachment_id: str, exc: GiveUp) -> CarryResult:
        attachment = self._store.attachment(attachment_id)
        stop_round = exc.code in {"credential-refused", "access-denied"}
        if attachment.state in TERMINAL_ATTACHMENT:
            return CarryResult(state=attachment.state, error=exc.code, stop_round=stop_round)
        self._store.park(attachment, exc.reason)
        metrics.PARKED.labels(exc.code).inc()
        _log.error("attachment parked", attachment_id=attachment_id, reason=exc.code)
        return CarryResult(state=AttachmentState.PARKED, error=exc.code, stop_round=stop_round)


def _several(ours: list[C4cObject]) -> str:
    """Two or more ObjectIDs with one key, and whether they may be the same file."""
    named = ", ".join(
        item.object_id if item.size_bytes is None else f"{item.object_id} ({item.size_bytes:,} bytes)"
        for item in ours[:_NAMED_OBJECTS]
    )
    more = f" and {len(ours) - _NAMED_OBJECTS} more" if len(ours) > _NAMED_OBJECTS else ""
    sizes = {item.size_bytes for item in ours}
    sizes_text = (
        "their sizes are not known"
        if None in sizes
        else f"their sizes are {'equal' if len(sizes) == 1 else 'not equal'}"
    )
    return f"{len(ours)} objects at C4C carry the key of this attachment: {named}{more}; {sizes_text}"


@contextmanager
def _upload_may_exist() -> Iterator[None]:
    """Whatever fails in here, an upload of ours may exist at C4C."""
    try:
        yield
    except TransferError as exc:
        exc.may_exist = True
        raise


def _described(attachment: Attachment, content_type: str, *, in_title: bool) -> NewAttachment:
    """Name, type and key of the upload; the key travels in Title where it can be set, else in the name.

    Args:
        content_type: without parameters: CMI calls a voice note ``audio/ogg; codecs=opus``, C4C's samples know bare
            types.
    """
    name = attachment.target_name
    return NewAttachment(
        name=name if in_title else name_with_key(name, attachment.key),
        content_type=content_type,
        title=key_title(attachment.key) if in_title else None,
    )
