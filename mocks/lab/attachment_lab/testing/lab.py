"""The API of the pytest plugin's fixtures: ``Lab`` (one stack) and ``LabTenant`` (one per test)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import astuple
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from attachment_lab.errors import LabError, WrongUse
from attachment_lab.reconciliation.records import C4cFile, ReconciliationVerdict
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.stack.clocks import advance_tenant, read_offset, write_offset
from attachment_lab.stack.running import Stack
from attachment_lab.tenant.configured import Configuration, read_tenant, sources_of
from attachment_lab.tenant.conversation import LabConversation, Sendable, SentFile
from attachment_lab.tenant.credentials import TenantNames, default_tenant, fresh_tenant
from attachment_lab.tenant.opening import TenantOptions, close_tenant, open_names, open_tenant
from attachment_lab.tenant.service_api import ServiceApi, TransferRecord

if TYPE_CHECKING:
    from attachment_lab.recorder.stack_recorder import StackRecorder

MockName = Literal["orchestration", "cmi", "c4c"]


class Lab:
    """A running stack, the session fixture ``lab``; it opens one tenant per test.

    Attributes:
        urls: base URL of each process: console, orchestration, cmi, c4c, service.
            The console, if the options include one, shows the documentation's own tenant.
        is_own: whether the stack belongs to a single test, which then may move the service's clock.

    Args:
        watching: entered with each tenant while it is open; it sees the error with which the tenant's block ends.
    """

    def __init__(
        self,
        stack: Stack,
        *,
        is_own: bool = False,
        watching: Callable[[LabTenant], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self.stack = stack
        self._watching = watching
        self.urls = stack.urls
        self.is_own = is_own
        self._recorder: StackRecorder | None = None
        if stack.collector is not None:
            from attachment_lab.recorder.stack_recorder import StackRecorder  # noqa: PLC0415 - only where it is wanted

            self._recorder = StackRecorder(stack.clients, stack.collector, astuple(stack.ports))
        if stack.options.console:
            tenant = default_tenant()
            open_tenant(stack.clients, tenant, stack.tenant_options())
            stack.start_console(tenant)

    @contextmanager
    def tenant(
        self,
        options: TenantOptions | None = None,
        *,
        configuration: Configuration | None = None,
        secrets: Mapping[str, str] | None = None,
        check: bool = True,
        judge: bool = True,
        of: str = "",
    ) -> Iterator[LabTenant]:
        """A new tenant, closed at the end of the block.

        Args:
            configuration: the tenant is that of this one (a path, the JSON as text or as an object, or several
                of them); None = names of its own, with the documented configuration. Raises ConfigurationRefused for
                errors that the gate finds, WrongUse when another open tenant has one of its addresses.
            secrets: values by the names that the configuration uses; the others are made.
            check: raise AssertionError at the end if an invariant of the reconciliation is broken.
            judge: raise AssertionError at the end if traffic broke the contract; needs a stack with a recorder.
            of: the test's name, for messages.
        """
        names = fresh_tenant() if configuration is None else self._configured(configuration, secrets)
        self._open(names, self.stack.tenant_options(options))
        tenant = LabTenant(self, names)
        try:
            with self._watching(tenant):
                yield tenant
                if check:
                    tenant.assert_invariants_hold()
                broken = self.traffic_against_the_contract(names, of=of)
                assert not (judge and broken), broken
        finally:
            close_tenant(self.stack.clients, names.name)

    def _open(self, names: TenantNames, options: TenantOptions) -> None:
        try:
            open_tenant(self.stack.clients, names, options)
        except LabError:
            if self._recorder is not None and names.name not in open_names(self.stack.clients):
                self._recorder.forget(names)
            raise

    def _configured(self, configuration: Configuration, secrets: Mapping[str, str] | None) -> TenantNames:
        taken = open_names(self.stack.clients)
        return read_tenant(sources_of(configuration), values=secrets, taken=taken).names

    def traffic_against_the_contract(self, names: TenantNames, *, of: str = "", closing: bool = True) -> str:
        """How the tenant's traffic since the last call broke the contract, in lines; empty if it did not.

        It is empty for a stack without a recorder too.
        """
        if self._recorder is None:
            return ""
        return self._recorder.check(names, closing=closing).report(of or f"tenant {names.name}")


class LabChat(LabConversation):
    """One chat of a tenant; its customer, agent and files."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._service = ServiceApi(self._to, self._names)

    @property
    def files(self) -> list[SentFile]:
        """Files sent so far, in order, with size and digest as counted while sending."""
        return list(self.sent)

    def transfer(self) -> TransferRecord:
        """The service's transfer for this chat.

        Raises LookupError when the service has none, WrongUse where the service is not ours.
        """
        found = self._service.transfers(chat=self.guid)
        if not found:
            raise LookupError(f"the service has no transfer for chat {self.guid}")
        return found[-1]


class FaultHasNoEffect(UserWarning):
    """A wire fault is planned where no request passes the fault proxy."""


class PlannedFault:
    """A fault in a mock, until it is used up or removed.

    Attributes:
        warning: why it can have no effect in this stack, and what would help; empty if it can.
    """

    def __init__(self, tenant: LabTenant, mock: MockName, fault_id: str, warning: str = "") -> None:
        self._tenant = tenant
        self.mock = mock
        self.id = fault_id
        self.warning = warning

    def remove(self) -> None:
        """Remove it; a fault that is used up is no error."""
        self._tenant.reconciliation.control(self.mock).remove_fault(self.id)


class TenantClock:
    """The virtual clock of one tenant, and of the service where the stack is the test's own."""

    def __init__(self, tenant: LabTenant) -> None:
        self._tenant = tenant

    def advance(self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0) -> None:
        """Advance the clocks of the three mocks and the service.

        Raises WrongUse on a stack shared by several tests: the service has one clock, and moving it would
        move theirs. Mark the test ``@pytest.mark.own_stack``.
        """
        if not self._tenant.lab.is_own:
            raise WrongUse(
                "this stack is shared, and the service has one clock for all tests: "
                "mark the test with @pytest.mark.own_stack to start a stack of its own"
            )
        step_s = seconds + 60 * minutes + 3600 * hours
        advance_tenant(self._tenant.lab.stack.clients, self._tenant.name, step_s)
        clock_file = self._tenant.lab.stack.clock_file
        write_offset(clock_file, read_offset(clock_file) + step_s)


class LabTenant:
    """One tenant: a Contact Pro tenant, its CMI and its C4C host, isolated from all others by their names.

    Attributes:
        names: its hosts, users and secrets.
        clock: its virtual clock.
        reconciliation: what its hops hold, compared.
        opened_at: wall time, aware UTC.
    """

    def __init__(self, lab: Lab, names: TenantNames) -> None:
        self.opened_at = datetime.now(UTC)
        self.lab = lab
        self.names = names
        self.clock = TenantClock(self)
        self.reconciliation = lab.stack.reconciliation(names)

    @property
    def name(self) -> str:
        """The tenant's name, for ``?tenant=`` of the control interfaces."""
        return self.names.name

    def mock(self, name: MockName | str) -> Any:
        """Calls to a mock's control interface: ``.get(path, tenant=tenant.name)`` and the like."""
        return self.lab.stack.clients.mock(name)

    def chat(
        self,
        files: Sequence[Sendable] = (),
        *,
        accepted: bool = True,
        direct: bool = False,
        channel_sub_type: str = "whatsapp",
        customer: Mapping[str, str] | None = None,
    ) -> LabChat:
        """A chat in which the customer has sent these files.

        Args:
            files: paths, (name, bytes) pairs, or objects with name, content_type and path.
            accepted: whether an agent accepts it; only then does C4C have an activity.
            direct: to an agent instead of a queue; such chats do not support attachments upload.
        """
        chat = LabChat.open(
            self.lab.stack.clients,
            self.names,
            channel_sub_type=channel_sub_type,
            direct=direct,
            customer=dict(customer) if customer else None,
            on_sent=self.reconciliation.customer_sent,
        )
        if accepted:
            chat.accept()
        for each in files:
            chat.send(each)
        return chat

    def wait_until_settled(self, timeout_s: float = 60.0) -> list[TransferRecord]:
        """Wait until all events are delivered and all transfers final. Raises NotSettled.

        With a service that is not ours: until the mocks are quiet for ``ForeignOptions.quiet_s``; the list is empty.
        """
        return list(wait_until_settled(self.reconciliation, timeout_s=timeout_s).transfers)

    def transfers(self) -> list[TransferRecord]:
        """The service's transfers of this tenant, oldest first. Raises WrongUse where the service is not ours."""
        return self.reconciliation.service.transfers()

    def stored(self) -> list[C4cFile]:
        """The attachment objects in C4C."""
        return self.reconciliation.objects()

    def fault(
        self,
        *,
        mock: MockName,
        kind: str,
        path: str = "*",
        method: str | None = None,
        phase: Literal["before", "after"] | None = None,
        times: int | None = 1,
        skip: int = 0,
        **params: Any,
    ) -> PlannedFault:
        """Plan a fault.

        Args:
            kind: such as status, packed, truncate_body, redirect (mocks/kit/README.md lists them all); reset, cut,
                drip, close_delimited and other wire kinds need a stack with ``fault_proxy``: without it this warns
                (FaultHasNoEffect), and the returned object's ``warning`` says why.
            path: glob on the request's path.
            phase: ``after`` = the mock does the work, then its answer is lost or changed; None = the kind's default.
            times: number of requests; None or 0 = until removed.
            skip: number of matching requests that pass first.
            params: of the kind, such as ``status=503``.
        """
        match = {"path": path} | ({"method": method} if method else {})
        how = {"phase": phase, "times": times, "skip": skip, "params": params}
        answer = self.reconciliation.control(mock).plan(match, kind, **how)
        warning = str(answer.get("warning", ""))
        if warning:
            warnings.warn(warning, FaultHasNoEffect, stacklevel=2)
        return PlannedFault(self, mock, str(answer["id"]), warning)

    def journal(self, mock: MockName) -> list[dict[str, Any]]:
        """Every exchange that a mock saw, oldest first."""
        return list(self.reconciliation.journal(mock))

    def verdict(self) -> ReconciliationVerdict:
        """The reconciliation's verdict now."""
        return self.reconciliation.verdict()

    def assert_invariants_hold(self) -> None:
        """Raises AssertionError that lists every violation."""
        verdict = self.verdict()
        lines = "\n".join(
            f"  - [{each.invariant}] {each.sentence}" + (f"\n    remedy: {each.remedy}" if each.remedy else "")
            for each in verdict.violations
        )
        assert verdict.ok, f"the reconciliation of tenant {self.name} found violations:\n{lines}"
