"""A mock's control interface for one tenant: its journal, its planned faults, its clock, its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attachment_lab.clients.json_client import JsonClient
from attachment_lab.errors import RequestRefused

#: Exchanges per call.
PAGE = 500
GONE = 404


class MockControl:
    """``/_mock/…`` of one mock. Every method raises RequestRefused, Unreachable."""

    def __init__(self, calls: JsonClient, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def journal(self, since: int = 0, *, q: str | None = None) -> Iterator[dict[str, Any]]:
        """Every exchange after this id that contains ``q``, oldest first."""
        while True:
            page = self._calls.get("/_mock/journal", tenant=self._tenant, since=since, limit=PAGE, q=q)
            yield from page["exchanges"]
            if len(page["exchanges"]) < PAGE:
                return
            since = int(page["last_id"])

    def faults(self) -> list[dict[str, Any]]:
        """Every planned fault, those that are used up included."""
        return list(self._calls.get("/_mock/faults", tenant=self._tenant)["faults"])

    def plan(self, match: Mapping[str, str], kind: str, **rest: Any) -> dict[str, Any]:
        """Plan a fault; absent (None) members of ``rest`` are left out, except ``times``. Returns it with its id."""
        given = {name: value for name, value in rest.items() if value is not None or name == "times"}
        return dict(self._calls.post("/_mock/faults", {"match": match, "kind": kind, **given}, tenant=self._tenant))

    def remove_fault(self, fault_id: str) -> bool:
        """Remove one; False if it is gone already."""
        try:
            self._calls.delete(f"/_mock/faults/{fault_id}", tenant=self._tenant)
        except RequestRefused as exc:
            if exc.status != GONE:
                raise
            return False
        return True

    def clear_faults(self) -> None:
        """Remove all of them."""
        self._calls.delete("/_mock/faults", tenant=self._tenant)

    def offset_s(self) -> float:
        """Seconds by which the tenant's clock is ahead of the wall clock."""
        return float(self._calls.get("/_mock/clock", tenant=self._tenant)["offset_s"])

    def advance(self, seconds: float) -> None:
        """Advance the tenant's clock."""
        self._calls.post("/_mock/clock", {"advance_s": seconds}, tenant=self._tenant)

    def evidence(self) -> list[dict[str, Any]]:
        """The mock's behaviours: id, label, sentence, source, switch, and how often this tenant has used them."""
        return list(self._calls.get("/_mock/evidence", tenant=self._tenant)["evidence"])
