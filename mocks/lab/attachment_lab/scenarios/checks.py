"""The checks of scenarios: each has a title, what it reads, and what it expects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from attachment_lab.scenarios.model import Check, RunFacts, Value

#: Files that a scenario's customer sends.
FILES = 4


def stored(count: int = FILES) -> Check:
    """This many files arrived complete."""
    return _exactly("Files stored, every byte equal", count, lambda facts: facts.count("stored"))


def failed(count: int, reason: str) -> Check:
    """This many files were reported failed, each with a reason that begins with this code, and a remedy."""

    def read(facts: RunFacts) -> Value:
        parked = [each for each in facts.files if each.outcome == "parked"]
        return "; ".join(f"{each.reason} Remedy: {each.remedy}" for each in parked)

    def right(_: Value, facts: RunFacts) -> bool:
        parked = [each for each in facts.files if each.outcome == "parked"]
        explained = all(each.reason.startswith(reason) and each.remedy for each in parked)
        return len(parked) == count and explained

    return Check(
        title="Files reported failed", want=f"{count}, reason {reason}, with a remedy", found=read, holds=right
    )


def objects(count: int = FILES) -> Check:
    """C4C has this many attachment objects for the chat: one per file, no copy."""
    return _exactly("Objects in C4C, no copies", count, lambda facts: facts.objects)


def all_arrived(*, uploads_per_file: int | None = None) -> tuple[Check, ...]:
    """Every file is stored once, and every invariant holds; ``uploads_per_file``: the most that each of them needed."""
    most = () if uploads_per_file is None else (most_uploads(uploads_per_file),)
    return (stored(), objects(), *most, invariants_hold())


def one_missing(reason: str) -> tuple[Check, ...]:
    """One file is reported failed with this reason, the others arrived."""
    rest = FILES - 1
    return (stored(rest), failed(1, reason), objects(rest), outcome("partly_stored"), invariants_hold())


def most_uploads(most: int) -> Check:
    """No file was sent to C4C more often than this."""
    return Check(
        title="Uploads per file",
        want=f"at most {most}",
        found=lambda facts: max((each.uploads for each in facts.files), default=0),
        holds=lambda value, _: isinstance(value, int) and 0 < value <= most,
    )


def rounds(least: int) -> Check:
    """The service needed at least this many rounds."""
    return _at_least("Rounds of the service", least, lambda facts: facts.rounds)


def rounds_exactly(count: int) -> Check:
    """The service needed exactly this many rounds."""
    return _exactly("Rounds of the service", count, lambda facts: facts.rounds)


def fault_applied(least: int = 1) -> Check:
    """The fault took effect: otherwise the run proves nothing."""
    return _at_least("Requests that the fault affected", least, lambda facts: facts.faults_applied)


def fault_applied_exactly(count: int) -> Check:
    """The fault affected exactly this many requests."""
    return _exactly("Requests that the fault affected", count, lambda facts: facts.faults_applied)


def killed(count: int = 1) -> Check:
    """This many processes were killed."""
    return _exactly("Processes killed", count, lambda facts: facts.kills)


def retried() -> Check:
    """The service repeated requests."""
    return _at_least("Requests repeated", 1, lambda facts: facts.retries)


def refused(least: int = 1) -> Check:
    """C4C refused uploads."""
    return _at_least("Uploads that C4C refused", least, lambda facts: facts.refused)


def passed(least_s: int) -> Check:
    """At least this much virtual time passed."""
    return Check(
        title="Virtual time that passed, in seconds",
        want=f"at least {least_s}",
        found=lambda facts: round(facts.virtual_s),
        holds=lambda value, _: isinstance(value, int) and value >= least_s,
    )


def deliveries(*states: str) -> Check:
    """The results of Contact Pro's attempts, in this order."""
    want = ", ".join(states)
    return Check(
        title="Deliveries of the event",
        want=want,
        found=lambda facts: ", ".join(facts.deliveries),
        holds=lambda value, _: value == want,
    )


def answered(*statuses: int) -> Check:
    """What the service answered to Contact Pro's attempts, in this order."""
    want = ", ".join(map(str, statuses))
    return Check(
        title="Answers to the event",
        want=want,
        found=lambda facts: ", ".join(map(str, facts.statuses)),
        holds=lambda value, _: value == want,
    )


def transfers(count: int) -> Check:
    """The service made this many transfers."""
    return _exactly("Transfers of the service", count, lambda facts: facts.transfers)


def one_transfer() -> Check:
    """All events of the chat make one transfer."""
    return transfers(1)


def fresh_token() -> Check:
    """Every delivery had a token of its own."""
    return Check(
        title="Tokens of the deliveries",
        want="each new, none reused",
        found=lambda facts: ", ".join(facts.tokens),
        holds=lambda _, facts: len(facts.tokens) > 1 and set(facts.tokens) <= {"fetched", "refreshed"},
    )


def outcome(word: str) -> Check:
    """The service's outcome."""
    return Check(
        title="The service reports",
        want=word,
        found=lambda facts: facts.outcome,
        holds=lambda value, _: value == word,
    )


def invariants_hold() -> Check:
    """The reconciliation finds no violation."""
    return Check(
        title="Reconciliation",
        want="every invariant holds",
        found=_verdict,
        holds=lambda _, facts: facts.verdict.ok,
    )


def invariant_broken(invariant: str, count: int, hop: str) -> Check:
    """The reconciliation finds exactly this, at this hop."""

    def right(_: Value, facts: RunFacts) -> bool:
        found = Counter((each.invariant, each.hop) for each in facts.verdict.violations)
        return found == {(invariant, hop): count}

    return Check(
        title="Reconciliation", want=f"finds {count}, invariant {invariant}, at {hop}", found=_verdict, holds=right
    )


def changed(count: int) -> Check:
    """This many files in C4C differ from CMI's."""
    return _exactly("Files that differ at both ends", count, lambda facts: facts.count("changed"))


def _verdict(facts: RunFacts) -> Value:
    if facts.verdict.ok:
        return "every invariant holds"
    return "; ".join(f"[{each.invariant}] {each.sentence}" for each in facts.verdict.violations)


def _exactly(title: str, count: int, found: Callable[[RunFacts], Value]) -> Check:
    return Check(title=title, want=f"{count}", found=found, holds=lambda value, _: value == count)


def _at_least(title: str, least: int, found: Callable[[RunFacts], Value]) -> Check:
    def right(value: Value, _: RunFacts) -> bool:
        return isinstance(value, int) and value >= least

    return Check(title=title, want=f"at least {least}", found=found, holds=right)
