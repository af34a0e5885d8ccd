"""Failures of a token issuer on demand: refusals, odd replies, bad tokens, keys and metadata that do not fit.

Each is planned for a number of times, like the kit's faults; :mod:`.bad_tokens` makes the tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from mock_kit.http.refusals import MissingItem
from mock_kit.journal.context import planned

#: Refusals of a token request: status, `error` of RFC 6749 (5.2) or a common extension, description.
REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "invalid_request": (400, "invalid_request", "the request is malformed"),
    "invalid_client": (401, "invalid_client", "unknown client or wrong client secret"),
    "invalid_grant": (400, "invalid_grant", "the grant is not accepted"),
    "unauthorized_client": (400, "unauthorized_client", "this client may not use this grant"),
    "unsupported_grant_type": (400, "unsupported_grant_type", "this grant is not supported"),
    "invalid_scope": (400, "invalid_scope", "the scope is not granted"),
    "too_many_requests": (429, "slow_down", "too many token requests"),
    "server_error": (500, "server_error", "the issuer failed"),
    "temporarily_unavailable": (503, "temporarily_unavailable", "the issuer is down for maintenance"),
}
#: Replies of status 200 that are not a proper token reply.
ODD_REPLIES = (
    "reply_not_json",
    "reply_empty",
    "reply_without_token",
    "reply_without_expiry",
    "reply_expiry_in_words",
    "reply_expiry_nan",
    "reply_expiry_negative",
    "reply_expiry_as_text",
    "reply_expires_at_once",
    "reply_other_token_type",
)
#: Tokens that a careful receiver refuses.
BAD_TOKENS = (
    "token_expired",
    "token_not_yet_valid",
    "token_without_expiry",
    "token_of_other_issuer",
    "token_for_other_audience",
    "token_of_other_scope",
    "token_without_scope",
    "token_signed_by_other_key",
    "token_of_unknown_key",
    "token_without_key_id",
    "token_unsigned",
    "token_signed_with_public_key",
    "token_tampered",
    "token_garbled",
    "token_revoked",
)
KEY_FAILURES = ("keys_unavailable", "keys_empty", "keys_garbled", "keys_outdated")
METADATA_FAILURES = ("metadata_unavailable", "metadata_of_other_issuer")
#: The kinds by the answer that they change.
KINDS_BY_ANSWER: Mapping[str, tuple[str, ...]] = {
    "refusal": tuple(REFUSALS),
    "reply": ODD_REPLIES,
    "token": BAD_TOKENS,
    "keys": KEY_FAILURES,
    "metadata": METADATA_FAILURES,
}
KINDS = tuple(kind for kinds in KINDS_BY_ANSWER.values() for kind in kinds)
RETRY_AFTER_S = 5


@dataclass(frozen=True, kw_only=True)
class PlannedFailure:
    """One planned failure.

    Attributes:
        left: how many more times it strikes; None = until it is removed.
        struck: how many times it has struck.
    """

    id: str
    kind: str
    left: int | None
    struck: int = 0

    def as_json(self) -> dict[str, Any]:
        """For the control API."""
        return {"id": self.id, "kind": self.kind, "left": self.left, "struck": self.struck}


class PlannedFailures:
    """The planned failures of one issuer; the first that fits strikes."""

    def __init__(self) -> None:
        self._planned: list[PlannedFailure] = []
        self._serial = 0
        self._lock = Lock()

    def plan(self, kind: str, times: int | None) -> PlannedFailure:
        """Plan a failure of one of ``KINDS``."""
        with self._lock:
            self._serial += 1
            failure = PlannedFailure(id=f"issuer-{self._serial}", kind=kind, left=times)
            self._planned.append(failure)
            return failure

    def strike(self, answer: str) -> str | None:
        """Use up one planned failure of that answer, a key of ``KINDS_BY_ANSWER``; its kind, or None."""
        with self._lock:
            for at, failure in enumerate(self._planned):
                if failure.kind in KINDS_BY_ANSWER[answer] and failure.left != 0:
                    left = None if failure.left is None else failure.left - 1
                    self._planned[at] = replace(failure, left=left, struck=failure.struck + 1)
                    planned(failure.id)
                    return failure.kind
        return None

    def all(self) -> list[PlannedFailure]:
        """All, used-up ones included."""
        with self._lock:
            return [*self._planned]

    def remove(self, id_: str) -> None:
        """Remove one. Raises ``MissingItem``."""
        with self._lock:
            kept = [failure for failure in self._planned if failure.id != id_]
            if len(kept) == len(self._planned):
                raise MissingItem(f"No failure {id_} is planned.")
            self._planned = kept

    def clear(self) -> None:
        """Remove all."""
        with self._lock:
            self._planned.clear()
