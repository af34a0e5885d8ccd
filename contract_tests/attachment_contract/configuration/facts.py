"""The facts of a configuration: immutable, and without the value of any secret.

Sources: Sinch, Chat attachment upload > Configuration (form, headers, body; documented); Event-driven integrations >
Configuring (name, description, ordinal; documented). What is assumed is marked as assumed, with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Generic, TypeVar

from attachment_contract.gate.report import GateFinding, GateReport, Severity
from attachment_contract.gate.workflows import Workflow

T = TypeVar("T")


class SourceShape(StrEnum):
    """What the text was: the JSON of the form's field, the gate's envelope, or the configurator's integration."""

    BARE = "bare"
    ENVELOPE = "envelope"
    INTEGRATION = "integration"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class AddressFacts:
    """One address, without the credentials that it may contain by mistake.

    Attributes:
        url: the whole address, without white space around it.
        host: lower case; an IPv6 address without brackets.
        port: as written; None if the address names none.
        path: without slash at its end; empty if there is none.
    """

    url: str
    scheme: str
    host: str
    port: int | None
    path: str

    @property
    def effective_port(self) -> int:
        """The port that a client connects to."""
        return self.port or (80 if self.scheme == "http" else 443)

    @property
    def origin(self) -> str:
        """``https://host`` or ``https://host:port``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")


@dataclass(frozen=True, kw_only=True)
class CmiFacts:
    """CMI's address (body: ``cmi_url``).

    Attributes:
        tenant_path: the path before ``/cmi``, without slashes: ``acme``; on premises ``RI``.
        aws_region: of a public address below execute-api.REGION.amazonaws.com; None for other hosts.
    """

    address: AddressFacts
    tenant_path: str
    aws_region: str | None


@dataclass(frozen=True, kw_only=True)
class TargetFacts:
    """A target of the upload (body: ``sap_v1`` or ``sap_v2``); a part that is missing or unusable is None."""

    address: AddressFacts | None
    user: str | None


class SecretRole(StrEnum):
    """What a secret is for: the OAuth client, a header, or a place that no documentation describes."""

    OAUTH = "oauth"
    CMI_API_KEY = "x-cmi-api-key"
    CMI_PASSWORD = "x-cmi-password"  # noqa: S105 - the name of a header
    SAP_V1_PASSWORD = "x-sap-v1-password"  # noqa: S105 - the name of a header
    SAP_V2_PASSWORD = "x-sap-v2-password"  # noqa: S105 - the name of a header
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class SecretUse:
    """One reference to a secret. ``place``: where, e.g. ``request.headers.x-cmi-password``."""

    name: str
    role: SecretRole
    place: str


@dataclass(frozen=True, kw_only=True)
class SecretFacts:
    """Names of secrets, never their values.

    Attributes:
        uses: every reference, in the order of the text.
        listed: names that the envelope says the secrets manager has; None if it does not list them.
        literals: places of secret headers whose value is written in clear instead of ``{secrets.NAME}``.
    """

    uses: tuple[SecretUse, ...] = ()
    listed: tuple[str, ...] | None = None
    literals: tuple[str, ...] = ()

    def name_of(self, role: SecretRole) -> str | None:
        """The name of the secret with this role, or None. Not for ``OTHER``, which has several: see ``others``."""
        return next((use.name for use in self.uses if use.role is role), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name once, in the order of the text."""
        return tuple(dict.fromkeys(use.name for use in self.uses))

    @property
    def others(self) -> tuple[SecretUse, ...]:
        """References at undocumented places."""
        return tuple(use for use in self.uses if use.role is SecretRole.OTHER)

    @property
    def shared(self) -> dict[str, tuple[str, ...]]:
        """Secrets that several places use: name → places."""
        places = {name: tuple(use.place for use in self.uses if use.name == name) for name in self.names}
        return {name: found for name, found in places.items() if len(found) > 1}


@dataclass(frozen=True)
class FormValue(Generic[T]):
    """A value of the form. ``why``: the reason for an assumed value; empty if it is given."""

    value: T
    why: str = ""

    @property
    def given(self) -> bool:
        """Whether the envelope has it."""
        return not self.why


@dataclass(frozen=True, kw_only=True)
class EndpointFacts:
    """The form's Endpoint URL. ``region``: as the page calls it; None for a host beyond the documented ones."""

    address: AddressFacts
    region: str | None


@dataclass(frozen=True, kw_only=True)
class QueueFacts:
    """One selected queue: its address or, for outbound chats, its type; ``id`` if the envelope has it."""

    address: str
    id: str | None = None


@dataclass(frozen=True, kw_only=True)
class FormFacts:
    """The values of the form, each given or assumed.

    Attributes:
        ordinal: a whole number from 0.
        direction: Inbound, Outbound or Both.
        events: such as Ended.
        queues: empty = every queue (assumed).
    """

    endpoint: FormValue[EndpointFacts]
    name: FormValue[str]
    description: FormValue[str]
    channel_type: FormValue[str]
    ordinal: FormValue[int]
    direction: FormValue[str]
    events: FormValue[tuple[str, ...]]
    queues: FormValue[tuple[QueueFacts, ...]]
    direct_conversations: FormValue[bool]
    enabled: FormValue[bool]

    @property
    def assumed(self) -> dict[str, str]:
        """Field → the reason for its assumed value."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value.why for name, value in values.items() if not value.given}


@dataclass(frozen=True, kw_only=True)
class TokenFacts:
    """The token endpoint. None is normal: the secret ``orchestration-layer`` has it, and Sinch makes that secret.

    Attributes:
        access_token_url: the envelope's ``oauth.access_token_url``, or the request's own (which the gate refuses).
        issuer: the envelope's ``oauth.issuer``, exactly as written; without it the origin of the token address.
        issuer_given: whether the envelope has it; an issuer that it does not have is an assumption.
    """

    access_token_url: AddressFacts | None = None
    issuer: str | None = None
    issuer_given: bool = False


#: Fields of the form that people read and no system acts on.
_WITHOUT_EFFECT = frozenset({"name", "description"})


@dataclass(frozen=True, kw_only=True)
class ConfigurationFacts:
    """One configuration.

    Attributes:
        name: of the file or text, as the caller gave it.
        workflow: which workflow it is for; ``why``: the reason, a sentence.
        json_text: the JSON of the form's field exactly as it stands, for pasting. Not in the repr: a configuration
            that the gate refuses may contain a secret in clear.
        report: the gate's findings.
    """

    name: str
    shape: SourceShape
    workflow: Workflow
    why: str
    cmi: CmiFacts | None
    cmi_user: str | None
    sap_v1: TargetFacts | None
    sap_v2: TargetFacts | None
    secrets: SecretFacts
    form: FormFacts
    token: TokenFacts
    json_text: str = field(repr=False)
    report: GateReport = field(repr=False)

    @property
    def is_ours(self) -> bool:
        """Whether it is for chat-attachments."""
        return self.workflow is Workflow.CHAT_ATTACHMENTS

    @property
    def is_sibling(self) -> bool:
        """Whether it is for another documented workflow, whose endpoint is not ours."""
        return self.workflow.is_sibling

    @property
    def ok(self) -> bool:
        """Whether the gate finds no error."""
        return self.report.ok

    @property
    def errors(self) -> tuple[GateFinding, ...]:
        """The gate's errors."""
        return self._of(Severity.ERROR)

    @property
    def warnings(self) -> tuple[GateFinding, ...]:
        """The gate's warnings."""
        return self._of(Severity.WARNING)

    @property
    def notes(self) -> tuple[GateFinding, ...]:
        """The gate's notes."""
        return self._of(Severity.NOTE)

    def _of(self, severity: Severity) -> tuple[GateFinding, ...]:
        return tuple(finding for finding in self.report.findings if finding.severity is severity)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know before a chain runs by it: assumptions, shared and literal secrets. Sentences."""
        assumed = [
            f"{name} is assumed: {why}." for name, why in self.form.assumed.items() if name not in _WITHOUT_EFFECT
        ]
        shared = [f"The secret {name} is used at {' and '.join(at)}." for name, at in self.secrets.shared.items()]
        literals = [f"{place} has a value in clear instead of a secret's name." for place in self.secrets.literals]
        issuer = self.token.issuer
        issuers = [f"The issuer {issuer} is assumed from the token address."] if issuer else []
        return (*assumed, *shared, *literals, *([] if self.token.issuer_given else issuers))
