"""One delivery from a planned row to its end: compose, authenticate, send, read the reply, file it masked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mock_kit.clock import Clock
from mock_kit.faults import FaultPlan
from mock_kit.masking import MASK, Masker
from orchestration_mock.model.contact import stamp
from orchestration_mock.model.events.conversations import Conversations
from orchestration_mock.model.events.credentials import (
    Bearer,
    NoToken,
    TokenCache,
    basic_header,
    basic_pair,
    oauth_credential,
)
from orchestration_mock.model.events.deliveries import SHOWN_BODY_CHARS, Delivery, DeliveryLog, State
from orchestration_mock.model.events.faults import picked, send_broken
from orchestration_mock.model.events.outgoing import Outgoing, Reply, Sender, SendFailed, nothing
from orchestration_mock.model.events.request import Event, Uncomposable, compose, lookup_for, set_header, style_of
from orchestration_mock.model.events.showing import behaviours_of
from orchestration_mock.model.events.write_back import WrittenBack, with_reply
from orchestration_mock.model.integrations.placeholders import Lookup, Unresolved
from orchestration_mock.model.integrations.store import ECHO, Integration
from orchestration_mock.model.secrets import OAuthCredential, SecretsManager

#: Tells a tenant that a behaviour has shown itself; gives the behaviour's evidence label.
Touch = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A delivery to be made: the event, and the configuration as it was when it was planned."""

    delivery_id: str
    event: Event
    integration: Integration
    attempt: int
    matched_rule: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Courier:
    """Makes deliveries, one at a time per call; safe to share between threads."""

    clock: Clock
    dialect: Mapping[str, Any]
    secrets: SecretsManager
    conversations: Conversations
    log: DeliveryLog
    sender: Sender
    faults: FaultPlan
    tokens: TokenCache
    masker: Masker
    touch: Touch

    def run(self, errand: Errand, sent: Callable[[], None] = nothing) -> Delivery | None:
        """Carry out one errand; the finished row, or None when the log has forgotten it. Never raises.

        ``sent`` is called as soon as the request is out, unless the configuration waits for the answer.
        """
        waits = errand.integration.definition.waits_for_answer or self.dialect["wait_for_answer"] == "always"
        return _Trip(self, errand, nothing if waits else sent).run()


class _Trip:
    """One errand on its way."""

    def __init__(self, courier: Courier, errand: Errand, sent: Callable[[], None]) -> None:
        self.at = courier
        self.errand = errand
        self.sent = sent
        self.bearer: Bearer | None = None
        self.labels: dict[str, str] = {}
        self.notes: list[str] = []

    def run(self) -> Delivery | None:
        try:
            return self.carry()
        except (Unresolved, Uncomposable, NoToken) as exc:
            self.touch("edi.not_sent")
            return self.finish(state=State.NOT_SENT, error=str(exc))
        except SendFailed as exc:
            self.touch("edi.one_attempt")
            duration_ms = round(exc.duration_s * 1000, 3)
            return self.finish(state=State.FAILED, error=str(exc), duration_ms=duration_ms)
        except Exception as exc:  # noqa: BLE001 - the twin's own fault goes to the log
            return self.finish(state=State.FAILED, error=f"the twin itself failed: {type(exc).__name__}")

    def touch(self, evidence_id: str) -> None:
        self.labels[evidence_id] = self.at.touch(evidence_id)

    def carry(self) -> Delivery | None:
        event, integration = self.errand.event, self.errand.integration
        attached = self.at.conversations.attached(event.contact.guid)
        lookup = lookup_for(event, self.at.secrets, integration.credentials, self.at.dialect, attached)
        for evidence_id in behaviours_of(integration):
            self.touch(evidence_id)
        composed = compose(integration, lookup, self.at.dialect)
        self.note_connection(integration)
        outgoing, credential = self.authenticated(composed, lookup)
        self.note_request(outgoing)
        reply = self.send(outgoing)
        if reply.status == 401 and credential and self.bearer and self.at.dialect["refresh_on_401"]:
            self.touch("edi.refresh_on_401")
            self.at.tokens.forget(credential, self.bearer.token)
            outgoing, _ = self.authenticated(composed, lookup)
            self.bearer = replace(self.bearer, use="refreshed")
            reply = self.send(outgoing)
        return self.file(outgoing, reply, lookup)

    def note_connection(self, integration: Integration) -> None:
        """What the twin does otherwise than the configuration says about the connection."""
        spec = integration.definition.request
        if spec.proxy not in ("auto", "no"):
            self.touch("edi.proxy")
            self.notes.append(f"proxy {spec.proxy.rpartition('@')[2]} was not used: this twin connects directly")
        if not spec.verify:
            self.touch("edi.verify")
            self.notes.append("verify is false: a certificate would not be checked")

    def send(self, outgoing: Outgoing) -> Reply:
        if outgoing.url != ECHO:
            self.touch("edi.request")
            return self.carried(outgoing)
        self.touch("edi.echo")
        headers = self.at.masker.headers(outgoing.headers.items())
        body = json.loads(outgoing.content) if outgoing.content else None
        shown = json.dumps({"method": outgoing.method, "headers": headers, "body": body})
        kind = {"Content-Type": "application/json"}
        return Reply(status=200, headers=kind, body=shown.encode(), duration_s=0.0)

    def carried(self, outgoing: Outgoing) -> Reply:
        """The endpoint's reply, unless a planned fault strikes."""
        fault = picked(self.at.faults, outgoing)
        if fault is None:
            return self.at.sender.send(outgoing, self.sent)
        self.notes.append(f"fault {fault.id} struck this request: {fault.kind}, {fault.phase} the work")
        return send_broken(self.at.faults, fault, outgoing, lambda changed: self.at.sender.send(changed, self.sent))

    def authenticated(self, outgoing: Outgoing, lookup: Lookup) -> tuple[Outgoing, OAuthCredential | None]:
        """The request with its Authorization, and the OAuth credential behind it, if any."""
        integration, style = self.errand.integration, style_of(self.at.dialect)
        auth, credential = integration.definition.request.authentication, None
        if auth.kind == "none":
            return outgoing, None
        if auth.kind == "basic":
            value = basic_header(*basic_pair(auth, integration.credentials, lookup, style))
        else:
            credential = oauth_credential(auth, self.at.secrets, integration.credentials, lookup, style)
            self.touch("edi.token")
            self.bearer = self.at.tokens.get(credential, self.at.clock.now())
            value = f"Bearer {self.bearer.token}"
        headers = dict(outgoing.headers)
        set_header(headers, "Authorization", value)
        return replace(outgoing, headers=headers), credential

    def note_request(self, outgoing: Outgoing) -> None:
        self.at.log.change(
            self.errand.delivery_id,
            method=outgoing.method,
            url=self.at.masker.text(outgoing.url),
            request_headers=self.at.masker.headers(outgoing.headers.items()),
            request_body=self.at.masker.head((outgoing.content or b"").decode(), SHOWN_BODY_CHARS),
        )

    def masked(self, text: str) -> str:
        """Without secrets, and without the token this request carried."""
        return self.at.masker.text(text.replace(self.bearer.token, MASK) if self.bearer else text)

    def file(self, outgoing: Outgoing, reply: Reply, lookup: Lookup) -> Delivery | None:
        well = 200 <= reply.status < 300
        written = self.write_back(outgoing, reply, lookup) if well else {}
        headers = {name: self.masked(value) for name, value in reply.headers.items()}
        return self.finish(
            state=State.DELIVERED if well else State.FAILED,
            error=None if well else f"the endpoint answered {reply.status}",
            status=reply.status,
            duration_ms=round(reply.duration_s * 1000, 3),
            response_headers=self.at.masker.headers(headers.items()),
            response_body=self.at.masker.head(self.masked(reply.body.decode(errors="replace")), SHOWN_BODY_CHARS),
            **written,
        )

    def write_back(self, outgoing: Outgoing, reply: Reply, lookup: Lookup) -> dict[str, Any]:
        """`set` and `save` carried out; what of it the row shows, masked."""
        integration = self.errand.integration
        if not integration.definition.response_set and not integration.definition.response_save:
            return {}
        self.touch("edi.response")
        after = with_reply(lookup, integration.id, outgoing, reply)
        style = style_of(self.at.dialect)
        back = WrittenBack(self.at.conversations, self.errand.event, integration, style).carry_out(after)
        for evidence_id in back.evidence:
            self.touch(evidence_id)
        self.notes += map(self.masked, back.notes)
        return {
            "response_set": json.loads(self.masked(json.dumps(back.changes))),
            "response_save": json.loads(self.masked(json.dumps(back.saved))),
        }

    def finish(self, **changes: Any) -> Delivery | None:
        if changes.get("error"):
            changes["error"] = self.masked(changes["error"])
        if self.bearer is not None:
            expires_at = stamp(self.bearer.expires_at)
            changes |= {"token_use": self.bearer.use, "token_expires_at": expires_at}
            changes["token_refreshed"] = self.bearer.use == "refreshed"
        changes["notes"] = tuple(self.notes)
        labels = tuple({"id": name, "label": label} for name, label in self.labels.items())
        return self.at.log.change(
            self.errand.delivery_id, finished_at=stamp(self.at.clock.now()), add_evidence=labels, **changes
        )
