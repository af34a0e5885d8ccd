"""Which step of the set-up is the cause of a failed exchange. Pure.

A table says which steps an answer at a hop can point to; of these, the first that is not done is the cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attachment_lab.tenant.set_up.model import SetUpStep

ANY = "*"
_SECRETS = ("oauth-secret", "cmi-secrets", "c4c-secret")
_FORM = ("channel", "integration", "queues", "json", "endpoint")


@dataclass(frozen=True, kw_only=True)
class FailedCall:
    """What is known of an exchange, in the journal's words.

    Attributes:
        status: 0 = no answer, or not sent at all.
        answer: the neighbour's answer with the notes of its mock and the delivery's error.
    """

    hop: str
    operation: str
    status: int
    answer: str = ""


@dataclass(frozen=True, kw_only=True)
class CauseRule:
    """Answers of one kind, and the steps that they point to, most likely first. ``words``: must occur in the answer."""

    hop: str
    steps: tuple[str, ...]
    statuses: tuple[int, ...] = ()
    operation: str = ANY
    words: str = ""

    def fits(self, call: FailedCall) -> bool:
        """Whether the call is of this kind."""
        return (
            self.hop == call.hop
            and self.operation in {ANY, call.operation}
            and (not self.statuses or call.status in self.statuses)
            and self.words in call.answer.lower()
        )


#: The first that fits decides.
RULES = (
    CauseRule(hop="delivery", operation="untriggered", steps=("integration", "channel", "queues")),
    CauseRule(hop="delivery", statuses=(0,), words="secret", steps=(*_SECRETS, "json")),
    CauseRule(hop="delivery", statuses=(0,), words="token", steps=("oauth-secret", "endpoint")),
    CauseRule(hop="delivery", statuses=(0,), steps=(*_SECRETS, "json", "endpoint")),
    CauseRule(hop="delivery", statuses=(401,), steps=("oauth-secret", "endpoint")),
    CauseRule(hop="delivery", statuses=(400, 403, 404, 415, 421, 422), steps=("json", "endpoint", *_SECRETS)),
    CauseRule(hop="contact-pro", operation="token", steps=("oauth-secret", "endpoint")),
    CauseRule(hop="contact-pro", operation="secret", steps=_SECRETS),
    CauseRule(hop="contact-pro", operation="integration", steps=_FORM),
    CauseRule(hop="cmi", statuses=(401, 423), words="expired", steps=("expiration",)),
    CauseRule(hop="cmi", statuses=(401, 423), steps=("cmi-user", "expiration", "authentication", "cmi-secrets")),
    CauseRule(hop="cmi", statuses=(403,), words="x-api-key", steps=("cmi-secrets", "json")),
    CauseRule(hop="cmi", statuses=(403, 404), words="lacks", steps=("right",)),
    CauseRule(hop="cmi", statuses=(403,), steps=("right", "expiration", "authentication", "cmi-secrets")),
    CauseRule(hop="cmi", statuses=(404, 421), steps=("json",)),
    CauseRule(hop="c4c", statuses=(401,), steps=("arrangement", "c4c-secret", "json")),
    CauseRule(hop="c4c", statuses=(403,), steps=("services", "arrangement")),
    CauseRule(hop="c4c", statuses=(421,), steps=("json",)),
    # Without a system C4C stores no external reference: the search succeeds, and finds nothing.
    CauseRule(hop="c4c", operation="find", steps=("system",)),
    CauseRule(hop="stray", steps=("json", "endpoint")),
)


def cause_of(call: FailedCall, steps: Sequence[SetUpStep]) -> SetUpStep | None:
    """The step that the exchange failed by, as the set-up is now; None where all the steps in question are done."""
    rule = next((each for each in RULES if each.fits(call)), None)
    if rule is None:
        return None
    by_id = {each.id: each for each in steps}
    suspects = (by_id[step_id] for step_id in rule.steps if step_id in by_id)
    return next((each for each in suspects if not each.is_done), None)
