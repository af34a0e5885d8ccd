"""What the service does at C4C and CMI beyond storing: nothing is changed, waits are kept, uploads take turns."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus

from attachment_lab.reconciliation.content_change import CMI_TO_SERVICE, SERVICE_TO_C4C
from attachment_lab.reconciliation.invariants.matched import MatchedRecords
from attachment_lab.reconciliation.records import Violation
from attachment_lab.reconciliation.traffic import NEIGHBOURS, NeighbourRequest

#: A wait may end this much early, in seconds: clocks are moved one after the other, and dates have whole seconds.
SLACK_S = 1.0
#: Two requests on the wire may touch for this long, in seconds.
TOUCH_S = 0.02
#: A refused upload that begins so much later than the one before, in seconds, may be of a worker that took over from
#: one that froze: C4C's lock keeps it off, and it cannot know of the other.
TAKEOVER_S = 5.0
_HOPS = {"cmi": CMI_TO_SERVICE, "c4c": SERVICE_TO_C4C}


def nothing_is_changed(matched: MatchedRecords) -> Iterator[Violation]:
    """The technical user sends no DELETE, PUT, PATCH or MERGE to C4C, inside a batch neither, answered or refused."""
    for each in matched.records.changes:
        if each.user == matched.records.technical_user:
            inside = "inside a $batch " if each.in_batch else ""
            fact = f"user {each.user} sent {each.method} {inside}(exchange {each.exchange} of the c4c mock)"
            remedy = "Only create attachments: what lies in a customer's CRM is neither changed nor deleted."
            yield Violation(invariant="no change", file=each.path, hop=SERVICE_TO_C4C, fact=fact, remedy=remedy)


def waits_are_kept(matched: MatchedRecords) -> Iterator[Violation]:
    """After Retry-After no request of the same method to the same path comes before that time."""
    asked: dict[tuple[str, str, str], NeighbourRequest] = {}
    for each in sorted(matched.records.requests, key=lambda each: each.begun_s):
        key = (each.mock, each.method, each.path)
        first = asked.get(key)
        if first is not None and _is_early(first, each):
            wait_s = (first.retry_after_s or 0) - first.ended_s
            came_s = each.begun_s - first.ended_s
            who = NEIGHBOURS[each.mock]
            fact = (
                f"{who} answered {first.status} with Retry-After, {wait_s:.0f} seconds ({first.name}); "
                f"the next request came after {came_s:.1f} ({each.name})"
            )
            remedy = "Wait at least as long as Retry-After says, whether it is a number or a date."
            yield Violation(invariant="pace", file=each.path, hop=_HOPS[each.mock], fact=fact, remedy=remedy)
        if each.retry_after_s is not None and each.status in {429, 503}:
            asked[key] = each


def _is_early(first: NeighbourRequest, each: NeighbourRequest) -> bool:
    return first.retry_after_s is not None and first.ended_s < each.begun_s < first.retry_after_s - SLACK_S


def uploads_take_turns(matched: MatchedRecords) -> Iterator[Violation]:
    """C4C locks the activity while it stores a file: no two uploads to one activity at the same time."""
    uploads: dict[str, list[NeighbourRequest]] = defaultdict(list)
    for each in matched.records.requests:
        if each.act == "upload" and each.activity_id and not each.is_faulty:
            uploads[each.activity_id].append(each)
    for activity, found in uploads.items():
        found.sort(key=lambda each: each.begun_s)
        for first, second in itertools.pairwise(found):
            if second.begun_s < first.ended_s - TOUCH_S and not _took_over(first, second):
                fact = f"two uploads to one activity at the same time: {first.name} and exchange {second.exchange}"
                remedy = "Upload the files of one activity one after the other: C4C locks it."
                file = f"activity {activity}"
                yield Violation(invariant="pace", file=file, hop=SERVICE_TO_C4C, fact=fact, remedy=remedy)
                break


def _took_over(first: NeighbourRequest, second: NeighbourRequest) -> bool:
    return second.status >= HTTPStatus.BAD_REQUEST and second.begun_s > first.begun_s + TAKEOVER_S
