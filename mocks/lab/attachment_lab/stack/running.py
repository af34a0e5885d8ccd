"""The stack: three mocks, the service and the console as processes on loopback.

All start together; ``open_stack`` yields once mocks, service and worker answer, or raises with the end of the log of
the process that failed. Tenants are opened afterwards (``tenant.opening``), the console last: it needs a first tenant.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import NotSettled, StackFailed, StackPortTaken, Unreachable, WrongUse
from attachment_lab.evidence.dialect_file import read_dialect_file
from attachment_lab.reconciliation.quiet import QUIET_S
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.stack import commands, egress, run_directory
from attachment_lab.stack.clocks import write_offset
from attachment_lab.stack.foreign import ForeignOptions, ForeignService
from attachment_lab.stack.known_stacks import own_path
from attachment_lab.stack.ports import Ports
from attachment_lab.stack.processes import StackProcess, StackProcesses, tail
from attachment_lab.stack.progress import STALLED_S
from attachment_lab.stack.readiness import Readiness
from attachment_lab.tenant.addresses import put_endpoints, write_allow_list
from attachment_lab.tenant.credentials import TenantNames, sealing_key
from attachment_lab.tenant.opening import TenantOptions

if TYPE_CHECKING:
    from attachment_lab.recorder.collector import Collector

FREE_PORT_TRIES = 4
#: Holds the id of the process whose stacks are checked; processes that it starts inherit the variable, but not the id.
RECORDER = "ATTACHMENT_LAB_RECORDER"


@dataclass(frozen=True, kw_only=True)
class StackOptions:
    """How to build a stack.

    Attributes:
        port_base: 0 = free ports; else the first of the documented layout.
        fault_proxy: the service reaches the mocks through their fault proxies, so wire faults can be planned.
        console: start the console page as well.
        stalled_s: wall seconds after which a starting process that makes no progress is given up.
        run_dir: logs, spools and the service's database; None = a temporary folder, removed at the end.
        service_environment: extra settings for the service; they override the lab's own.
        recorder: all processes report what they exchange, and it is checked at each tenant's end; None = as the pytest
            plugin of this process decides.
        dialect: a dialect file for the service and for every tenant that is opened with ``Stack.tenant_options``.
        sealing_key: the service's; None = a new one. With it the run directory's database is used further.
        offset_s: of the service's clock at its start.
        foreign: another service in the place of ours; None = ours.
    """

    port_base: int = 0
    fault_proxy: bool = False
    console: bool = False
    stalled_s: float = STALLED_S
    run_dir: Path | None = None
    service_environment: Mapping[str, str] = field(default_factory=dict)
    dialect: Path | None = None
    recorder: bool | None = None
    sealing_key: str | None = field(default=None, repr=False)
    offset_s: float = 0.0
    foreign: ForeignOptions | None = None

    @property
    def continues(self) -> bool:
        """Whether the stack continues an earlier one of the same run directory."""
        return self.sealing_key is not None

    @property
    def has_recorder(self) -> bool:
        """Whether the stack has a recorder."""
        return os.environ.get(RECORDER) == str(os.getpid()) if self.recorder is None else self.recorder


class Stack:
    """A running stack. Use ``with open_stack(options) as stack``."""

    def __init__(self, ports: Ports, run_dir: Path, options: StackOptions) -> None:
        self.ports = ports
        self.run_dir = run_dir
        self.options = options
        self.dialect = read_dialect_file(options.dialect) if options.dialect else None
        self.processes = StackProcesses(run_dir)
        #: The service in the place of ours; None = ours.
        self.foreign = ForeignService(options.foreign, ports, run_dir) if options.foreign else None
        self.clients = StackClients(
            self.urls, allow_list=commands.allow_list(run_dir), service_is_visible=self.foreign is None
        )
        #: Receives a record of everything that is exchanged; None without a recorder.
        self.collector: Collector | None = _collector() if options.has_recorder else None
        #: The service's environment, for a second worker or the command line beside it; holds the sealing key.
        self.service_settings: dict[str, str] = {}
        #: Seals secrets in the service's database.
        self.sealing_key = options.sealing_key or sealing_key()

    @property
    def clock_file(self) -> Path:
        """The service's virtual clock: JSON ``{"offset_s": seconds}``, read by API and worker."""
        return self.run_dir / run_directory.CLOCK_NAME

    @property
    def crash_file(self) -> Path:
        """Where a crash point of the service is planned: JSON ``{"when", "effect", "do"}``; it strikes once."""
        return self.run_dir / commands.CRASH_NAME

    @cached_property
    def announced_at(self) -> Path:
        """The stack file by which other commands find it, once its owner has written it."""
        return own_path().absolute()

    @property
    def urls(self) -> dict[str, str]:
        """Base URLs as the ready file names them; beside a service that is not ours there is no console."""
        if self.foreign:
            return {
                **{name: egress.url(getattr(self.ports, name)) for name in (*MOCKS, "edge")},
                "service": self.foreign.url,
            }
        named = ("console", *MOCKS, "service", "edge")
        return {name: egress.url(getattr(self.ports, name)) for name in named}

    def reconciliation(self, names: TenantNames) -> Reconciliation:
        """What the hops of a tenant hold, compared; the view of a service that is not ours is not visible."""
        return Reconciliation(self.clients, names, run_dir=self.run_dir, quiet_s=self.quiet_s)

    @property
    def quiet_s(self) -> float:
        """How long nothing may move before a chat is at rest, where that is judged from outside; in seconds."""
        return self.foreign.options.quiet_s if self.foreign else QUIET_S

    def tenant_options(self, options: TenantOptions | None = None) -> TenantOptions:
        """The given options; switches of the stack's dialect file apply where the options set none."""
        options = options or TenantOptions()
        return replace(options, dialects=self.dialect.merged(options.dialects)) if self.dialect else options

    def start(self, before_service: Callable[[Stack], None] | None = None) -> None:
        """Start mocks and service and wait until all answer. Raises StackFailed, StackPortTaken.

        ``before_service`` is called when the mocks answer and before the service starts; what it raises ends the start.
        """
        mocks = {
            name: self.processes.start(
                commands.mock(
                    name,
                    self.ports,
                    self.run_dir,
                    collector=self._collector_address(name),
                    fault_proxy=self.options.fault_proxy,
                )
            )
            for name in MOCKS
        }
        mocks["edge"] = self.processes.start(
            commands.edge(
                self.ports,
                self.run_dir,
                fault_proxy=self.options.fault_proxy,
                service=self.foreign.url if self.foreign else "",
            )
        )
        write_allow_list(commands.allow_list(self.run_dir))
        write_offset(self.clock_file, self.options.offset_s)
        starts_later = before_service is not None or self.foreign is not None  # a foreign one reads the edge's CA file
        service = None if starts_later else self._start_service()
        for name, process in mocks.items():
            self.wait_ready(process, f"{egress.url(getattr(self.ports, name))}/_mock/health")
        put_endpoints(self.clients)
        if before_service:
            before_service(self)
        self._wait_for_service(service or self._start_service())

    def kill_service(self) -> None:
        """kill -9 the service's processes and start it again. Raises StackFailed, WrongUse for one at an address."""
        for process in [each for each in self.processes.all if each.name == "service"]:
            self.processes.kill_one(process)
            self._wait_for_service(self._start_service())
            return
        raise WrongUse("the lab has not started the service, so it cannot kill it: use --service-command")

    def stop_service(self) -> None:
        """End the service alone; the mocks stay."""
        for process in [each for each in self.processes.all if each.name == "service"]:
            self.processes.stop_one(process)

    def start_service(self) -> None:
        """Start the service again on its database, and wait until it answers. Raises StackFailed."""
        self._wait_for_service(self._start_service())

    def restart_service_empty(self) -> None:
        """End the service, remove its database and its clock's offset, start it again."""
        self.stop_service()
        write_offset(self.clock_file, 0)
        for path in self.run_dir.glob("service.db*"):
            path.unlink()
        self.start_service()

    def start_console(self, tenant: TenantNames, *, stack_file: Path | None = None) -> None:
        """Start the console with its first tenant, whose secrets are passed in the process's environment only.

        ``stack_file`` is the file that announces this stack; with it the console can request a reset.
        """
        control: dict[str, Any] = {"clock_file": str(self.clock_file), "worker_health_port": self.ports.worker_health}
        control["fault_proxy"] = self.options.fault_proxy
        control["allow_list"] = str(commands.allow_list(self.run_dir))
        if stack_file:
            control["stack_file"] = str(stack_file.absolute())
        console = self.processes.start(commands.console(self.ports, self.urls, tenant, control))
        self.wait_ready(console, f"{egress.url(self.ports.console)}/healthz")

    def wait_ready(self, process: StackProcess, url: str) -> None:
        """Wait until ``url`` answers with success. Raises StackFailed, StackPortTaken."""
        seen = Readiness(url)
        try:
            self.processes.wait_until(seen.ready, process=process, status=seen.words, stalled_s=self.options.stalled_s)
        except StackFailed as exc:
            clash = _port_clash(exc, self.processes, self.ports)
            if clash is not None:
                raise clash from exc
            raise

    def check_alive(self) -> None:
        """Raise StackFailed when a process has ended by itself."""
        dead = self.processes.find_dead()
        if dead is not None:
            raise dead.died()

    def stop(self) -> None:
        """End every process group; safe to call twice."""
        self.processes.stop()
        if self.collector is not None:
            self.collector.close()
        self.clients.close()

    def _collector_address(self, process: str) -> str:
        return "" if self.collector is None else self.collector.address(process)

    def _start_service(self) -> StackProcess | None:
        if self.foreign:
            self.foreign.write_needs()
            return self.foreign.start(self.processes)
        command = commands.service(
            self.ports,
            self.run_dir,
            clock_file=self.clock_file,
            sealing_key=self.sealing_key,
            extra={**commands.instrumented(self._collector_address("service")), **self.options.service_environment},
            dialect=self.dialect,
        )
        self.service_settings = dict(command.environment or {})
        return self.processes.start(command)

    def _wait_for_service(self, service: StackProcess | None) -> None:
        if self.foreign:
            self.foreign.wait(self.processes, stalled_s=self.options.stalled_s)
            return
        assert service is not None
        self.wait_ready(service, f"{egress.url(self.ports.service)}/readyz")
        self.wait_ready(service, f"{egress.url(self.ports.worker_health)}/readyz")


@contextmanager
def open_stack(
    options: StackOptions | None = None, *, before_service: Callable[[Stack], None] | None = None
) -> Iterator[Stack]:
    """Start a stack, yield it, end it. Other free ports are tried when another process took one in the meantime.

    A temporary run directory is removed at the end, unless a process failed: then its logs are kept.
    ``before_service``: see ``Stack.start``.
    """
    options = options or StackOptions()
    run_dir, temporary = run_directory.opened(options.run_dir)
    try:
        stack = _started(options, run_dir, before_service)
        try:
            yield stack
        except (Unreachable, NotSettled) as exc:
            # What does not answer, or comes to no end, may have died: its exit code and log say more.
            dead = stack.processes.find_dead()
            if dead is None:
                raise
            raise dead.died() from exc
        finally:
            stack.stop()
    except StackFailed as exc:
        # The message names the logs: they must outlive the stack.
        temporary = temporary and isinstance(exc, StackPortTaken)
        raise
    finally:
        if temporary:
            shutil.rmtree(run_dir, ignore_errors=True)


def _collector() -> Collector:
    """Imported only where it is used."""
    from attachment_lab.recorder.collector import Collector  # noqa: PLC0415

    return Collector()


def _started(options: StackOptions, run_dir: Path, before_service: Callable[[Stack], None] | None) -> Stack:
    for attempt in range(FREE_PORT_TRIES):
        ports = Ports.fixed(options.port_base) if options.port_base else Ports.free()
        if options.port_base:
            ports.check()
        run_directory.discard_earlier_stack(run_dir, database=not options.continues)
        stack = Stack(ports, run_dir, options)
        try:
            stack.start(before_service)
        except StackPortTaken:
            stack.stop()
            if options.port_base or attempt == FREE_PORT_TRIES - 1:
                raise
        except BaseException:
            stack.stop()
            raise
        else:
            return stack
    raise AssertionError("the loop above returns or raises")


def _port_clash(failure: StackFailed, processes: StackProcesses, ports: Ports) -> StackPortTaken | None:
    """The error for a process that could not bind; each server logs that in its own words."""
    marks = ("address already in use", "addrinuse", "address in use")
    for process in processes.all:
        if process.exit_code is not None and any(mark in tail(process.log, 60).lower() for mark in marks):
            port = getattr(ports, process.name, 0)
            return StackPortTaken(f"{failure}\nAnother process has taken a port: try again.", port=port)
    return None
