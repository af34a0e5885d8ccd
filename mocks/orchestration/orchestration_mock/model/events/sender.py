"""Sends one delivery: build the request, authenticate it, send it, write back, record the result masked.

Assumed (not published): after a 401 one fresh token is fetched and the request is sent once more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mock_kit.faults import FaultPlan
from mock_kit.http.headers import basic_header
from mock_kit.journal.masking import MASK, Masker
from mock_kit.tenants.clock import Clock, stamp
from orchestration_mock.model.events.conversations import ConversationChanges
from orchestration_mock.model.events.credentials import basic_pair, oauth_credential
from orchestration_mock.model.events.deliveries import SHOWN_BODY_CHARS, Delivery, DeliveryLog, State
from orchestration_mock.model.events.event import Event, lookup_for
from orchestration_mock.model.events.faults import pick_fault, send_with_fault
from orchestration_mock.model.events.outgoing import (
    HttpReply,
    OutgoingRequest,
    RequestSender,
    SendFailed,
    do_nothing,
)
from orchestration_mock.model.events.request import UnbuildableRequest, build_request, set_header, style_of
from orchestration_mock.model.events.tokens import Bearer, NoToken, TokenCache
from orchestration_mock.model.events.write_back import ResponseWriteBack, lookup_with_reply
from orchestration_mock.model.integrations.integration import ECHO, Integration, behaviours_of
from orchestration_mock.model.integrations.placeholders import Lookup, Unresolved
from orchestration_mock.model.secrets import OAuthCredential, SecretsManager

#: Counts a behaviour in the tenant; returns its evidence label.
Touch = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class PlannedDelivery:
    """A delivery to be made: the event, and the configuration as it was when the delivery was planned."""

    delivery_id: str
    event: Event
    integration: Integration
    attempt: int
    matched_rule: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DeliverySender:
    """Makes deliveries, one at a time per call; safe to share between threads."""

    clock: Clock
    dialect: Mapping[str, Any]
    secrets: SecretsManager
    conversations: ConversationChanges
    log: DeliveryLog
    requests: RequestSender
    faults: FaultPlan
    tokens: TokenCache
    masker: Masker
    touch: Touch
    flaw_of: Callable[[str], str | None] = lambda _: None

    def run(self, planned: PlannedDelivery, on_sent: Callable[[], None] = do_nothing) -> Delivery | None:
        """Make one delivery; the finished row, or None when the log no longer has it. Never raises.

        ``on_sent`` is called as soon as the request is sent, unless the configuration waits for the answer.
        """
        waits = planned.integration.definition.waits_for_answer or self.dialect["wait_for_answer"] == "always"
        return _Attempt(self, planned, do_nothing if waits else on_sent).run()


class _Attempt:
    """One delivery while it is being made."""

    def __init__(self, sender: DeliverySender, planned: PlannedDelivery, on_sent: Callable[[], None]) -> None:
        self.sender = sender
        self.planned = planned
        self.on_sent = on_sent
        self.bearer: Bearer | None = None
        self.labels: dict[str, str] = {}
        self.notes: list[str] = []

    def run(self) -> Delivery | None:
        try:
            return self.deliver()
        except (Unresolved, UnbuildableRequest, NoToken) as exc:
            self.touch("edi.not_sent")
            return self.finish(state=State.NOT_SENT, error=str(exc))
        except SendFailed as exc:
            self.touch("edi.one_attempt")
            duration_ms = round(exc.duration_s * 1000, 3)
            return self.finish(state=State.FAILED, error=str(exc), duration_ms=duration_ms)
        except Exception as exc:  # noqa: BLE001 - an error of the mock itself goes to the log
            return self.finish(state=State.FAILED, error=f"the mock itself failed: {type(exc).__name__}")

    def touch(self, evidence_id: str) -> None:
        self.labels[evidence_id] = self.sender.touch(evidence_id)

    def deliver(self) -> Delivery | None:
        event, integration, dialect = self.planned.event, self.planned.integration, self.sender.dialect
        attached = self.sender.conversations.attached(event.contact.guid)
        lookup = lookup_for(event, self.sender.secrets, integration.credentials, dialect, attached)
        for evidence_id in behaviours_of(integration):
            self.touch(evidence_id)
        built = build_request(integration, lookup, dialect)
        self.note_connection(integration)
        outgoing, credential = self.authenticated(built, lookup)
        self.record_request(outgoing)
        reply = self.send(outgoing)
        if reply.status == 401 and credential and self.bearer and dialect["refresh_on_401"]:
            self.touch("edi.refresh_on_401")
            self.sender.tokens.forget(credential, self.bearer.token)
            outgoing, _ = self.authenticated(built, lookup)
            self.bearer = replace(self.bearer, use="refreshed")
            reply = self.send(outgoing)
        return self.record_reply(outgoing, reply, lookup)

    def note_connection(self, integration: Integration) -> None:
        """Note where the mock's connection differs from the configuration."""
        spec = integration.definition.request
        if spec.proxy not in ("auto", "no"):
            self.touch("edi.proxy")
            self.notes.append(f"proxy {spec.proxy.rpartition('@')[2]} was not used: this mock connects directly")
        if not spec.verify:
            self.touch("edi.verify")
            self.notes.append("verify is false: a certificate would not be checked")

    def send(self, outgoing: OutgoingRequest) -> HttpReply:
        """The endpoint's reply, or what a planned fault makes of it."""
        if outgoing.url == ECHO:
            return self.echo(outgoing)
        self.touch("edi.request")
        requests, faults = self.sender.requests, self.sender.faults
        fault = pick_fault(faults, outgoing)
        if fault is None:
            return requests.send(outgoing, self.on_sent)
        self.notes.append(f"fault {fault.id} struck this request: {fault.kind}, {fault.phase} the work")
        return send_with_fault(faults, fault, outgoing, lambda changed: requests.send(changed, self.on_sent))

    def echo(self, outgoing: OutgoingRequest) -> HttpReply:
        """The request itself, masked."""
        self.touch("edi.echo")
        self.touch("edi.echo_answer")
        headers = self.sender.masker.headers(outgoing.headers.items())
        body = json.loads(outgoing.content) if outgoing.content else None
        text = json.dumps({"method": outgoing.method, "headers": headers, "body": body})
        kind = {"Content-Type": "application/json"}
        return HttpReply(status=200, headers=kind, body=text.encode(), duration_s=0.0)

    def authenticated(
        self, outgoing: OutgoingRequest, lookup: Lookup
    ) -> tuple[OutgoingRequest, OAuthCredential | None]:
        """The request with its Authorization, and the OAuth credential behind it, if any."""
        integration, style = self.planned.integration, style_of(self.sender.dialect)
        auth, credential = integration.definition.request.authentication, None
        if auth.kind == "none":
            return outgoing, None
        if auth.kind == "basic":
            value = basic_header(*basic_pair(auth, integration.credentials, lookup, style))
        else:
            credential = oauth_credential(auth, self.sender.secrets, integration.credentials, lookup, style)
            self.touch("edi.token")
            self.bearer = self.sender.tokens.get(credential, self.sender.clock.now())
            value = f"Bearer {self.bearer.token}"
        headers = dict(outgoing.headers)
        set_header(headers, "Authorization", value)
        return replace(outgoing, headers=headers), credential

    def record_request(self, outgoing: OutgoingRequest) -> None:
        masker = self.sender.masker
        self.sender.log.change(
            self.planned.delivery_id,
            method=outgoing.method,
            url=masker.text(outgoing.url),
            request_headers=masker.headers(outgoing.headers.items()),
            request_body=masker.head((outgoing.content or b"").decode(), SHOWN_BODY_CHARS),
        )

    def masked(self, text: str) -> str:
        """Without secrets, and without the token of this request."""
        return self.sender.masker.text(text.replace(self.bearer.token, MASK) if self.bearer else text)

    def record_reply(self, outgoing: OutgoingRequest, reply: HttpReply, lookup: Lookup) -> Delivery | None:
        is_ok = 200 <= reply.status < 300
        written = self.write_back(outgoing, reply, lookup) if is_ok else {}
        headers = {name: self.masked(value) for name, value in reply.headers.items()}
        return self.finish(
            state=State.DELIVERED if is_ok else State.FAILED,
            error=None if is_ok else f"the endpoint answered {reply.status}",
            status=reply.status,
            duration_ms=round(reply.duration_s * 1000, 3),
            response_headers=self.sender.masker.headers(headers.items()),
            response_body=self.sender.masker.head(self.masked(reply.body.decode(errors="replace")), SHOWN_BODY_CHARS),
            **written,
        )

    def write_back(self, outgoing: OutgoingRequest, reply: HttpReply, lookup: Lookup) -> dict[str, Any]:
        """Carry out `set` and `save`; returns the row's members about them, masked."""
        integration = self.planned.integration
        if not integration.definition.response_set and not integration.definition.response_save:
            return {}
        self.touch("edi.response")
        after = lookup_with_reply(lookup, integration.id, outgoing, reply)
        style = style_of(self.sender.dialect)
        result = ResponseWriteBack(self.sender.conversations, self.planned.event, integration, style).carry_out(after)
        for evidence_id in result.evidence:
            self.touch(evidence_id)
        self.notes += map(self.masked, result.notes)
        return {
            "response_set": json.loads(self.masked(json.dumps(result.changes))),
            "response_save": json.loads(self.masked(json.dumps(result.saved))),
        }

    def finish(self, **changes: Any) -> Delivery | None:
        """Record the end of the delivery; the row, or None when the log no longer has it."""
        if changes.get("error"):
            changes["error"] = self.masked(changes["error"])
        if self.bearer is not None:
            expires_at = stamp(self.bearer.expires_at)
            changes |= {"token_use": self.bearer.use, "token_expires_at": expires_at}
            changes["token_flaw"] = self.sender.flaw_of(self.bearer.token)
            changes["token_refreshed"] = self.bearer.use == "refreshed"
        changes["notes"] = tuple(self.notes)
        labels = tuple({"id": name, "label": label} for name, label in self.labels.items())
        return self.sender.log.change(
            self.planned.delivery_id, finished_at=stamp(self.sender.clock.now()), add_evidence=labels, **changes
        )
