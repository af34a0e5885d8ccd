"""The checks of rows: each reads the facts and says what it wanted and what it saw."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attachment_lab.conformance.facts import RowFacts
from attachment_lab.conformance.model import Finding
from attachment_lab.reconciliation.records import Violation

#: Violations that are named; the others are counted.
SHOWN = 4
Check = Callable[[RowFacts], Finding]


def invariants_hold(facts: RowFacts) -> Finding:
    """The reconciliation finds no violation: every file once, complete, in its activity, no secret anywhere."""
    violations = [f"[{each.invariant}] {each.sentence}" for each in _one_of_each_first(facts.verdict.violations)]
    more = f"; and {len(violations) - SHOWN} more" if len(violations) > SHOWN else ""
    return Finding(
        title="Reconciliation",
        want="every invariant holds",
        seen="; ".join(violations[:SHOWN]) + more or f"every invariant holds, {_stored(facts)}",
        ok=facts.verdict.ok,
    )


def _one_of_each_first(violations: Iterable[Violation]) -> list[Violation]:
    """The first of each invariant, then the others: what is counted only is more of the same."""
    first: dict[str, Violation] = {}
    rest = [each for each in violations if first.setdefault(each.invariant, each) is not each]
    return [*first.values(), *rest]


def stored(count: int) -> Check:
    """C4C holds this many of the service's files."""

    def check(facts: RowFacts) -> Finding:
        found = [each for each in facts.records.objects if each.created_by in {None, facts.records.technical_user}]
        return Finding(title="Files in C4C", want=f"{count}", seen=f"{len(found)}", ok=len(found) == count)

    return check


def fault_applied(least: int = 1) -> Check:
    """The planned fault met a request: otherwise the row proves nothing."""

    def check(facts: RowFacts) -> Finding:
        count = facts.faults_applied
        return Finding(
            title="Requests that the fault met",
            want=f"at least {least}",
            seen=f"{count}",
            ok=count >= least,
            proves=True,
        )

    return check


def deliveries(count: int) -> Check:
    """Contact Pro made this many deliveries: otherwise the row proves nothing."""

    def check(facts: RowFacts) -> Finding:
        made = len(facts.records.deliveries)
        return Finding(title="Deliveries", want=f"{count}", seen=f"{made}", ok=made == count, proves=True)

    return check


def accepted(facts: RowFacts) -> Finding:
    """Every delivery was answered with success, within the event engine's ten seconds."""
    states = [f"{each.state} ({each.status or each.error})" for each in facts.records.deliveries]
    ok = bool(states) and all(each.state == "delivered" for each in facts.records.deliveries)
    return Finding(title="Deliveries", want="each answered 2xx", seen=", ".join(states) or "none was made", ok=ok)


def refused(*statuses: int) -> Check:
    """Every delivery was answered with one of these."""

    def check(facts: RowFacts) -> Finding:
        found = [each.status for each in facts.records.deliveries]
        words = ", ".join(str(each) for each in found) or "no delivery was made"
        ok = bool(found) and all(each in statuses for each in found)
        return Finding(title="Answer", want=" or ".join(map(str, statuses)), seen=words, ok=ok)

    return check


def answered(*statuses: int) -> Check:
    """Every request that the row itself sent was answered with one of these; 0 stands for no answer."""

    def check(facts: RowFacts) -> Finding:
        words = ", ".join(str(each or "no answer") for each in facts.answers)
        ok = bool(facts.answers) and all(each in statuses for each in facts.answers)
        return Finding(title="Answer", want=" or ".join(map(str, statuses)), seen=words, ok=ok)

    return check


def nothing_started(facts: RowFacts) -> Finding:
    """The service sent no request to CMI or C4C."""
    found = [f"{each['method']} {each['url'][:60]}" for mock in ("cmi", "c4c") for each in facts.requests[mock]]
    return Finding(title="Requests to CMI and C4C", want="none", seen="; ".join(found[:3]) or "none", ok=not found)


def user_is_free(mock: str) -> Check:
    """No user of that system was locked by wrong passwords."""

    def check(facts: RowFacts) -> Finding:
        locked = [str(each["user"]) for each in facts.users[mock] if each["locked"]]
        wrong = sum(each["status"] == 401 for each in facts.requests[mock])
        seen = f"{', '.join(locked) or 'none'} ({wrong} requests were answered 401)"
        return Finding(title="Locked users", want="none", seen=seen, ok=not locked)

    return check


def refused_logons(mock: str) -> Check:
    """The service met the wrong password: otherwise the row proves nothing."""

    def check(facts: RowFacts) -> Finding:
        wrong = sum(each["status"] == 401 for each in facts.requests[mock])
        return Finding(title="Requests answered 401", want="at least 1", seen=f"{wrong}", ok=wrong > 0, proves=True)

    return check


def met_the_lock(facts: RowFacts) -> Finding:
    """C4C refused an upload because of the lock: otherwise the row proves nothing."""
    found = sum(each["method"] == "POST" and each["status"] in {400, 409, 423} for each in facts.requests["c4c"])
    return Finding(title="Uploads refused by the lock", want="at least 1", seen=f"{found}", ok=found > 0, proves=True)


def was_killed(facts: RowFacts) -> Finding:
    """The service was killed: otherwise the row proves nothing."""
    return Finding(title="Kills", want="1", seen=f"{facts.kills}", ok=facts.kills == 1, proves=True)


def _stored(facts: RowFacts) -> str:
    count = sum(each.created_by in {None, facts.records.technical_user} for each in facts.records.objects)
    return f"{count} file{'' if count == 1 else 's'} in C4C"
