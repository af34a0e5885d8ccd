"""One C4C tenant: its logins, its business objects, its locks, its switches."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from c4c_mock.evidence import DIALECT, Touching
from c4c_mock.model.access.csrf import CsrfTokens
from c4c_mock.model.access.users import Access
from c4c_mock.model.capacity import BusyState, ThreadLimit
from c4c_mock.model.locks import ObjectLocks, WriteLock
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.storage import FILE_NAME, FORMAT, FileMissing, Log, row_from_json, row_to_json, with_file_names
from c4c_mock.model.table import EntityTable
from c4c_mock.model.writes import EntityWriter
from mock_kit.tenants import MockTenant, TenantState


@dataclass(kw_only=True)
class C4CTenant(MockTenant):
    """State of one tenant. What a client or an administrator changes in it outlives the process: see ``log``.

    Attributes:
        host: name in the Host header, without port, lower-case.
        other_hosts: further names of the same system; its state is one. Links begin with the name that was asked.
        switches: the dialect as the model reads it; every read counts as evidence used.
        writer: creates, changes and deletes business objects.
    """

    host: str
    other_hosts: tuple[str, ...] = ()
    threads: ThreadLimit = field(default_factory=ThreadLimit)
    switches: Touching = field(init=False)
    locks: ObjectLocks = field(init=False)
    busy: BusyState = field(init=False)
    rows: EntityTable = field(init=False)
    writer: EntityWriter = field(init=False)
    access: Access = field(init=False)
    csrf: CsrfTokens = field(init=False)
    log: Log = field(init=False)

    def __post_init__(self) -> None:
        self.switches = Touching(self.dialect, self)
        self.locks = ObjectLocks(self.clock.now, self.switches)
        self.busy = BusyState(self.clock.now)
        self.rows = EntityTable(self.clock.now, self._persist)
        self.writer = EntityWriter(self.rows, self.clock, self.ids, self.switches)
        self.access = Access(
            self.switches,
            changed=lambda: self.log.append({"access": self.access.state()}),
            verified=lambda user, password: self.journal.mask_secret(password, user),
        )
        self.csrf = CsrfTokens(self.clock.now, self.switches, self.host)
        self.log = Log(self.spool.directory / FILE_NAME)

    @classmethod
    def make(
        cls,
        name: str,
        host: str,
        data_dir: Path,
        dialect: Mapping[str, Any] | None = None,
        *,
        other_hosts: Iterable[str] = (),
        ids_seed: str | None = None,
    ) -> C4CTenant:
        """A tenant with no users and no data. ``dialect`` overrides single defaults."""
        parts = MockTenant.parts(name, data_dir, DIALECT.completed(dialect), ids_seed=ids_seed)
        return cls(**parts, host=host.lower(), other_hosts=tuple(each.lower() for each in other_hosts))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name of the system, the first one first."""
        return (self.host, *self.other_hosts)

    @classmethod
    def restored(cls, path: Path) -> C4CTenant:
        """The tenant that an earlier process wrote to ``path``, a log file. Raises Damaged."""
        state: dict[str, Any] = {}
        rows: dict[str, dict[str, Any]] = {}
        for entry in Log(path).entries():
            rows.update((row["id"], row) for row in entry.pop("rows", ()))
            for object_id in entry.pop("gone", ()):
                rows.pop(object_id, None)
            state.update(entry)
        known = {name: value for name, value in state["dialect"].items() if name in DIALECT.switches}
        names = {"other_hosts": state.get("other_hosts", ()), "ids_seed": state.get("ids_seed")}
        tenant = cls.make(state["name"], state["host"], path.parent.parent, known, **names)
        tenant.clock.advance(state["clock"])
        tenant.ids.restore(state["ids"])
        tenant.access.restore(state["access"])
        tenant.rows.restore(_readable(rows.values(), path.parent))
        tenant.spool.keep_only({row.blob.path.name for row in tenant.rows.everything() if row.blob})
        tenant.start_log()
        return tenant

    def start_log(self) -> None:
        """From now on every change is written to the log. Call it once the tenant is complete and accepted."""
        self.log.rewrite(self._snapshot())

    def _snapshot(self) -> Iterator[dict[str, Any]]:
        named = {"name": self.name, "host": self.host, "other_hosts": self.other_hosts, "ids_seed": self.ids.seed}
        yield {"format": FORMAT, **named, **self._settings()}
        yield {"access": self.access.state(), "ids": self.ids.state()}
        for row in self.rows.everything():
            yield {"rows": [row_to_json(row)]}

    def _settings(self) -> dict[str, Any]:
        return {"dialect": self.dialect, "clock": self.clock.offset_s}

    def _persist(self, stored: list[EntityRow], removed: list[EntityRow]) -> None:
        entry: dict[str, Any] = {"rows": [row_to_json(row) for row in stored], "ids": self.ids.state()}
        self.log.append({**entry, "gone": [row.object_id for row in removed]})

    def saved_state(self) -> TenantState:
        """Business objects with their files, systems, arrangements and users; no digest of a password."""
        rows = list(self.rows.everything())
        access = self.access.state()
        for user in access["users"]:
            user.pop("digest")
        files = {row.blob.path.name: row.blob for row in rows if row.blob}
        return TenantState(state={"rows": [row_to_json(row) for row in rows], "access": access}, files=files)

    def restore_state(self, saved: TenantState) -> None:
        """A user that this tenant did not have cannot log in until a password is set."""
        digests = {user.name: user.digest for user in self.access.users.values()}
        access = dict(saved.state["access"])
        access["users"] = [{**user, "digest": digests.get(user["name"], "")} for user in access["users"]]
        names = {name: blob.path.name for name, blob in saved.files.items()}
        rows = [with_file_names(row, names) for row in saved.state["rows"]]
        self.reset()
        self.access.restore(access)
        self.rows.restore(_readable(rows, self.spool.directory))
        self.start_log()

    def settings_changed(self) -> None:
        """Write clock and dialect to the log."""
        self.log.append(self._settings())

    def removed(self) -> None:
        """Delete the tenant's file."""
        self.log.remove()

    def describe(self) -> dict[str, Any]:
        """Host, systems and users with their ticked services; no passwords."""
        return {
            "host": self.host,
            "other_hosts": list(self.other_hosts),
            "communication_systems": list(self.access.systems),
            "users": [
                {
                    "user": u.name,
                    "kind": u.kind,
                    "services": sorted(u.services),
                    "locked": u.locked,
                    "failures": u.failures,
                }
                for u in self.access.users.values()
            ],
        }

    def reset(self) -> None:
        """Remove business objects, sessions, lockouts, persons' locks and busy times; logins and switches stay."""
        self.rows.clear()
        self.locks.release_persons()
        self.busy.end()
        self.csrf.clear()
        self.access.lift_lockouts()
        self.start_log()

    def lock_for(self, user: str) -> WriteLock:
        """The locks of one writing request, a context manager."""
        return WriteLock(self.locks, user)


def _readable(raw_rows: Iterable[Mapping[str, Any]], directory: Path) -> Iterator[EntityRow]:
    for raw in raw_rows:
        try:
            yield row_from_json(raw, directory)
        except FileMissing as exc:
            logging.getLogger(__name__).warning("%s %s is dropped: %s", raw["set"], raw["id"], exc)
