"""One row under way: its chats, faults and switches in a tenant of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.conformance.facts import RowFacts
from attachment_lab.errors import NotSettled
from attachment_lab.faults.locations import BY_ID
from attachment_lab.reconciliation.invariants import judge
from attachment_lab.reconciliation.quiet import QUIET_S, QuietWatch, wait_until_quiet
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import ExpectedOutcome
from attachment_lab.scenarios.colleague import Colleague
from attachment_lab.tenant.conversation import LabConversation, Sendable
from attachment_lab.tenant.credentials import ENDPOINT, TenantNames
from attachment_lab.tenant.entries import secret_entries
from attachment_lab.tenant.service_api import ServiceApi

POLL_S = 0.1
#: How long a step waits for something that the service must do, in seconds.
PATIENCE_S = 60.0
ANSWER_TIMEOUT_S = 15.0
#: How long a step waits for requests that a service may also make later, in seconds.
GLANCE_S = 5.0
#: Small files of types that a channel carries; their first bytes are those of the type.
FILES: tuple[tuple[str, bytes], ...] = (
    ("boiler.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"a photo of a boiler " * 400),
    ("contract.pdf", b"%PDF-1.7\n" + b"a contract of two pages " * 300 + b"\n%%EOF\n"),
    ("notes.txt", b"The boiler stopped on Monday.\n" * 50),
)


@dataclass(frozen=True, kw_only=True)
class QuietRules:
    """When a row is at rest: nothing open, and quiet for so long; past the deadline it is indeterminate. In seconds."""

    quiet_s: float = QUIET_S
    deadline_s: float = 240.0


class RowRun:
    """What a row's ``play`` can do."""

    def __init__(
        self,
        reconciliation: Reconciliation,
        rules: QuietRules,
        *,
        endpoint: str,
        kill: Callable[[], None] | None = None,
    ) -> None:
        """``endpoint``: the service's own address; ``kill``: kills it and starts it again, None where it cannot."""
        self.reconciliation = reconciliation
        self.rules = rules
        self.chats: list[LabConversation] = []
        self.answers: list[int] = []
        self.kills = 0
        self._endpoint = endpoint
        self._kill = kill
        self._planned: set[tuple[str, str]] = set()
        self._undo: list[Callable[[], None]] = []

    @property
    def names(self) -> TenantNames:
        """The row's tenant."""
        return self.reconciliation.names

    @property
    def tenant(self) -> str:
        """Its name, for ``?tenant=``."""
        return self.names.name

    # ── chats ──

    def chat(self, files: Sequence[Sendable] = FILES) -> LabConversation:
        """A customer writes, an agent accepts, the customer sends these files."""
        queues = self.names.integrations[0].queues if self.names.integrations else ()
        chat = LabConversation.open(
            self.reconciliation.to,
            self.names,
            queue=queues[0] if queues else None,
            on_sent=self.reconciliation.customer_sent,
        )
        self.chats.append(chat)
        chat.accept()
        for each in files:
            chat.send(each)
        return chat

    def ended(self, files: Sequence[Sendable] = FILES) -> LabConversation:
        """A chat with these files that has ended; its event is fired."""
        chat = self.chat(files)
        chat.end()
        return chat

    def expect(self, chat: LabConversation, number: int, storing: str, why: str) -> None:
        """What must become of a file that is not to be stored as usual."""
        expected = ExpectedOutcome(storing=storing, why=why)  # type: ignore[arg-type]  # one of its three words
        self.reconciliation.expected[chat.sent[number].id] = expected

    # ── what goes wrong ──

    def fault(self, location: str, kind: str, *, path: str | None = None, **given: Any) -> None:
        """Plan a fault at a location of ``faults.locations``; ``path`` narrows it."""
        at = BY_ID[location]
        match = at.match | ({"path": path} if path else {})
        planned = self.reconciliation.control(at.mock).plan(match, kind, **given)
        self._planned.add((at.mock, str(planned["id"])))

    def fault_on(self, chat: LabConversation, number: int, kind: str, **given: Any) -> None:
        """Plan a fault for the download of one file."""
        self.fault("download", kind, path=f"*/attachments/{chat.sent[number].id}*", **given)

    def switch(self, mock: str, **dialect: Any) -> None:
        """Set switches of a mock for this tenant."""
        self.reconciliation.to.mock(mock).post("/_mock/dialect", dialect, tenant=self.tenant)

    def bad_tokens(self, kind: str) -> None:
        """Every token that is issued from now on is of this kind."""
        body = {"kind": kind, "times": None}
        self.reconciliation.to.orchestration.post("/_mock/oauth/failures", body, tenant=self.tenant)

    def tokens_live(self, seconds: int) -> None:
        """Tokens that are issued from now on live so long."""
        self.reconciliation.to.orchestration.post("/_mock/oauth", {"expires_in": seconds}, tenant=self.tenant)

    def password(self, secret: str, value: str | None = None) -> None:
        """Change a secret in Contact Pro's secrets manager; None = to the right value again."""
        entry = dict(secret_entries(self.names)[secret])
        if value is not None:
            entry["secret"] = value
        self.reconciliation.to.orchestration.put(f"{self.names.secrets_path}/{secret}", entry)

    def redeliver(self, *, copies: int = 1, together: bool = False) -> None:
        """Send every delivery again, as an administrator does from the event log."""
        ids = [each.id for each in self.reconciliation.deliveries()]
        body = {"delivery_ids": ids, "copies": copies, "together": together}
        self.reconciliation.to.orchestration.post("/_mock/redeliveries", body, tenant=self.tenant)

    def lock(self, chat: LabConversation) -> None:
        """A colleague saves a long file to the same activity: C4C locks it until ``unlock``."""
        colleague = Colleague(self.reconciliation, chat.guid)
        self._undo.append(colleague.release)
        colleague.hold()

    def unlock(self) -> None:
        """The colleague has finished."""
        while self._undo:
            self._undo.pop()()

    def kill_service(self) -> None:
        """kill -9 every process of the service, and start it again."""
        assert self._kill is not None, "the runner plays rows that kill only where it can"
        self._kill()
        self.kills += 1

    # ── direct calls ──

    def post(self, *, body: Mapping[str, Any] | None = None, token: bool = True) -> None:
        """Send one request to the endpoint as Contact Pro does, with this body; keep the status (0: no answer)."""
        headers = {"x-cmi-api-key": "k" * 20, "x-cmi-password": "p" * 20, "x-sap-v1-password": "p" * 20}
        if token:
            headers["Authorization"] = f"Bearer {ServiceApi(self.reconciliation.to, self.names).token(fresh=True)}"
        try:
            host = httpx.URL(ENDPOINT).host
            answer = httpx.post(
                self._endpoint, json=body, headers={**headers, "Host": host}, timeout=ANSWER_TIMEOUT_S, trust_env=False
            )
        except httpx.HTTPError:
            self.answers.append(0)
        else:
            self.answers.append(answer.status_code)

    # ── waiting ──

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        """Poll until ``holds``. Raises NotSettled."""
        deadline = time.monotonic() + PATIENCE_S
        pause = threading.Event()
        while not holds():
            if time.monotonic() > deadline:
                raise NotSettled(f"not within {PATIENCE_S:g} s: {what}")
            pause.wait(POLL_S)

    def pause(self, seconds: float) -> None:
        """Let wall time pass: a short lifetime runs out."""
        threading.Event().wait(seconds)

    def wait_delivered(self) -> None:
        """Wait until every delivery is answered."""
        self.wait(
            lambda: all(each.state != "pending" for each in self.reconciliation.deliveries()), "deliveries are answered"
        )

    def wait_for_requests(self, mock: str, count: int) -> None:
        """Let the service meet what is there now; one that sends fewer requests is not waited for any longer."""
        deadline = time.monotonic() + GLANCE_S
        while time.monotonic() < deadline and len(list(self.reconciliation.journal(mock))) < count:
            self.pause(POLL_S)

    def wait_for_files(self, count: int) -> None:
        """Let the service store this many files; one that is slower is not waited for any longer.

        Without it a careless service may pass by luck: its second transfer meets the lock of its first, and gives up.
        """
        deadline = time.monotonic() + GLANCE_S
        while time.monotonic() < deadline and len(self.reconciliation.objects()) < count:
            self.pause(POLL_S)

    def settle(self) -> None:
        """Wait until the chain is at rest. Raises NotSettled past the deadline."""
        watch = QuietWatch(self.reconciliation.to, self.tenant)
        wait_until_quiet(watch.read, quiet_s=self.rules.quiet_s, timeout_s=self.rules.deadline_s)

    # ── afterwards ──

    def facts(self) -> RowFacts:
        """Read everything. Raises LabError."""
        reconciliation = self.reconciliation
        records = reconciliation.records()
        return RowFacts(
            records=records,
            verdict=judge(records),
            requests={mock: tuple(reconciliation.journal(mock)) for mock in ("cmi", "c4c")},
            users=self._users(),
            faults_applied=self._applied(),
            answers=tuple(self.answers),
            kills=self.kills,
        )

    def _applied(self) -> int:
        found = ((mock, each) for mock in MOCKS for each in self.reconciliation.control(mock).faults())
        return sum(int(each["applied"]) for mock, each in found if (mock, str(each["id"])) in self._planned)

    def _users(self) -> dict[str, tuple[Mapping[str, Any], ...]]:
        to = self.reconciliation.to
        cmi = to.cmi.get("/_mock/users", tenant=self.tenant)["users"]
        c4c = to.c4c.get("/_mock/users", tenant=self.tenant)
        return {
            "cmi": tuple({"user": each["name"], "locked": each["logon"] == "locked"} for each in cmi),
            "c4c": tuple({"user": each["name"], "locked": each["locked"]} for each in c4c),
        }

    def close(self) -> None:
        """Undo what outlives the tenant. Safe to call twice."""
        self.unlock()
