"""Keep a stack running for other commands, and reset it when one of them asks for it.

There are two ways. The quick one resets the default tenant and leaves the service running (``opening.reset_tenant``):
about a second. The full one also restarts the service on an empty database with its clock at zero. The owner does both:
it has the tenant's secrets, and only it can restart the service.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from attachment_lab.clients.json_client import JsonClient
from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.shared_files import replace_json
from attachment_lab.stack import ready_file
from attachment_lab.stack.clocks import read_offset
from attachment_lab.stack.ready_file import RunningStack
from attachment_lab.stack.running import Stack
from attachment_lab.tenant.credentials import TenantNames, with_new_secrets
from attachment_lab.tenant.opening import close_tenant, open_tenant, reset_tenant

CHECK_ALIVE_S = 0.2
POLL_S = 0.03
RESET_TIMEOUT_S = 90.0
QUICK, FULL = signal.SIGUSR1, signal.SIGUSR2


class StackOwner:
    """Owns a running stack: announces it by the stack file, watches its processes, resets it on SIGUSR1 or SIGUSR2.

    Args:
        prepare: called after each reset with the tenant's new names, once the tenant is open again.
        follow: called with the default tenant's names when another command has opened it with other secrets.
        others: further tenants that are open already.
    """

    def __init__(
        self,
        stack: Stack,
        tenant: TenantNames,
        prepare: Callable[[TenantNames], None] | None = None,
        *,
        follow: Callable[[TenantNames], None] | None = None,
        others: Mapping[str, TenantNames] | None = None,
    ) -> None:
        self._stack = stack
        self._tenant = tenant
        self._prepare = prepare
        self._follow = follow
        self._seen_ns = 0
        #: Tenants of the stack file, by name.
        self.tenants: dict[str, TenantNames] = {**(others or {}), tenant.name: tenant}
        self._path = stack.announced_at
        self._requests, self._request = os.pipe()

    @property
    def default(self) -> str:
        """Name of the default tenant."""
        return self._tenant.name

    def stay(self) -> None:
        """Run until a signal ends it. A process that dies ends everything with StackFailed and the end of its log."""
        for number in (QUICK, FULL):
            signal.signal(number, lambda given, _frame: os.write(self._request, bytes([given])) and None)
        replace_json(self._path, ready_file.stack_json(self._as_running()))
        try:
            while True:
                self._stack.check_alive()
                self._read_changes()
                if select.select([self._requests], [], [], CHECK_ALIVE_S)[0]:
                    self._reset(full=FULL in os.read(self._requests, 64))
        finally:
            self._read_file()
            with suppress(OSError):
                self._path.unlink()

    def _as_running(self) -> RunningStack:
        return RunningStack(
            urls=self._stack.urls,
            tenants=self.tenants,
            default=self._tenant.name,
            run_dir=self._stack.run_dir,
            clock_file=self._stack.clock_file,
            pid=os.getpid(),
            foreign=self._stack.foreign is not None,
            quiet_s=self._stack.quiet_s,
        )

    def _read_changes(self) -> None:
        """Other commands change the stack file: they open, close and restore tenants."""
        self._read_file()
        found = self.tenants.get(self._tenant.name, self._tenant)
        if found != self._tenant:
            self._tenant = found
            self._show_in_console()
            if self._follow:
                self._follow(found)

    def _read_file(self) -> None:
        with suppress(OSError, WrongUse):
            changed_ns = self._path.stat().st_mtime_ns
            if changed_ns != self._seen_ns:
                self.tenants = dict(ready_file.read(self._path).tenants)
                self._seen_ns = changed_ns

    def _show_in_console(self) -> None:
        """The console still has the tenant's old secrets: it needs the new ones."""
        if self._stack.options.console:
            with suppress(LabFailed):  # a console that cannot show it must not end the stack
                show_tenant(self._stack.urls["console"], self._tenant)

    def _reset(self, *, full: bool) -> None:
        self._read_changes()
        self._tenant = self._reset_fully() if full else self._reset_tenant()
        self._show_in_console()
        if self._prepare:
            self._prepare(self._tenant)
        if not self._path.exists():  # it has been removed
            replace_json(self._path, ready_file.stack_json(self._as_running()))
        ready_file.update(self._path, lambda stack: replace(stack.with_tenant(self._tenant), resets=stack.resets + 1))

    def _reset_tenant(self) -> TenantNames:
        options, offset_s = self._stack.tenant_options(), read_offset(self._stack.clock_file)
        return reset_tenant(self._stack.clients, self._tenant, options, offset_s=offset_s)

    def _reset_fully(self) -> TenantNames:
        fresh = with_new_secrets(self._tenant)
        close_tenant(self._stack.clients, self._tenant.name)
        self._stack.restart_service_empty()
        open_tenant(self._stack.clients, fresh, self._stack.tenant_options())
        return fresh


def show_tenant(console_url: str, names: TenantNames) -> None:
    """Give the console the names and secrets of a tenant that is open. Raises RequestRefused, Unreachable."""
    console = JsonClient("console", console_url)
    try:
        console.post("/api/tenants", {"names": names.to_json()})
    finally:
        console.close()


def request_reset(path: Path, *, full: bool = False) -> None:
    """Ask the owner of the stack at ``path`` for a reset and wait until it is done. Raises WrongUse, LabFailed."""
    before = ready_file.read(path)
    if before.pid is None:
        raise WrongUse(f"{path} does not name the stack's owner; give its stack file by --stack")
    if before.foreign:
        raise WrongUse(f"the service of {path} is not ours: the lab does not reset it; open another tenant")
    try:
        os.kill(before.pid, FULL if full else QUICK)
    except ProcessLookupError:
        raise WrongUse(f"the stack of {path} is gone; start one with `attachment-lab up`") from None
    deadline = time.monotonic() + RESET_TIMEOUT_S
    while time.monotonic() < deadline:
        if ready_file.read(path).resets > before.resets:
            return
        time.sleep(POLL_S)
    raise LabFailed(f"no reset within {RESET_TIMEOUT_S:g} s; see the logs in {before.run_dir}")
