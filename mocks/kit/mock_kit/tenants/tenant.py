"""Tenants: everything a mock knows belongs to one, and a request selects one by the domain's own names."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from mock_kit.faults import FaultPlan
from mock_kit.http.bulkhead import RequestSlots
from mock_kit.http.loopback import loopback_label
from mock_kit.journal import Journal
from mock_kit.journal.recorder import RecorderLog
from mock_kit.tenants.clock import Clock
from mock_kit.tenants.ids import Ids
from mock_kit.tenants.spool import Blob, Spool


@dataclass(frozen=True, kw_only=True)
class TenantState:
    """What a mock saves of a tenant beyond the kit's share: plain JSON, and the files that it names."""

    state: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Blob] = field(default_factory=dict)


@dataclass(kw_only=True)
class MockTenant:
    """One isolated tenant of a mock; a mock's own class adds its state.

    ``dialect`` has the switches of behaviours that are not documented. ``recorder`` survives a reset: what was
    exchanged is still checked.
    """

    name: str
    clock: Clock
    ids: Ids
    journal: Journal
    faults: FaultPlan
    spool: Spool
    dialect: dict[str, Any] = field(default_factory=dict)
    recorder: RecorderLog = field(default_factory=RecorderLog, repr=False, compare=False)
    #: The neighbours' requests of this tenant that are under way.
    slots: RequestSlots = field(default_factory=RequestSlots, repr=False, compare=False)
    _evidence: Counter[str] = field(default_factory=Counter, repr=False)
    _evidence_lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @staticmethod
    def parts(
        name: str, data_dir: Path, dialect: Mapping[str, Any] | None = None, *, ids_seed: str | None = None
    ) -> dict[str, Any]:
        """The kit's share of a tenant, to be spread into a constructor: ``MyTenant(**MockTenant.parts(…), host=…)``.

        Files go to a sub-directory of ``data_dir`` that is named after the tenant. ``ids_seed`` decides the ids
        instead of the name: a tenant that is created again under its old name must not repeat its ids.
        """
        clock = Clock()
        return {
            "name": name,
            "clock": clock,
            "ids": Ids(ids_seed or name),
            "journal": Journal(),
            "faults": FaultPlan(clock.now),
            "spool": Spool(data_dir / f"tenant-{quote(name, safe='')}"),
            "dialect": dict(dialect or {}),
        }

    def describe(self) -> dict[str, Any]:
        """What ``GET /_mock/tenants`` shows beyond name, keys and dialect. Override it; no secrets in it."""
        return {}

    def reset_basics(self) -> None:
        """Clear the kit's share: journal, faults, clock, ids, files and evidence hits. Identity stays."""
        self.faults.clear()
        self.journal.clear()
        self.clock.reset()
        self.ids.reset()
        self.spool.clear()
        with self._evidence_lock:
            self._evidence.clear()

    def change_dialect(self, changes: Mapping[str, Any]) -> None:
        """Set some switches, whose names and values are checked already. Raises Problem for one that is fixed here."""
        self.dialect.update(changes)

    def settings_changed(self) -> None:
        """``/_mock`` has set the clock, the dialect, or everything back. For tenants that outlive a process."""

    def removed(self) -> None:
        """The tenant is gone for good: release what it has outside ``spool``."""

    def saved_state(self) -> TenantState:
        """The mock's own state, without secrets. Override it together with ``restore_state``."""
        return TenantState()

    def restore_state(self, saved: TenantState) -> None:
        """Replace the mock's own state; credentials of known users and secrets of known names stay. Override it.

        The kit has reset its share and restored clock, ids and files. Raises KeyError, TypeError or ValueError for a
        state of another shape.
        """

    def count_evidence(self, entry_id: str) -> None:
        """One more hit of that behaviour."""
        with self._evidence_lock:
            self._evidence[entry_id] += 1

    def restore_evidence_hits(self, hits: Mapping[str, int]) -> None:
        """Count from ``hits``, as ``evidence_hits`` returned them, maybe in another process."""
        with self._evidence_lock:
            self._evidence = Counter({name: int(count) for name, count in hits.items()})

    def evidence_hits(self) -> dict[str, int]:
        """Hits by evidence id."""
        with self._evidence_lock:
            return dict(self._evidence)


W = TypeVar("W", bound=MockTenant)


class NameTaken(Exception):
    """A tenant's name or one of its keys belongs to another tenant already.

    Attributes:
        taken: the name or key.
        owner: the name of the tenant that has it.
    """

    def __init__(self, taken: str, owner: str) -> None:
        super().__init__(f"{taken!r} belongs to tenant {owner!r} already")
        self.taken = taken
        self.owner = owner


class Tenants(Generic[W]):
    """All the tenants of one process, found by name (control), by key (what a request carries) or by loopback name."""

    def __init__(self) -> None:
        self._tenants: dict[str, W] = {}
        self._keys: dict[str, str] = {}
        self._labels: dict[str, str] = {}
        self._lock = threading.RLock()

    def add(self, tenant: W, keys: Iterable[str]) -> W:
        """Add a tenant under its name and ``keys``. NameTaken (and no change) if one of them is in use."""
        wanted, label = list(dict.fromkeys(keys)), loopback_label(tenant.name)
        with self._lock:
            if tenant.name in self._tenants:
                raise NameTaken(tenant.name, tenant.name)
            if label in self._labels:
                raise NameTaken(label, self._labels[label])
            for key in wanted:
                if key in self._keys:
                    raise NameTaken(key, self._keys[key])
            self._tenants[tenant.name] = tenant
            self._labels[label] = tenant.name
            self._keys.update(dict.fromkeys(wanted, tenant.name))
        return tenant

    def get(self, name: str) -> W | None:
        """The tenant of that name."""
        with self._lock:
            return self._tenants.get(name)

    def find(self, key: str) -> W | None:
        """The tenant a request with this key belongs to."""
        with self._lock:
            name = self._keys.get(key)
            return None if name is None else self._tenants.get(name)

    def labelled(self, label: str) -> W | None:
        """The tenant with this label in its loopback name."""
        with self._lock:
            return self._tenants.get(self._labels.get(label, ""))

    def names(self) -> list[str]:
        """Every tenant's name, sorted."""
        with self._lock:
            return sorted(self._tenants)

    def keys_of(self, name: str) -> list[str]:
        """The keys that lead to that tenant, sorted."""
        with self._lock:
            return sorted(key for key, owner in self._keys.items() if owner == name)

    def all(self) -> list[W]:
        """Every tenant, sorted by name."""
        with self._lock:
            return [self._tenants[name] for name in sorted(self._tenants)]

    def remove(self, name: str) -> W | None:
        """Remove a tenant and its keys, release requests that wait in it, delete its files. None: no such tenant."""
        with self._lock:
            tenant = self._tenants.pop(name, None)
            self._keys = {key: owner for key, owner in self._keys.items() if owner != name}
            self._labels = {label: owner for label, owner in self._labels.items() if owner != name}
        if tenant is not None:
            tenant.reset_basics()
            tenant.removed()
        return tenant
