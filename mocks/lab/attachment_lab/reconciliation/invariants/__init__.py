"""The invariants of the chain, checked on plain records: no I/O, no clock.

| invariant    | says                                                                                    |
|--------------|-----------------------------------------------------------------------------------------|
| delivered    | every event that Contact Pro fired was taken by the service                             |
| conservation | attachments in = stored + skipped + reported failed, each of the latter with a reason;   |
|              | a file that must be stored is stored, one that must not be is not                        |
| destination  | a file is in the activity of the chat in which the customer sent it, and in no other     |
| integrity    | C4C holds the bytes that the customer sent, and so does CMI; see content_change.py       |
| naming       | name and type in C4C are the customer's, through the rules of naming.py                  |
| once         | exactly one C4C object per stored attachment                                             |
| no orphan    | nothing at any hop that has no origin at the hop before                                  |
| honesty      | what the service reports is what C4C holds; "stored" only if nothing is parked or open   |
| no change    | the technical user changes and deletes nothing in C4C                                    |
| tokens       | a token that must be refused starts nothing, and neither does a refused event             |
| credentials  | no neighbour's secret goes to another; none that was answered 401 is tried again at once  |
| pace         | Retry-After is kept; uploads to one activity take turns                                  |
| secrecy      | no secret in any journal, log or database; sealed ones are gone when a transfer has ended |

Objects are matched to files by what lies in C4C (matching.py), not by the service's report. Where the service's own
view is not visible (``transfers`` is None), what only that view tells is not judged. Chats whose event has not been
fired are out of scope: no transfer is due for them yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from attachment_lab.reconciliation.invariants.access import (
    a_refused_credential_is_not_repeated,
    bad_tokens_start_nothing,
    credentials_stay_with_their_owner,
)
from attachment_lab.reconciliation.invariants.contents import contents_are_equal, wrong_contents
from attachment_lab.reconciliation.invariants.matched import MatchedRecords
from attachment_lab.reconciliation.invariants.objects import (
    each_is_stored_once,
    files_are_in_their_activity,
    names_and_types_are_kept,
    nothing_is_orphaned,
)
from attachment_lab.reconciliation.invariants.outcomes import (
    attachments_are_conserved,
    events_are_delivered,
    missing_files,
    reports_are_true,
)
from attachment_lab.reconciliation.invariants.secrets import secrets_are_kept
from attachment_lab.reconciliation.invariants.traffic import nothing_is_changed, uploads_take_turns, waits_are_kept
from attachment_lab.reconciliation.records import ChainRecords, ReconciliationVerdict, Violation

__all__ = ["INVARIANTS", "judge", "missing_files", "wrong_contents"]

Invariant = Callable[[MatchedRecords], Iterator[Violation]]
INVARIANTS: Mapping[str, tuple[Invariant, ...]] = {
    "delivered": (events_are_delivered,),
    "conservation": (attachments_are_conserved,),
    "destination": (files_are_in_their_activity,),
    "integrity": (contents_are_equal,),
    "naming": (names_and_types_are_kept,),
    "once": (each_is_stored_once,),
    "no orphan": (nothing_is_orphaned,),
    "honesty": (reports_are_true,),
    "no change": (nothing_is_changed,),
    "tokens": (bad_tokens_start_nothing,),
    "credentials": (credentials_stay_with_their_owner, a_refused_credential_is_not_repeated),
    "pace": (waits_are_kept, uploads_take_turns),
    "secrecy": (secrets_are_kept,),
}


def judge(records: ChainRecords) -> ReconciliationVerdict:
    """Check every invariant; violations are in the order of the table above."""
    matched = MatchedRecords(records)
    found = [violation for checks in INVARIANTS.values() for check in checks for violation in check(matched)]
    return ReconciliationVerdict(violations=tuple(found), records=records)
