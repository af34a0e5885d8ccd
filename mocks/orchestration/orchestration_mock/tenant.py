"""A tenant of this mock: one Contact Pro tenant with its secrets, integrations, event engine and token issuer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mock_kit.tenants import MockTenant, TenantState
from orchestration_mock.evidence import DIALECT
from orchestration_mock.model.events.conversations import ConversationChanges
from orchestration_mock.model.events.deliveries import DeliveryLog
from orchestration_mock.model.events.engine import EventEngine
from orchestration_mock.model.events.outgoing import RequestSender
from orchestration_mock.model.events.sender import DeliverySender
from orchestration_mock.model.events.tokens import TokenCache
from orchestration_mock.model.forms import Form
from orchestration_mock.model.integrations.store import Integrations
from orchestration_mock.model.issuer.client_login import OAuthClient
from orchestration_mock.model.issuer.issuer import Issuer
from orchestration_mock.model.issuer.keyring import Keyring
from orchestration_mock.model.secrets import NAME, SecretsManager, read_scope
from orchestration_mock.model.workflows import Workflows
from orchestration_mock.saved_state import restore_state, saved_state

_ADDRESS = re.compile(r"https://[a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")
DEFAULT_AUDIENCE = "attachment-transfer"
DEFAULT_SCOPE = ("chat-attachments", "transfers")


@dataclass(kw_only=True)
class OrchestrationTenant(MockTenant):
    """State of one tenant.

    Attributes:
        tenant_path: first path segment of all its addresses.
        requests: sends what the event engine calls.
        setup: the secrets and integrations it was created with; a reset restores them.
    """

    tenant_path: str
    issuer: Issuer
    requests: RequestSender = field(repr=False)
    setup: Mapping[str, Any] = field(repr=False)
    secrets: SecretsManager = field(init=False)
    integrations: Integrations = field(init=False)
    conversations: ConversationChanges = field(init=False)
    engine: EventEngine = field(init=False)
    workflows: Workflows = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The tenant as it was created: same client and keys, its setup, and nothing else."""
        self.journal.mask_secret(self.issuer.client.client_secret, self.issuer.client.client_id)
        self.secrets = SecretsManager(guard=self.journal.mask_secret)
        self.integrations = Integrations(
            new_id=lambda: self.ids.uuid("integration"),
            guard=self.journal.mask_secret,
            dialect=self.dialect,
        )
        self.conversations = ConversationChanges()
        self.engine = self._new_engine()
        self.workflows = Workflows(clock=self.clock, ids=self.ids, dialect=self.dialect)
        for secret in self.setup.get("secrets", []):
            self.secrets.create(secret, self.clock.now())
        for integration in self.setup.get("event_driven_integrations", []):
            self.integrations.create(integration)

    def _new_engine(self) -> EventEngine:
        log = DeliveryLog()
        sender = DeliverySender(
            clock=self.clock,
            dialect=self.dialect,
            secrets=self.secrets,
            conversations=self.conversations,
            log=log,
            requests=self.requests,
            faults=self.faults,
            tokens=TokenCache(sender=self.requests, dialect=self.dialect),
            masker=self.journal.masker,
            touch=self.touch,
            flaw_of=self.issuer.flaw_of,
        )
        return EventEngine(
            clock=self.clock,
            ids=self.ids,
            dialect=self.dialect,
            integrations=self.integrations,
            conversations=self.conversations,
            log=log,
            sender=sender,
            touch=self.touch,
        )

    def reset_basics(self) -> None:
        """Also drops every token, and every delivery that was not sent: reset and removal need this."""
        self.engine.close()
        self.issuer.reset()
        super().reset_basics()

    def saved_state(self) -> TenantState:
        """Integrations, events, deliveries and what was written back; secrets by name, without values."""
        return TenantState(state=saved_state(self))

    def restore_state(self, saved: TenantState) -> None:
        """A secret that this tenant does not have gets a random value."""
        kept = {each.name: each for each in self.secrets.all()}
        self.reset()
        restore_state(self, saved.state, kept)

    def touch(self, evidence_id: str) -> str:
        """Count a behaviour in this tenant; returns its evidence label."""
        return DIALECT.book.touch(evidence_id, self)

    def describe(self) -> dict[str, Any]:
        """For ``GET /_mock/tenants``, without secrets."""
        return {"tenant_path": self.tenant_path, "oauth": self.issuer.describe()}


def make_tenant(
    body: object,
    *,
    data_dir: Path,
    dialect: Mapping[str, Any],
    requests: RequestSender,
    keys_of: Callable[[str, str], Keyring],
) -> OrchestrationTenant:
    """A tenant from ``{"name", "tenant_path", "oauth", "secrets"?, "event_driven_integrations"?}``.

    ``oauth`` may name ``issuer`` and ``token_url``; else they are below the European login host, by the tenant's path.
    ``dialect`` is complete and checked. Raises ``Invalid`` or ``MalformedRequest``.
    """
    form = Form(body)
    name, tenant_path = form.text("name"), form.text("tenant_path")
    if tenant_path == "_mock" or (tenant_path and not NAME.fullmatch(tenant_path)):
        form.wrong("tenant_path", "1 to 64 of A-Z a-z 0-9 _ -", "choose another path", tenant_path)
    client = _client(form)
    url, token_url = _issuer_addresses(form, tenant_path)
    ids_seed = form.text("ids_seed", "")
    setup = {key: form.items(key) for key in ("secrets", "event_driven_integrations")}
    form.refuse_unknown("no such member")
    form.done("The tenant")
    parts = MockTenant.parts(name, data_dir, dialect, ids_seed=ids_seed)
    basics = {key: parts[key] for key in ("clock", "ids", "dialect")}
    keys = keys_of(url, str(parts["dialect"]["oauth_signing"]))
    issuer = Issuer(url=url, token_url=token_url, client=client, keys=keys, **basics)
    return OrchestrationTenant(**parts, tenant_path=tenant_path, issuer=issuer, requests=requests, setup=setup)


def _client(form: Form) -> OAuthClient:
    inner = Form(form.raw("oauth", {}), at="oauth")
    scope = read_scope(inner.raw("scope"))
    client = OAuthClient(
        client_id=inner.text("client_id"),
        client_secret=inner.text("client_secret"),
        scope=scope or DEFAULT_SCOPE,
        audience=inner.text("audience", DEFAULT_AUDIENCE),
    )
    if scope is None:
        inner.wrong("scope", "a list of strings or a string with spaces", "correct or remove scope")
    form.take_errors(inner, "oauth")
    return client


def _issuer_addresses(form: Form, tenant_path: str) -> tuple[str, str]:
    """The issuer and its token address; the latter is empty if it is below the issuer."""
    inner = Form(form.raw("oauth", {}), at="oauth")
    url = inner.text("issuer", f"https://login-eu-c1.cc.sinch.com/{tenant_path}").rstrip("/")
    token_url = inner.text("token_url", "")
    for name, address in (("issuer", url), ("token_url", token_url)):
        if address and not _ADDRESS.fullmatch(address):
            inner.wrong(name, "an address https://HOST/PATH", "correct or remove it", address)
    form.take_errors(inner, "oauth")
    return url, token_url
