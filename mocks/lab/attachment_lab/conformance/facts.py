"""What is read after a row: records and verdict of the reconciliation, journals, users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from attachment_lab.reconciliation.records import ChainRecords, ReconciliationVerdict


@dataclass(frozen=True, kw_only=True)
class RowFacts:
    """Facts of one row's tenant.

    Attributes:
        requests: by mock, the exchanges of its journal, oldest first.
        users: by mock, each with ``user``, ``locked`` and ``failures``.
        faults_applied: number of requests that the row's faults affected.
        answers: status codes of requests that the row itself sent to the endpoint.
        kills: how often the service was killed.
    """

    records: ChainRecords
    verdict: ReconciliationVerdict
    requests: Mapping[str, Sequence[Mapping[str, Any]]]
    users: Mapping[str, Sequence[Mapping[str, Any]]]
    faults_applied: int = 0
    answers: tuple[int, ...] = ()
    kills: int = 0
