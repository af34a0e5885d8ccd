"""Carry one attachment in this round, and record how that ended: stored, skipped, put off, or parked for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from attachment_transfer.core.errors import (
    AccessDenied,
    CredentialRefused,
    GiveUp,
    NeighbourBusy,
    NotWanted,
    Reason,
    TryAgain,
)
from attachment_transfer.core.model import Attachment
from attachment_transfer.core.retry import StopRetrying, counted_tries, decide
from attachment_transfer.core.states import TERMINAL_ATTACHMENT, AttachmentState
from attachment_transfer.engine.workflow import CarriedOne
from attachment_transfer.telemetry import metrics
from attachment_transfer.worker.attempt import Attempt, AttemptRules, Kept, TargetActivity
from attachment_transfer.worker.neighbours import NeighbourClients

_log = structlog.get_logger(__name__)


class AttachmentCarrier:
    """Carries attachments. Everything from outside (time, chance) is passed in.

    Args:
        jitter: a random number in [0, 1).
    """

    def __init__(self, rules: AttemptRules, *, jitter: Callable[[], float]) -> None:
        self._rules = rules
        self._store = rules.store
        self._jitter = jitter
        #: Until when a neighbour asked for patience, by transfer, in the round that runs.
        self._busy_until_s: dict[str, float] = {}

    def begin(self, transfer_id: str, order: Sequence[Attachment]) -> None:
        """A round begins to carry these attachments, in this order."""
        self._busy_until_s.pop(transfer_id, None)
        self._rules.prefetcher.plan(transfer_id, order)

    def rounds(self) -> set[str]:
        """Transfers of which something is remembered until their round is over."""
        return self._busy_until_s.keys() | self._rules.prefetcher.rounds()

    def forget(self, transfer_id: str) -> None:
        """The round is over."""
        self._busy_until_s.pop(transfer_id, None)
        self._rules.prefetcher.forget(transfer_id)

    def carry(self, attachment_id: str, clients: NeighbourClients, target: TargetActivity) -> CarriedOne:
        """Bring one attachment as far as this round can. Never raises for trouble with files or neighbours."""
        attachment = self._store.attachment(attachment_id)
        if attachment.state in TERMINAL_ATTACHMENT:
            return CarriedOne()
        if attachment.retry_at_s is not None and attachment.retry_at_s > self._rules.now_s() + 0.5:
            return CarriedOne()
        try:
            return self._keep(self._attempted(attachment, clients, target))
        except NotWanted as exc:
            return self._skip(attachment_id, exc)
        except TryAgain as exc:
            return self._again(attachment_id, exc)
        except GiveUp as exc:
            return self._park(attachment_id, exc)

    def _attempted(self, attachment: Attachment, clients: NeighbourClients, target: TargetActivity) -> Kept:
        wait_s = self._busy_until_s.get(attachment.transfer_id, 0.0) - self._rules.now_s()
        if wait_s > 0:
            busy = NeighbourBusy("a neighbour asked for patience", retry_after_s=wait_s)
            busy.may_exist = self._store.open_intent(attachment.id) is not None
            raise busy
        return Attempt(self._rules, attachment, clients, target).run()

    def excluded(self, attachment: Attachment) -> bool:
        """Skip or park by what is declared, before the activity is searched. What may be at C4C is not checked."""
        if self._store.open_intent(attachment.id) is not None or attachment.attempts:
            return False
        try:
            self._rules.inspector.judge(attachment.source)
        except NotWanted as exc:
            self._skip(attachment.id, exc)
            return True
        except GiveUp as exc:
            self._park(attachment.id, exc)
            return True
        return False

    def put_off(self, attachment_id: str, exc: TryAgain | GiveUp) -> CarriedOne:
        """Record trouble that came before the attachment's own protocol began; an open intent stays open."""
        exc.may_exist = self._store.open_intent(attachment_id) is not None
        if isinstance(exc, GiveUp):
            return self._park(attachment_id, exc)
        return self._again(attachment_id, exc)

    def _keep(self, kept: Kept) -> CarriedOne:
        size_bytes, sha256 = kept.source
        self._store.stored(
            kept.attachment, object_id=kept.object_id, size_bytes=size_bytes, sha256=sha256, how=kept.how
        )
        metrics.KEPT.labels(kept.how).inc()
        metrics.KEPT_BYTES.labels(kept.how).inc(size_bytes or 0)
        _log.info("attachment kept", action=kept.how, attachment_id=kept.attachment.id, size_bytes=size_bytes)
        return CarriedOne()

    def _again(self, attachment_id: str, exc: TryAgain) -> CarriedOne:
        attachment = self._store.attachment(attachment_id)
        if attachment.state in TERMINAL_ATTACHMENT:  # cancelled meanwhile, or ended by another round
            return CarriedOne(exc.code)
        if exc.retry_after_s and exc.concerns_all_files:
            self._busy_until_s[attachment.transfer_id] = self._rules.now_s() + exc.retry_after_s
        ambiguous = exc.may_exist
        minimum_s = max(self._rules.settle_s if ambiguous else 0.0, exc.retry_after_s or 0.0)
        is_new = attachment.reason is None or attachment.reason.code != exc.code
        tries = counted_tries(attachment.tries + 1, reason_is_new=is_new)
        decision = decide(exc.code, tries=tries, retry_after_s=minimum_s, jitter=self._jitter())
        if isinstance(decision, StopRetrying):
            retries = "1 retry" if attachment.tries == 1 else f"{attachment.tries} retries"
            message = f"{exc.message}; given up after {retries}"
            reason = Reason(code=exc.given_up_code or exc.code, message=message, remedy=exc.remedy)
            return self._parked(attachment, reason)
        state = AttachmentState.AMBIGUOUS if ambiguous else AttachmentState.OPEN
        self._store.put_off(attachment, state, exc.reason, retry_at_s=self._rules.now_s() + decision.delay_s)
        metrics.RETRIES.labels(exc.code).inc()
        _log.warning(
            "attachment put off",
            attachment_id=attachment_id,
            reason=exc.code,
            delay_s=round(decision.delay_s, 1),
        )
        return CarriedOne(exc.code)

    def _skip(self, attachment_id: str, exc: NotWanted) -> CarriedOne:
        attachment = self._store.attachment(attachment_id)
        if attachment.state not in TERMINAL_ATTACHMENT:
            self._store.skip(attachment, exc.reason)
            _log.info("attachment skipped", attachment_id=attachment_id, reason=exc.code)
        return CarriedOne()

    def _park(self, attachment_id: str, exc: GiveUp) -> CarriedOne:
        attachment = self._store.attachment(attachment_id)
        # The other files would meet the same, and a user that fails too often is locked.
        stop_round = isinstance(exc, CredentialRefused | AccessDenied)
        if attachment.state in TERMINAL_ATTACHMENT:
            return CarriedOne(exc.code, stop_round)
        return self._parked(attachment, exc.reason, stop_round=stop_round)

    def _parked(self, attachment: Attachment, reason: Reason, *, stop_round: bool = False) -> CarriedOne:
        self._store.park(attachment, reason)
        metrics.PARKED.labels(reason.code).inc()
        _log.error("attachment parked", attachment_id=attachment.id, reason=reason.code)
        return CarriedOne(reason.code, stop_round)
