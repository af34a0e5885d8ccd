"""Jobs on one stack, side by side: each in a tenant of its own, all on the stack's one virtual clock."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Protocol, TypeVar

from attachment_lab.errors import LabError, RequestRefused
from attachment_lab.matrix.pacing import MatrixClock
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.stack.clocks import catch_up
from attachment_lab.stack.running import Stack
from attachment_lab.tenant.credentials import fresh_tenant
from attachment_lab.tenant.opening import TenantOptions, close_tenant, open_tenant

#: Begins what is no finding about the service.
OWN_TROUBLE = "not played: "
KEY_TRIES, KEY_PAUSE_S = 40, 0.5


class _Played(Protocol):
    @property
    def trouble(self) -> str:
        """Why it could not be played to its end; empty if it was."""


Job = TypeVar("Job")
Result = TypeVar("Result", bound=_Played)


def play_side_by_side(
    jobs: Sequence[Job], play: Callable[[Job], Result], on_result: Callable[[Result], None], *, slots: int
) -> list[Result]:
    """Play ``slots`` jobs at once; the results in the order of ``jobs``. ``on_result`` gets one result at a time.

    A job is played once more, in another tenant, where a mock's control address did not answer.
    """
    noting = threading.Lock()

    def played(job: Job) -> Result:
        result = play(job)
        if result.trouble.startswith(OWN_TROUBLE):
            result = play(job)
        with noting:
            on_result(result)
        return result

    with ThreadPoolExecutor(slots, thread_name_prefix="slot") as pool:
        return list(pool.map(played, jobs))


@contextlib.contextmanager
def tenant_on_clock(
    stack: Stack, clock: MatrixClock, options: TenantOptions | None = None, *, keys: bool = True
) -> Iterator[Reconciliation]:
    """A new tenant whose chats go by the stack's clock, closed at the end.

    ``keys``: the service fetches its issuer's keys at once, before any fault: many new issuers at once have to wait.
    """
    names = fresh_tenant()
    clock.enter()
    try:
        open_tenant(stack.clients, names, stack.tenant_options(options))
        catch_up(stack.clients, names.name, stack.clock_file)
        reconciliation = Reconciliation(stack.clients, names)
        if keys:
            _fetch_keys(reconciliation)
        yield reconciliation
    finally:
        with contextlib.suppress(LabError):
            close_tenant(stack.clients, names.name)
        clock.leave()


def _fetch_keys(reconciliation: Reconciliation) -> None:
    for _ in range(KEY_TRIES):
        try:
            reconciliation.service.transfers()
        except RequestRefused as exc:
            if exc.status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            time.sleep(KEY_PAUSE_S)
        else:
            return
