"""Failures of a token issuer on demand: refusals, odd replies, bad tokens, keys and metadata that do not fit.

Each is planned for a number of times, like the kit's faults; the token kinds are made in :mod:`.forgery`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from mock_kit.context import planned
from orchestration_mock.model.errors import Missing

#: Refusals of a token request: status, `error` of RFC 6749 (5.2) or a common extension, words.
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
#: Replies of status 200 that are no proper token reply.
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
PLACES: Mapping[str, tuple[str, ...]] = {
    "refusal": tuple(REFUSALS),
    "reply": ODD_REPLIES,
    "token": BAD_TOKENS,
    "keys": KEY_FAILURES,
    "metadata": METADATA_FAILURES,
}
KINDS = tuple(kind for kinds in PLACES.values() for kind in kinds)
RETRY_AFTER_S = 5


@dataclass(frozen=True, kw_only=True)
class Mishap:
    """One planned failure.

    Attributes:
        left: how many more times it strikes; None = until it is removed.
        struck: how many times it has.
    """

    id: str
    kind: str
    left: int | None
    struck: int = 0

    def as_json(self) -> dict[str, Any]:
        """For the control API."""
        return {"id": self.id, "kind": self.kind, "left": self.left, "struck": self.struck}


class Mishaps:
    """The planned failures of one issuer; the first that fits strikes."""

    def __init__(self) -> None:
        self._planned: list[Mishap] = []
        self._serial = 0
        self._lock = Lock()

    def plan(self, kind: str, times: int | None) -> Mishap:
        """Plan a failure of one of ``KINDS``."""
        with self._lock:
            self._serial += 1
            mishap = Mishap(id=f"m{self._serial}", kind=kind, left=times)
            self._planned.append(mishap)
            return mishap

    def strike(self, place: str) -> str | None:
        """The kind of failure that strikes at that place now; None when all is well."""
        with self._lock:
            for at, mishap in enumerate(self._planned):
                if mishap.kind in PLACES[place] and mishap.left != 0:
                    left = None if mishap.left is None else mishap.left - 1
                    self._planned[at] = replace(mishap, left=left, struck=mishap.struck + 1)
                    planned(mishap.id)
                    return mishap.kind
        return None

    def all(self) -> list[Mishap]:
        """All of them, spent ones included."""
        with self._lock:
            return [*self._planned]

    def remove(self, id_: str) -> None:
        """Take one back. Raises ``Missing``."""
        with self._lock:
            kept = [mishap for mishap in self._planned if mishap.id != id_]
            if len(kept) == len(self._planned):
                raise Missing(f"No failure {id_} is planned.")
            self._planned = kept

    def clear(self) -> None:
        """Take all of them back."""
        with self._lock:
            self._planned.clear()
