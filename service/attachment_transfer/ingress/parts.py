"""What the handlers need, wired by ``runtime/api_process.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from flask import g, request

from attachment_transfer.core.hosts import HostPattern
from attachment_transfer.ingress.admission import Admission
from attachment_transfer.ingress.bearer import Caller, TokenVerifier
from attachment_transfer.ingress.bulkhead import Bulkhead
from attachment_transfer.ingress.waiting import Waiting
from attachment_transfer.ledger.accept import Enqueue
from attachment_transfer.ledger.sealing import KeyRing


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """The parts of the API.

    Attributes:
        allowed_hosts: returns the service's own list as it is now; the allow-list file may change it.
        metrics: returns the Prometheus text; None = closed.
        admission: rate, open work and hosts per caller; None = no limits.
        waiting: the synchronous mode; None = never wait.
        bulkhead: how many requests of callers may use the database at once; None = as many as there are threads.
        wake_worker: called after every request that may have made work, once its answer is known.
        living_workers: how many workers have renewed their lease in time; None = not checked.
        worker_beside: a worker was started together with this process: without one, this process is not ready.
        max_request_bytes: limit of a request's body.
        scope_operator: together with ``scope_status`` it gives access to the transfers of all callers.
    """

    engine: sa.Engine
    keys: KeyRing
    enqueue: Enqueue
    token_verifier: TokenVerifier
    allowed_hosts: Callable[[], tuple[HostPattern, ...]]
    scope_post: str
    scope_status: str
    max_request_bytes: int
    now_s: Callable[[], float]
    new_id: Callable[[], str]
    metrics: Callable[[], bytes] | None
    admission: Admission | None = None
    waiting: Waiting | None = None
    bulkhead: Bulkhead | None = None
    wake_worker: Callable[[], None] = lambda: None
    scope_operator: str = "transfers.operate"
    living_workers: Callable[[], int] | None = None
    worker_beside: bool = False

    def identify(self) -> Caller:
        """The caller of the present request; its token is verified once. Raises ``ApiProblem`` 401 or 503."""
        if "caller" not in g:
            g.caller = self.token_verifier.caller(request.headers.get("Authorization"))
        caller: Caller = g.caller
        return caller

    def refuse_stranger(self, authorization: str | None) -> None:
        """Verify the token of a request whose body is not read yet. Raises ``ApiProblem`` 401 or 503."""
        self.token_verifier.caller(authorization)

    def admit(self, scope: str) -> Caller:
        """The same, if it has ``scope``. Raises ``ApiProblem`` 401, 403 or 503."""
        return self.token_verifier.within(self.identify(), scope)

    def admit_to_status(self) -> Caller:
        """The caller of the present request about transfers. Raises ``ApiProblem`` 401, 403 or 429."""
        caller = self.admit(self.scope_status)
        if self.admission is not None:
            self.admission.admit_to_status(caller.name)
        return caller

    def reach(self, caller: Caller) -> str | None:
        """The caller whose transfers are visible: this one by name, or (None) all."""
        return None if self.scope_operator in caller.scopes else caller.name
