"""Does the steps of the set-up of one tenant, one or all, and retries what failed before."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.errors import RequestRefused, WrongUse
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.service_api import ServiceApi
from attachment_lab.tenant.set_up.administrator import ACTS, Administrator
from attachment_lab.tenant.set_up.facts import SetUpReader
from attachment_lab.tenant.set_up.model import SetUpStep, step_texts
from attachment_lab.tenant.set_up.steps import JUDGES, set_up_steps


class SetUp:
    """The set-up of one tenant.

    Args:
        events: of the integrations where the configuration says nothing.
    """

    def __init__(self, to: StackClients, names: TenantNames, *, events: Sequence[str] = ("Ended",)) -> None:
        self._to = to
        self._names = names
        self._events = tuple(events)
        self.facts = SetUpReader(to, names)

    def steps(self) -> list[SetUpStep]:
        """Every step with its state. Raises RequestRefused, Unreachable."""
        return set_up_steps(self.facts())

    def do(self, step_id: str) -> None:
        """Do one step; nothing if it is done. Raises WrongUse for an unknown one, or if it cannot be done."""
        if step_id not in ACTS:
            raise WrongUse(f"no step {step_id!r}; there are {', '.join(ACTS)}")
        facts = self.facts()
        if JUDGES[step_id](facts).remedy:
            ACTS[step_id](Administrator(self._to, self._names, facts, self._events))

    def do_all(self) -> list[str]:
        """Do every step that is missing or wrong, in order; returns their ids. Raises WrongUse."""
        acted = []
        for text in step_texts():
            if JUDGES[text.id](self.facts()).remedy:
                self.do(text.id)
                acted.append(text.id)
        return acted

    def retry_failed(self) -> int:
        """Retry the transfers that failed before, as an operator does; returns how many. Only once every step is done.

        The service does not try a refused password again before that, or before half an hour has passed.
        """
        if not all(each.is_done for each in self.steps()):
            return 0
        service, retried = ServiceApi(self._to, self._names), 0
        for each in service.transfers():
            if each.state == "parked":
                with suppress(RequestRefused):  # it has been retried or cancelled meanwhile
                    service.retry(each.id)
                    retried += 1
        return retried
