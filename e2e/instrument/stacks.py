"""Where a test plays: a stack of this machine, or a stack elsewhere that is known by its console alone.

``StackUnderTest`` is the suite's interface to it. Killing and starting processes is done by ``stack.control``; a stack
elsewhere has none, and skips the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import httpx

from attachment_lab.console.pages import PAGES
from attachment_lab.stack import process_cleanup
from attachment_lab.stack.processes import Command
from attachment_lab.stack.running import Stack
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import Lab, LabTenant
from instrument.offline import ENDED_TENANTS

START_S = 60.0
#: Where a page of the console is, by its name.
ADDRESSES = {page.name: page.address for page in PAGES}


@dataclass(frozen=True, kw_only=True)
class TenantView:
    """A tenant of one test's own, shown by the console.

    Attributes:
        tenant: the same tenant as the lab's object; its reconciliation is checked at the test's end.
    """

    base_url: str
    name: str
    tenant: LabTenant

    def url(self, page: str = "chain") -> str:
        """Address of one of its pages, by the page's name."""
        return f"{self.base_url}/w/{self.name}/{ADDRESSES.get(page, page)}/"


class StackUnderTest(Protocol):
    """A stack with a console, on this machine or elsewhere."""

    @property
    def console_url(self) -> str:
        """Base address of the console, without a slash at its end."""

    @property
    def control(self) -> ProcessControl:
        """Kills and starts its processes; skips the test for a stack elsewhere."""

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
    def control(self) -> ProcessControl:
        """Its processes; only for a stack that one test has for itself."""
        assert self.lab.is_own, "only a stack of the test's own may be disturbed: mark it with own_stack"
        return ProcessControl(self.lab.stack)

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
    """Make the console show a tenant that the mocks have; after a restart it knows only its first one."""
    names = {"names": view.tenant.names.to_json()}
    answer = httpx.post(f"{view.base_url}/api/tenants", json=names, trust_env=False, timeout=30)
    assert answer.status_code == 201, answer.text


class ProcessControl:
    """Kills processes of a stack by SIGKILL, and starts them again on the files that they left."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def kill_service(self) -> None:
        """SIGKILL to the whole service: supervisor, API and worker."""
        self._kill("service")

    def start_service(self) -> None:
        """Start the same service again: database, sealing key and clock are kept. Returns when it is ready."""
        stack = self._stack
        again = Command(
            name="service", module="attachment_transfer", arguments=["run"], environment=stack.service_settings
        )
        stack.wait_ready(stack.processes.start(again), f"{stack.urls['service']}/readyz")

    def kill_console(self) -> None:
        """SIGKILL to the console."""
        self._kill("console")

    def start_console(self, view: TenantView) -> None:
        """Start the console again; the given tenant is its first one."""
        self._stack.start_console(view.tenant.names)

    def _kill(self, name: str) -> None:
        stack = self._stack
        process = next(each for each in stack.processes.all if each.name == name)
        process_cleanup.kill_session(process.pid)
        stack.processes.stop_one(process)
