"""A stack that is known by its console alone, such as one of containers: ``--base-url http://127.0.0.1:8100``.

Tenants are opened by the console and reached through its reverse proxy (attachment_lab.console.web.reverse_proxy), so
that the lab's tenant object works there as it does here. A test that needs a process of this machine is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, NoReturn, cast

import httpx
import pytest

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import ReconciliationVerdict, Violation
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import Lab, LabTenant
from instrument.offline import ENDED_TENANTS
from instrument.stacks import ProcessControl, TenantView

#: Stands for a secret that stays in the stack; it occurs in no log by accident.
KEPT_THERE = "kept-by-the-stack"


class RemoteStack:
    """Tenants of a stack behind a console."""

    def __init__(self, base_url: str) -> None:
        self.console_url = base_url.rstrip("/")
        self._http = httpx.Client(base_url=self.console_url, trust_env=False, timeout=60)

    @property
    def control(self) -> ProcessControl:
        """Skips the test: its processes are not this machine's."""
        skip("killing a process")

    @contextmanager
    def tenant_view(self, options: TenantOptions | None = None, *, check: bool = True) -> Iterator[TenantView]:
        """A tenant opened by the console; closed at the end, also when the test fails."""
        answer = self._http.post("/api/tenants", json={"options": asdict(options)} if options else {})
        assert answer.status_code == 201, answer.text
        opened = answer.json()
        ENDED_TENANTS.discard(opened["tenant"])  # a pool uses its names again
        try:
            tenant = RemoteTenant(self.console_url, opened)
            yield TenantView(base_url=self.console_url, name=tenant.name, tenant=tenant)
            if check:
                tenant.assert_invariants_hold()
        finally:
            ENDED_TENANTS.add(opened["tenant"])
            self._http.delete(f"/api/tenants/{opened['tenant']}")


def first_view(console_url: str) -> TenantView:
    """The console's first tenant; it is not closed."""
    answer = httpx.get(f"{console_url}/api/tenants", trust_env=False, timeout=60).raise_for_status()
    shown = answer.json()["tenants"][0]
    return TenantView(base_url=console_url, name=shown["tenant"], tenant=RemoteTenant(console_url, shown))


class RemoteLab:
    """The part of a lab that fixtures of the lab's plugin use: a tenant."""

    is_own = False

    def __init__(self, stack: RemoteStack) -> None:
        self._stack = stack
        self.urls = {"console": stack.console_url}

    @contextmanager
    def tenant(
        self, options: TenantOptions | None = None, *, check: bool = True, judge: bool = False, of: str = ""
    ) -> Iterator[LabTenant]:
        """A fresh tenant of the stack. ``judge`` and ``of`` are for a recorder, which a stack elsewhere has not."""
        with self._stack.tenant_view(options, check=check) as view:
            yield view.tenant


class RemoteTenant(LabTenant):
    """A tenant whose mocks and transfers are reached through the console; it has no secret.

    Args:
        opened: the console's answer: ``{"tenant", "tenant_path", "cmi_host", "c4c_host"}``.
    """

    def __init__(self, console_url: str, opened: Mapping[str, str]) -> None:
        names = _names(opened)
        to = StackClients({each: f"{console_url}/api/tenants/{names.name}/{each}" for each in (*MOCKS, "service")})
        read = _ConsoleReconciliation(to, names, f"{console_url}/api/tenants/{names.name}/reconciliation")
        stack = _Elsewhere("stack", clients=to, run_dir=None, reconciliation=lambda _: read)
        super().__init__(cast("Lab", _Elsewhere("lab", stack=stack)), names)


class _ConsoleReconciliation(Reconciliation):
    """Reads through the reverse proxy, which adds the token; the verdict, secret scan included, is the console's."""

    def __init__(self, to: StackClients, names: TenantNames, verdict_url: str) -> None:
        super().__init__(to, names)
        self._verdict_url = verdict_url
        self.service.token = lambda **_: KEPT_THERE  # type: ignore[method-assign]

    def verdict(self) -> ReconciliationVerdict:
        """The console's verdict, with the records as they are read from here."""
        answer = httpx.get(self._verdict_url, trust_env=False, timeout=120).raise_for_status().json()
        violations = tuple(_violation(each) for each in answer["violations"])
        return ReconciliationVerdict(violations=violations, records=self.records())

    def leaks(self) -> Iterator[Any]:
        """None from here: a search needs the secrets."""
        return iter(())


class _Elsewhere:
    """The parts that a stack elsewhere has of a lab or a stack; any other attribute skips the test."""

    is_own = False

    def __init__(self, what: str, **parts: Any) -> None:
        self.what = what
        self.__dict__.update(parts)

    def __getattr__(self, name: str) -> NoReturn:
        skip(f"{self.what}.{name}")


def skip(what: str) -> NoReturn:
    """End the test as skipped: the stack is not this machine's."""
    pytest.skip(f"{what}: needs a stack of this machine; --base-url points at a stack elsewhere")


def _names(opened: Mapping[str, str]) -> TenantNames:
    return TenantNames(
        name=opened["tenant"],
        tenant_path=opened["tenant_path"],
        cmi_host=opened["cmi_host"],
        c4c_host=opened["c4c_host"],
        client_id=KEPT_THERE,
        client_secret=KEPT_THERE,
        api_key=KEPT_THERE,
        cmi_password=KEPT_THERE,
        c4c_password=KEPT_THERE,
    )


def _violation(found: Mapping[str, str]) -> Violation:
    return Violation(invariant=found["invariant"], file=found["file"], hop=found["hop"], fact=found["fact"])
