"""What the console knows of one tenant, and of all the tenants that it may show."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from attachment_lab.chats.watch import ChatWatch
from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.session.demo_player import DemoPlayer
from attachment_lab.console.tour.tour_runner import TourRunner
from attachment_lab.demo.run import default_files
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.exchanges.reader import JournalReader
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.stack.clocks import catch_up, read_offset
from attachment_lab.stack.reset import request_reset
from attachment_lab.tenant.configured import read_tenant
from attachment_lab.tenant.credentials import TenantNames, fresh_tenant, with_new_secrets
from attachment_lab.tenant.opening import TenantOptions, close_tenant, open_names, open_tenant, reset_tenant

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class StackControl:
    """What the console may do to the stack beyond its tenants; None = not from here (as in containers).

    Attributes:
        clock_file: the service's virtual clock (stack.write_offset); one for all tenants.
        worker_health_port: loopback port by which the worker process is found.
        stack_file: where the owner of the stack announces it.
        fault_proxy: whether the service reaches the mocks through their fault proxies.
        allow_list: the service's allow-list file.
    """

    clock_file: Path | None = None
    worker_health_port: int | None = None
    stack_file: Path | None = None
    fault_proxy: bool = False
    allow_list: Path | None = None

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> StackControl:
        """From the console's settings; unknown members are a mistake of the caller (TypeError)."""
        paths = {name: Path(given[name]) for name in ("clock_file", "stack_file", "allow_list") if given.get(name)}
        return cls(**{**given, **paths})


class TenantSession:
    """One tenant: its names and secrets, and what reads and plays it for the pages."""

    def __init__(
        self,
        to: StackClients,
        names: TenantNames,
        urls: Mapping[str, str],
        options: TenantOptions | None = None,
    ) -> None:
        self.to = to
        #: Changes with each reset of the tenant; pages compare it.
        self.generation = secrets.token_hex(4)
        #: How the tenant was opened, if the console opened it; a reset opens it the same way.
        self.options = options
        self.names = names
        self.reconciliation = Reconciliation(to, names)
        self.watch = ChatWatch(self.reconciliation)
        self.demo = DemoPlayer(to, names, default_files)
        self.journal = JournalReader(self.reconciliation, urls)
        self.seeding = Seeding(to, names)
        self.tour = TourRunner(self.reconciliation, self.journal)
        self._made: dict[Any, Any] = {}

    def of(self, make: Callable[[TenantSession], Made]) -> Made:
        """What ``make`` builds for this tenant: built at the first call, gone with the session."""
        made: Made = self._made[make] if make in self._made else self._made.setdefault(make, make(self))
        return made


class TenantSessions:
    """Every tenant that this console shows, the first one being shown where none is named. Safe for threads.

    Args:
        pool: names for new tenants, in this order; empty = names are generated.
        options: how a new tenant differs from the documented configuration.
    """

    def __init__(
        self,
        to: StackClients,
        first: TenantNames,
        urls: Mapping[str, str],
        *,
        control: StackControl | None = None,
        pool: Sequence[TenantNames] = (),
        options: TenantOptions | None = None,
    ) -> None:
        self.to = to
        self.urls = dict(urls)
        self.control = control or StackControl()
        self.first = first.name
        self._sessions = {first.name: TenantSession(to, first, urls)}
        self._pool = list(pool)
        self._has_pool = bool(pool)
        self._options = options
        self._lock = threading.Lock()

    def get(self, name: str) -> TenantSession | None:
        """The session of that tenant; None when the console does not show it."""
        with self._lock:
            return self._sessions.get(name)

    def names(self) -> list[str]:
        """All tenants, the first one first, then in the order in which they were added."""
        with self._lock:
            return list(self._sessions)

    def create(self, options: TenantOptions | None = None) -> TenantSession:
        """A fresh tenant, opened in all three mocks. Raises WrongUse when the pool is used up."""
        names = self._next_names()
        options = self._with_defaults(options)
        open_tenant(self.to, names, options)
        return self.show(names, options)

    def create_configured(
        self,
        texts: Sequence[str | Mapping[str, Any]],
        *,
        name: str | None = None,
        values: Mapping[str, str] | None = None,
        options: TenantOptions | None = None,
    ) -> tuple[TenantSession, tuple[str, ...]]:
        """The tenant of these configurations, opened, and what a person should know of it.

        Raises ConfigurationRefused for the gate's errors, WrongUse when an open tenant has one of its addresses.
        """
        sources = [(f"configuration {number}", text) for number, text in enumerate(texts, start=1)]
        found = read_tenant(sources, name=name, values=values, taken=open_names(self.to))
        options = self._with_defaults(options)
        open_tenant(self.to, found.names, options)
        return self.show(found.names, options), found.remarks

    def show(self, names: TenantNames, options: TenantOptions | None = None) -> TenantSession:
        """Show a tenant that exists in the mocks already; a tenant that is shown already gets a new session.

        The clock of its mocks is moved to the service's time, or the service would reject its tokens as expired.
        """
        catch_up(self.to, names.name, self.control.clock_file)
        session = TenantSession(self.to, names, self.urls, options)
        with self._lock:
            self._sessions[names.name] = session
        return session

    def close(self, name: str) -> None:
        """Close a tenant in all three mocks. Raises WrongUse for the first one and LookupError for one unknown."""
        if name == self.first:
            raise WrongUse(f"{name} is the console's first tenant; reset it instead of closing it")
        with self._lock:
            session = self._sessions.pop(name)
        close_tenant(self.to, name)
        if self._has_pool:
            with self._lock:
                # A pool's tenant that is opened again must not generate the ids of its last time.
                self._pool.append(with_new_secrets(session.names))

    def reset(self, name: str) -> None:
        """Reset a tenant: its state is removed, its secrets and ids are new, its pages load themselves again.

        The first tenant belongs to the owner of the stack, where there is one: that process resets it, because it
        must rewrite the ready file. Raises WrongUse, LabFailed, and LookupError for an unknown tenant.
        """
        with self._lock:
            session = self._sessions[name]
        owner = self.control.stack_file
        if name == self.first and owner:
            request_reset(owner)
            return
        names = reset_tenant(self.to, session.names, session.options, offset_s=self._offset_s())
        self.show(names, session.options)

    def _offset_s(self) -> float:
        return read_offset(self.control.clock_file) if self.control.clock_file else 0.0

    def _with_defaults(self, options: TenantOptions | None) -> TenantOptions | None:
        """These options, over the switches that every tenant of this console has."""
        if options is None or self._options is None:
            return options or self._options
        mocks = {*self._options.dialects, *options.dialects}
        merged = {mock: {**self._options.dialects.get(mock, {}), **options.dialects.get(mock, {})} for mock in mocks}
        return replace(options, dialects=merged)

    def _next_names(self) -> TenantNames:
        with self._lock:
            if self._pool:
                return self._pool.pop(0)
        if self._has_pool:
            raise WrongUse("every tenant of the pool is in use; close one first")
        return fresh_tenant()


class Seeding:
    """Loads the demo's customers into one tenant. Safe for threads."""

    def __init__(self, to: StackClients, names: TenantNames) -> None:
        self._to = to
        self._names = names
        self._busy = threading.Lock()
        self._message = ""
        self._error: str | None = None

    def start(self) -> None:
        """Begin. Raises WrongUse while one is under way."""
        if not self._busy.acquire(blocking=False):
            raise WrongUse("the demo's customers are being loaded already; wait a few seconds")
        self._message, self._error = "Preparing the files", None
        threading.Thread(target=self._load, daemon=True, name="seeding").start()

    def state(self) -> dict[str, Any]:
        """``{"is_loading", "message", "error"}``; ``message`` is a sentence for a person."""
        return {"is_loading": self._busy.locked(), "message": self._message, "error": self._error}

    def _load(self) -> None:
        from attachment_lab.demo.seeds.load import load  # noqa: PLC0415 - builds pictures: heavy imports

        try:
            self._message = f"{load(self._to, self._names, on_chat=self._set_message)} are there."
        except LabError as exc:
            self._error = str(exc)
        finally:
            self._busy.release()

    def _set_message(self, words: str) -> None:
        self._message = words
