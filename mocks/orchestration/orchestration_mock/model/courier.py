"""One delivery from a planned row to its end: compose, authenticate, send, read the reply, file it masked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mock_kit.clock import Clock
from mock_kit.masking import Masker
from orchestration_mock.model.composing import Event, Uncomposable, compose, lookup_for, set_header, style_of
from orchestration_mock.model.contact import stamp
from orchestration_mock.model.credentials import (
    NoToken,
    TokenCache,
    basic_header,
    basic_pair,
    oauth_credential,
)
from orchestration_mock.model.deliveries import SHOWN_BODY_CHARS, Delivery, DeliveryLog, State
from orchestration_mock.model.integrations import ECHO, Integration
from orchestration_mock.model.outbound import Outgoing, Reply, Sender, SendFailed
from orchestration_mock.model.placeholders import Lookup, Unresolved, expand
from orchestration_mock.model.responses import with_reply
from orchestration_mock.model.secrets import OAuthCredential, SecretsManager


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A delivery to be made: the configuration as it was when the event came in."""

    delivery_id: str
    event: Event
    integration: Integration
    attempt: int


class Courier:
    """Makes deliveries, one at a time per call; safe to share between threads."""

    def __init__(
        self,
        *,
        clock: Clock,
        dialect: Mapping[str, Any],
        secrets: SecretsManager,
        log: DeliveryLog,
        sender: Sender,
        masker: Masker,
        touch: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._dialect = dialect
        self._secrets = secrets
        self._log = log
        self._sender = sender
        self._masker = masker
        self._touch = touch
        self._tokens = TokenCache(sender=sender, dialect=dialect)

    def run(self, errand: Errand) -> Delivery | None:
        """Carry out one errand; the finished row, or None when the log has forgotten it. Never raises."""
        try:
            return self._carry(errand)
        except (Unresolved, Uncomposable, NoToken) as exc:
            self._touch("edi.not_sent")
            return self._finish(errand, state=State.NOT_SENT, error=str(exc))
        except SendFailed as exc:
            self._touch("edi.one_attempt")
            duration_ms = round(exc.duration_s * 1000, 3)
            return self._finish(errand, state=State.FAILED, error=str(exc), duration_ms=duration_ms)
        except Exception as exc:  # noqa: BLE001 - the twin's own fault goes to the log
            return self._finish(errand, state=State.FAILED, error=f"the twin itself failed: {type(exc).__name__}")

    def _carry(self, errand: Errand) -> Delivery | None:
        integration = errand.integration
        lookup = lookup_for(errand.event, self._secrets, integration.credentials, self._dialect)
        outgoing = compose(integration, lookup, self._dialect)
        outgoing, credential, token = self._authenticated(outgoing, integration, lookup)
        self._note_request(errand, outgoing)
        reply = self._send(outgoing)
        refreshed = reply.status == 401 and credential is not None and bool(self._dialect["refresh_on_401"])
        if refreshed and credential is not None:
            self._touch("edi.refresh_on_401")
            self._tokens.forget(credential, token)
            outgoing, _, _ = self._authenticated(outgoing, integration, lookup)
            reply = self._send(outgoing)
        return self._file(errand, outgoing, reply, lookup, refreshed=refreshed)

    def _send(self, outgoing: Outgoing) -> Reply:
        if outgoing.url != ECHO:
            self._touch("edi.request")
            return self._sender.send(outgoing)
        self._touch("edi.echo")
        headers = self._masker.headers(outgoing.headers.items())
        body = json.loads(outgoing.content) if outgoing.content else None
        shown = {"method": outgoing.method, "headers": headers, "body": body}
        return Reply(
            status=200,
            headers={"Content-Type": "application/json"},
            body=json.dumps(shown).encode(),
            duration_s=0.0,
        )

    def _authenticated(
        self, outgoing: Outgoing, integration: Integration, lookup: Lookup
    ) -> tuple[Outgoing, OAuthCredential | None, str]:
        """The request with its Authorization, and what that was made of."""
        auth, style = integration.definition.request.authentication, style_of(self._dialect)
        if auth.kind == "none":
            return outgoing, None, ""
        credential, token = None, ""
        if auth.kind == "basic":
            user, password = basic_pair(auth, integration.credentials, lookup, style)
            value = basic_header(user, password)
        else:
            credential = oauth_credential(auth, self._secrets, integration.credentials, lookup, style)
            self._touch("edi.token")
            token = self._tokens.get(credential, self._clock.now())
            value = f"Bearer {token}"
        headers = dict(outgoing.headers)
        set_header(headers, "Authorization", value)
        return replace(outgoing, headers=headers), credential, token

    def _note_request(self, errand: Errand, outgoing: Outgoing) -> None:
        body = (outgoing.content or b"").decode()
        self._log.change(
            errand.delivery_id,
            method=outgoing.method,
            url=self._masker.text(outgoing.url),
            request_headers=self._masker.headers(outgoing.headers.items()),
            request_body=self._masker.head(body, SHOWN_BODY_CHARS),
        )

    def _file(
        self, errand: Errand, outgoing: Outgoing, reply: Reply, lookup: Lookup, *, refreshed: bool
    ) -> Delivery | None:
        well = 200 <= reply.status < 300
        written = self._written_back(errand, outgoing, reply, lookup) if well else {}
        return self._finish(
            errand,
            state=State.DELIVERED if well else State.FAILED,
            error=None if well else f"the endpoint answered {reply.status}",
            status=reply.status,
            duration_ms=round(reply.duration_s * 1000, 3),
            response_headers=self._masker.headers(reply.headers.items()),
            response_body=self._masker.head(reply.body.decode(errors="replace"), SHOWN_BODY_CHARS),
            token_refreshed=refreshed,
            **written,
        )

    def _written_back(self, errand: Errand, outgoing: Outgoing, reply: Reply, lookup: Lookup) -> dict[str, Any]:
        """`set` and `save` worked out, masked; of one event's configurations only the first may `set`."""
        definition = errand.integration.definition
        if not definition.response_set and not definition.response_save:
            return {}
        self._touch("edi.response")
        after = with_reply(lookup, errand.integration.id, outgoing, reply)
        wanted = {"response_save": definition.response_save}
        if not any(row.response_set for row in self._log.list(errand.event.id)):
            wanted["response_set"] = definition.response_set
        try:
            found = {name: expand(value, after, style_of(self._dialect)) for name, value in wanted.items()}
        except Unresolved as exc:
            return {"response_save": {"error": str(exc)}}
        return {name: json.loads(self._masker.text(json.dumps(value))) for name, value in found.items()}

    def _finish(self, errand: Errand, **changes: Any) -> Delivery | None:
        if changes.get("error"):
            changes["error"] = self._masker.text(changes["error"])
        return self._log.change(errand.delivery_id, finished_at=stamp(self._clock.now()), **changes)
