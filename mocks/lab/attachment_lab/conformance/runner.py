"""Plays rows: each in a tenant of its own, several at once; rows that kill the service one by one at the end.

With the names of a configuration the tenants cannot stand beside each other: then all rows are played one by one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace

from attachment_contract.gate.vocabulary import ENDPOINT_PATH
from attachment_lab.conformance.checks import invariants_hold
from attachment_lab.conformance.evidence import evidence_of
from attachment_lab.conformance.model import Row, RowResult, Scorecard, outcome_of
from attachment_lab.conformance.row_run import QuietRules, RowRun
from attachment_lab.errors import LabError, StackFailed
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import ReconciliationVerdict
from attachment_lab.stack.running import Stack
from attachment_lab.tenant.credentials import TenantNames, fresh_tenant, with_new_ids
from attachment_lab.tenant.opening import TenantOptions, close_tenant, open_tenant

#: Rows at once: most of their time is waiting.
AT_ONCE = 28
#: Between the beginnings of two rows, in seconds: each has an issuer of its own, and a service may limit how many
#: unknown issuers it asks for their keys at once.
STAGGER_S = 0.5
OnResult = Callable[[RowResult], None]


@dataclass(frozen=True, kw_only=True)
class Places:
    """The tenants of the rows.

    Attributes:
        names: by the row's id; equal names are used one after the other.
    """

    names: dict[str, TenantNames]
    at_once: int

    @classmethod
    def of(cls, rows: Sequence[Row], customer: TenantNames | None, at_once: int = AT_ONCE) -> Places:
        """``customer``: every row uses these names, one after the other; None = each row has names of its own."""
        if customer is not None:
            return cls(names={each.id: with_new_ids(customer) for each in rows}, at_once=1)
        return cls(names={each.id: fresh_tenant() for each in rows}, at_once=at_once)

    @property
    def issuers(self) -> tuple[str, ...]:
        """The issuers of all tenants, each once."""
        return tuple(dict.fromkeys(each.token_issuer for each in self.names.values()))


class ConformanceRunner:
    """Plays rows on one stack."""

    def __init__(self, stack: Stack, places: Places, rules: QuietRules, on_result: OnResult = lambda _: None) -> None:
        self._stack = stack
        self._places = places
        self._rules = rules
        self._on_result = on_result
        foreign = stack.foreign
        self._starting, self._pause = threading.Lock(), threading.Event()
        self._can_kill = foreign is None or foreign.is_ours_to_kill

    def run(self, rows: Sequence[Row], service: str) -> Scorecard:
        """Play all of them. Raises StackFailed when a process of the stack dies by itself."""
        began = time.monotonic()
        found = {each.id: self._not_applicable(each) for each in rows}
        for result in found.values():
            if result is not None:
                self._on_result(result)
        left = [each for each in rows if found[each.id] is None]
        with ThreadPoolExecutor(max_workers=self._places.at_once, thread_name_prefix="row") as pool:
            tasks = [pool.submit(self._play, each) for each in left if not each.kills]
            for task in as_completed(tasks):
                found[task.result().row.id] = self._reported(task.result())
        for each in left:
            if each.kills:
                found[each.id] = self._reported(self._play(each))
        results = tuple(one for each in rows if (one := found[each.id]) is not None)
        took_s = time.monotonic() - began
        return Scorecard(service=service, results=results, quiet_s=self._rules.quiet_s, took_s=took_s)

    def _reported(self, result: RowResult) -> RowResult:
        self._on_result(result)
        return result

    def _not_applicable(self, row: Row) -> RowResult | None:
        reason = row.beyond
        if row.kills and not self._can_kill:
            reason = "the lab has not started this service, so it cannot kill it: use --service-command"
        if not reason:
            return None
        evidence = evidence_of(row)
        return RowResult(row=row, outcome="not_applicable", reason=reason, evidence=evidence)

    def _play(self, row: Row) -> RowResult:
        with self._starting:
            self._pause.wait(STAGGER_S)
        began = time.monotonic()
        try:
            with self._opened(row) as run:
                result = self._judged(row, run)
        except StackFailed as exc:
            result = RowResult(row=row, outcome="red", reason=str(exc))
        except LabError as exc:
            result = RowResult(row=row, outcome="indeterminate", reason=str(exc))
        return replace(result, evidence=evidence_of(row), took_s=time.monotonic() - began)

    def _judged(self, row: Row, run: RowRun) -> RowResult:
        """Play and check. A row that does not come to rest is indeterminate, whatever was seen."""
        unsettled = ""
        try:
            row.play(run)
        except StackFailed:
            raise
        except LabError as exc:
            unsettled = str(exc)
        self._stack.check_alive()
        facts = run.facts()
        if row.refuses:
            facts = replace(facts, verdict=_without(facts.verdict, "delivered"))
        findings = (*(check(facts) for check in row.checks), invariants_hold(facts))
        if unsettled:
            return RowResult(row=row, outcome="indeterminate", findings=findings, reason=unsettled)
        return RowResult(row=row, outcome=outcome_of(findings), findings=findings)

    @contextmanager
    def _opened(self, row: Row) -> Iterator[RowRun]:
        names, clients = self._places.names[row.id], self._stack.clients
        # The row decides which events are ticked, also where a configuration names some.
        pasted = tuple(replace(each, events=row.events) for each in names.integrations)
        names = replace(names, integrations=pasted)
        open_tenant(clients, names, self._stack.tenant_options(TenantOptions(events=row.events)))
        reconciliation = Reconciliation(clients, names, run_dir=self._stack.run_dir, service_is_visible=False)
        run = RowRun(
            reconciliation,
            self._rules,
            endpoint=f"{self._stack.urls['service']}{ENDPOINT_PATH}",
            kill=self._stack.kill_service if self._can_kill else None,
        )
        try:
            yield run
        finally:
            run.close()
            close_tenant(clients, names.name)


def _without(verdict: ReconciliationVerdict, invariant: str) -> ReconciliationVerdict:
    return replace(verdict, violations=tuple(each for each in verdict.violations if each.invariant != invariant))
