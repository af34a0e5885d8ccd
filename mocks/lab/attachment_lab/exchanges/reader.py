"""Answers for the journal page: a page of exchanges, one in full with its explanation, exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from attachment_contract import check
from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import LabError
from attachment_lab.exchanges.as_pytest import source
from attachment_lab.exchanges.curl import as_curl, variables
from attachment_lab.exchanges.entry import UNTRIGGERED, Entry
from attachment_lab.exchanges.har import archive
from attachment_lab.exchanges.index import Index
from attachment_lab.exchanges.query import Query, select
from attachment_lab.exchanges.recording import record
from attachment_lab.exchanges.why import ExplanationFacts, Point, explain
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.tenant.service_api import TransferRecord
from attachment_lab.tenant.set_up.facts import GATE, SetUpReader
from attachment_lab.tenant.set_up.model import SetUpStep
from attachment_lab.tenant.set_up.steps import set_up_steps

#: Later calls that are searched for consequences of the shown one.
FOLLOWING = 400
MOST_EXPORTED = 2000
#: Operations that succeed also where the set-up is wrong: a search that finds nothing, an integration never triggered.
IN_VAIN = frozenset({"find", "integration"})


class JournalReader:
    """The journal of one tenant for one console. Safe for threads."""

    def __init__(self, reconciliation: Reconciliation, urls: Mapping[str, str]) -> None:
        self._reconciliation = reconciliation
        self._to: StackClients = reconciliation.to
        self._tenant = reconciliation.names.name
        self._urls = urls
        self._set_up = SetUpReader(reconciliation.to, reconciliation.names)
        self._evidence: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.index = Index(self._to, self._tenant)

    def page(self, query: Query) -> dict[str, Any]:
        """``{"entries", "total", "matching", "newer", "older"}``, newest first. Raises RequestRefused, Unreachable."""
        found = self._selected(query)
        return asdict(found) | {"entries": [entry.to_json() for entry in found.entries]}

    def detail(self, key: str) -> dict[str, Any] | None:
        """One exchange in full, with its explanation, evidence, faults and command; None when it is no longer kept.

        Raises RequestRefused 404 when its mock no longer keeps it, and Unreachable.
        """
        entry = self.index.get(key)
        if entry is None:
            return None
        full = self.index.full(entry)
        faults = self._faults(entry)
        facts = ExplanationFacts(
            entry=entry,
            full=full,
            faults=faults,
            later=self._later(entry),
            transfer=self._transfer(entry),
            findings=self._findings(entry, full),
            steps=self._steps(entry),
        )
        base = self._urls["service"] if entry.hop == "delivery" else self._urls[entry.mock]
        command = "" if entry.operation == UNTRIGGERED else as_curl(entry.hop, full, base)
        return {
            "entry": entry.to_json(),
            "full": full,
            "why": asdict(explain(facts)),
            "faults": [faults[each] for each in entry.fault if each in faults],
            "evidence": [dict(self.evidence(entry.mock).get(each, {"id": each})) for each in entry.evidence],
            "curl": {"command": command, "variables": variables(command)},
        }

    def har(self, query: Query) -> dict[str, Any]:
        """The matching exchanges, at most MOST_EXPORTED of the newest, as an HTTP Archive."""
        found = self._selected(query)
        entries = sorted(found.entries, key=lambda entry: entry.at)
        bodies = self.index.full_of(entries)
        both = [(entry, bodies[entry.key]) for entry in entries if entry.key in bodies]
        return archive(both, title=self._reconciliation.names.tenant_path)

    def pytest_file(self, guid: str) -> str:
        """A test that plays this chat again. Raises LookupError for a chat that is not there."""
        return source(record(self._to, self._reconciliation, guid, self.index.entries()))

    def evidence(self, mock: str) -> dict[str, Mapping[str, Any]]:
        """A mock's behaviours by id: label, sentence, source, switch."""
        if mock not in self._evidence:
            self._evidence[mock] = {str(each["id"]): each for each in self._to.control(mock, self._tenant).evidence()}
        return self._evidence[mock]

    def _selected(self, query: Query) -> Any:
        entries = self.index.entries()
        containing = self.index.containing(query.text) if query.text else None
        labels = {key: str(each["label"]) for mock in MOCKS for key, each in self.evidence(mock).items()}
        return select(entries, query, containing=containing, labels=labels if query.label else {})

    def _faults(self, entry: Entry) -> dict[str, Mapping[str, Any]]:
        if not entry.fault:
            return {}
        return {str(each["id"]): each for each in self._to.control(entry.mock, self._tenant).faults()}

    def _later(self, entry: Entry) -> Sequence[Entry]:
        """The entries after it, oldest first."""
        newest_first = self.index.entries()
        place = next((at for at, each in enumerate(newest_first) if each.key == entry.key), 0)
        return newest_first[max(0, place - FOLLOWING) : place][::-1]

    def _transfer(self, entry: Entry) -> TransferRecord | None:
        if entry.chat is None or not entry.transfer:
            return None
        try:
            return self._reconciliation.service.transfer(entry.transfer)
        except LabError:
            return None  # the service is down or has removed it: the rest of the explanation still helps

    def _steps(self, entry: Entry) -> Sequence[SetUpStep]:
        """The set-up as it is now, where it can be the cause: what fails, and what can succeed in vain."""
        if not entry.failed and entry.operation not in IN_VAIN:
            return ()
        try:
            return set_up_steps(self._set_up())
        except LabError:
            return ()  # a mock is down: the rest of the explanation still helps

    def _findings(self, entry: Entry, full: Mapping[str, Any]) -> list[Point]:
        """The contract gate's findings in the integration of a failed delivery."""
        if entry.hop != "delivery" or not entry.failed:
            return []
        forms = self._to.orchestration.get("/_mock/event-driven-integrations", tenant=self._reconciliation.names.name)
        text = next((str(form["json"]) for form in forms if form["id"] == full["config_id"]), None)
        if text is None:
            return []
        return [
            Point(field=each.path or each.rule, found=each.found or "", expected=each.expected, remedy=each.remedy)
            for each in check(text, settings=GATE).findings
            if each.severity != "note"
        ]
