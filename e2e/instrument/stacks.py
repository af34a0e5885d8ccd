"""What a story plays on: a stack of this machine, or a stack somewhere that is known by its console alone.

``StackUnderTest`` is all that the suite asks for. What only a process of this machine can give (its ports, its files,
being killed) is reached by ``stack.hands``; a stack that has none skips the test and says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import httpx

from attachment_lab.stack import process_cleanup
from attachment_lab.stack.processes import Command
from attachment_lab.stack.running import Stack
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import Lab, LabTenant
from instrument.offline import ENDED_TENANTS

START_S = 60.0


@dataclass(frozen=True, kw_only=True)
class TenantView:
    """A tenant of one test's own, shown by the console.

    Attributes:
        tenant: the same tenant as the lab's friendly object; its reconciliation is checked at the test's end.
    """

    base_url: str
    name: str
    tenant: LabTenant

    def url(self, page: str = "chain") -> str:
        """Address of one of its pages."""
        return f"{self.base_url}/w/{self.name}/{page}/"


class StackUnderTest(Protocol):
    """Somewhere to play stories."""

    @property
    def console_url(self) -> str:
        """Base address of the console, without a slash at its end."""

    @property
    def hands(self) -> Hands:
        """Whoever can kill and start its processes; skips the test where nobody can."""

    def tenant_view(
        self, options: TenantOptions | None = None, *, check: bool = True
    ) -> AbstractContextManager[TenantView]:
        """A fresh tenant; at its end its invariants are checked (AssertionError), unless ``check`` is False."""


class LocalStack:
    """A stack of this machine with its console."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.console_url = lab.urls["console"]

    @property
    def hands(self) -> Hands:
        """Hands on its processes; for a stack that one test has for itself."""
        assert self.lab.is_own, "only a stack of the test's own may be disturbed: mark it with own_stack"
        return Hands(self.lab.stack)

    @contextmanager
    def tenant_view(self, options: TenantOptions | None = None, *, check: bool = True) -> Iterator[TenantView]:
        """A tenant of the stack, made known to the console."""
        with self.lab.tenant(options, check=check) as tenant:
            view = TenantView(base_url=self.console_url, name=tenant.name, tenant=tenant)
            show(view)
            try:
                yield view
            finally:
                ENDED_TENANTS.add(view.name)


def show(view: TenantView) -> None:
    """Tell the console of a tenant that the mocks have; it forgets all but its first one when it is restarted."""
    names = {"names": view.tenant.names.to_json()}
    answer = httpx.post(f"{view.base_url}/api/tenants", json=names, trust_env=False, timeout=30)
    assert answer.status_code == 201, answer.text


class Hands:
    """Kills processes of a stack the hard way and starts them again on what they left."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def kill_service(self) -> None:
        """SIGKILL to the whole service: supervisor, API and worker."""
        self._kill("service")

    def start_service(self) -> None:
        """The same service anew: database, sealing key and clock are kept. Returns when it is ready."""
        stack = self._stack
        again = Command(
            name="service", module="attachment_transfer", arguments=["run"], environment=stack.service_settings
        )
        stack.wait_ready(stack.processes.start(again), f"{stack.urls['service']}/readyz")

    def kill_console(self) -> None:
        """SIGKILL to the console."""
        self._kill("console")

    def start_console(self, view: TenantView) -> None:
        """A console anew; it knows the given tenant as its first one."""
        self._stack.start_console(view.tenant.names)

    def _kill(self, name: str) -> None:
        stack = self._stack
        process = next(each for each in stack.processes.all if each.name == name)
        process_cleanup.kill_session(process.pid)
        stack.processes.stop_one(process)

