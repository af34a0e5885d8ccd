"""Secrets: none where it can be read."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_lab.reconciliation.invariants import remedies
from attachment_lab.reconciliation.invariants.matched import MatchedRecords
from attachment_lab.reconciliation.records import Violation


def secrets_are_kept(matched: MatchedRecords) -> Iterator[Violation]:
    """One violation per secret and place."""
    for leak in matched.records.leaks:
        fact = f"{leak.what} can be read here"
        yield Violation(invariant="secrecy", file=leak.where, hop=leak.where, fact=fact, remedy=remedies.KEEP_SECRETS)
    for transfer_id in matched.records.kept_secrets:
        fact = "it has ended, and its sealed secrets still lie in the service's database"
        yield Violation(
            invariant="secrecy", file=f"transfer {transfer_id}", hop="service.db", fact=fact, remedy=remedies.SHRED
        )
