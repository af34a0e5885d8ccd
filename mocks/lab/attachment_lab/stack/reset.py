"""Keep a stack up for other commands, and set it back to its beginning when one of them asks.

Two ways back. The quick one begins the tenant anew and leaves the service running (renewal.py): about a second.
The full one also restarts the service on an empty database with its clock at zero. Why the owner does either: it
holds the tenant's secrets, and only it can restart the service.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from attachment_lab.clients.json_client import JsonClient
from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.stack import ready_file as stack_file
from attachment_lab.stack.clocks import read_offset
from attachment_lab.stack.ready_file import RunningStack
from attachment_lab.stack.running import Stack
from attachment_lab.tenant.credentials import TenantNames, with_new_secrets
from attachment_lab.tenant.opening import close_tenant, open_tenant
from attachment_lab.tenant.tenant_reset import reset_tenant

WATCH_S = 0.2
ASK_S = 0.03
RESET_TIMEOUT_S = 90.0
QUICK, FULL = signal.SIGUSR1, signal.SIGUSR2


class StackOwner:
    """Owns a running stack: announces it by the stack file, watches it, sets it back on SIGUSR1 or SIGUSR2.

    Args:
        prepare: run again after each reset with the tenant's new names, when it is furnished anew.
    """

    def __init__(self, stack: Stack, tenant: TenantNames, prepare: Callable[[TenantNames], None] | None = None) -> None:
        self._stack = stack
        self._tenant = tenant
        self._prepare = prepare
        self._path = stack_file.default_path().absolute()
        self._asked, self._ask = os.pipe()
        self._running = RunningStack(
            urls=stack.urls,
            tenant=tenant,
            run_dir=stack.run_dir,
            clock_file=stack.clock_file,
            pid=os.getpid(),
        )

    def stay(self) -> None:
        """Until a signal ends it; a process that dies ends everything, with its log (StackFailed)."""
        for number in (QUICK, FULL):
            signal.signal(number, lambda given, _frame: os.write(self._ask, bytes([given])) and None)
        stack_file.write(self._path, stack_file.stack_json(self._running))
        try:
            while True:
                self._stack.check_alive()
                if select.select([self._asked], [], [], WATCH_S)[0]:
                    self._reset(full=FULL in os.read(self._asked, 64))
        finally:
            with suppress(OSError):
                self._path.unlink()

    def _reset(self, *, full: bool) -> None:
        self._tenant = self._begin_anew() if full else self._renew()
        if self._stack.options.console:
            # The console looks at the tenant with the secrets of its beginning: it needs the new ones.
            console = JsonClient("console", self._stack.urls["console"])
            console.post("/api/tenants", {"names": self._tenant.to_json()})
            console.close()
        if self._prepare:
            self._prepare(self._tenant)
        self._running = replace(self._running, tenant=self._tenant, resets=self._running.resets + 1)
        stack_file.write(self._path, stack_file.stack_json(self._running))

    def _renew(self) -> TenantNames:
        options, offset_s = self._stack.tenant_options(), read_offset(self._stack.clock_file)
        return reset_tenant(self._stack.clients, self._tenant, options, offset_s=offset_s)

    def _begin_anew(self) -> TenantNames:
        fresh = with_new_secrets(self._tenant)
        close_tenant(self._stack.clients, self._tenant.name)
        self._stack.restart_service_empty()
        open_tenant(self._stack.clients, fresh, self._stack.tenant_options())
        return fresh


def request_reset(path: Path, *, full: bool = False) -> None:
    """Ask the owner of the stack at ``path`` and wait until it has done it. Raises WrongUse, LabFailed."""
    before = stack_file.read(path)
    if before.pid is None:
        raise WrongUse(f"{path} does not tell who owns the stack; give its stack file by --stack")
    try:
        os.kill(before.pid, FULL if full else QUICK)
    except ProcessLookupError:
        raise WrongUse(f"the stack of {path} is gone; start one with `attachment-lab up`") from None
    deadline = time.monotonic() + RESET_TIMEOUT_S
    while time.monotonic() < deadline:
        if stack_file.read(path).resets > before.resets:
            return
        time.sleep(ASK_S)
    raise LabFailed(f"no reset within {RESET_TIMEOUT_S:g} s; see the logs in {before.run_dir}")
