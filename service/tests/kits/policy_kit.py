"""A stack whose worker has a policy, a scanner, a transcript and a write-back; and a CMI with messages for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from fakes import FakeCmi, basic
from ledger_kit import rows
from worker_kit import Stack

from attachment_transfer.core.policy import Policy
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.worker.inspection import Inspector, Scan
from attachment_transfer.worker.rounds import Rounds
from attachment_transfer.worker.write_back import WriteBack

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 600
EXE = b"MZ\x90\x00\x03\x00" + b"\0" * 600


@dataclass
class TalkingCmi(FakeCmi):
    """A CMI whose chat has messages beside its files, and that takes results. ``post_answers`` are used up first."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    post_answers: list[int | Exception] = field(default_factory=list)
    on_read: Callable[[], None] = lambda: None
    on_result: Callable[[], None] = lambda: None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return self._take_result(request)
        plain = self.known and not self.statuses and self.document is None
        if "/attachments/" not in request.url.path and plain and self._knows(request):
            self.on_read()
            # Escaped, as servers send it: so a name may contain what UTF-8 cannot.
            self.requests.append(request)
            document = self._chat(request.url.path.removeprefix("/acme/cmi/"))
            headers = {"Content-Type": "application/json"}
            return httpx.Response(200, headers=headers, content=json.dumps(document).encode())
        return super().answer(request)

    def _knows(self, request: httpx.Request) -> bool:
        wanted = basic(self.user, self.password)
        return bool(request.headers.get("authorization") == wanted and request.headers.get("x-api-key") == self.api_key)

    def _take_result(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        assert request.url.path == "/acme/cmi/contactData"
        assert (request.headers["accept"], request.headers["content-type"]) == ("text/html", "application/json")
        assert self._knows(request)
        self.on_result()
        answer = self.post_answers.pop(0) if self.post_answers else 201
        if isinstance(answer, Exception):
            raise answer
        if answer == 201:
            self.results.append(json.loads(request.content))
            return httpx.Response(201, headers={"Location": "/acme/cmi/contactData/" + "1" * 32}, html="1" * 32)
        return httpx.Response(answer, json={"message": "planned"})

    def _chat(self, path: str) -> dict[str, Any]:
        document = super()._chat(path)
        return {**document, "messages": [*self.messages, *document["messages"]]}

    def say(self, text: str, *, originator: str = "Ada Lovelace", originator_type: str = "customer") -> None:
        number = len(self.messages) + 1
        self.messages.append(
            {
                "id": f"said{number}",
                "timestamp": f"2026-11-22T11:{number:02d}:00.000Z",
                "originator": originator,
                "originator_type": originator_type,
                "message": text,
                "attachments": [],
            }
        )


@dataclass
class PolicyStack(Stack):
    """A stack with everything of the attachment policy on its worker. Change an attribute, then ``start()``."""

    cmi: TalkingCmi = field(default_factory=TalkingCmi)
    policy: Policy = field(default_factory=lambda: Policy(max_bytes=10_000_000))
    scan: Scan | None = None
    distinct_names: bool = True
    transcript: bool = False
    write_back: bool = False

    def start(self) -> None:
        super().start()
        self.round_store = RoundStore(
            self.engine,
            keys=self.keys,
            now_s=self.clock.now_s,
            new_id=self.new_id,
            redrive_s=7 * 86_400.0,
            distinct_names=self.distinct_names,
        )
        self.carrier = self.carrier_with(Inspector(self.policy, scan=self.scan))
        self.rounds = Rounds(
            self.round_store,
            self.client_factory,
            self.carrier,
            enqueue=self.enqueue,
            now_s=self.clock.now_s,
            jitter=lambda: 1.0,
            transcript=self.transcript,
            write_back=WriteBack(self.round_store) if self.write_back else None,
        )

    def with_policy(self, **rules: Any) -> None:
        """Start a worker with these rules."""
        self.policy = Policy(**{"max_bytes": 10_000_000, **rules})
        self.start()

    def states(self) -> list[str]:
        return [str(item.state) for item in self.attachments()]

    def reasons(self) -> list[str | None]:
        return [item.reason.code if item.reason else None for item in self.attachments()]

    def stored_names(self) -> list[str]:
        return [item.name for item in self.c4c.kept]

    def intents(self) -> list[dict[str, Any]]:
        return rows(self.engine, tables.upload_intent)

    def trail(self, action: str) -> list[str]:
        """The details of all audit lines with this action."""
        return [row["detail"] for row in rows(self.engine, tables.audit) if row["action"] == action]
