"""Names and secrets of a tenant: what belongs together across Contact Pro, CMI and C4C."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from typing import Any

REGION = "eu-c1"
HTTPS_PORT = 443
ENDPOINT = f"https://cc-workflows-{REGION}.cc.sinch.com/prod/chat-attachments"
AUDIENCE = "attachment-transfer"
SCOPE = "chat-attachments transfers"
EXAMPLE_CMI = "8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi"
EXAMPLE_C4C_HOST = "my2554607.de1.crm.cloud.sap"
#: A tenant is named after its CMI path; this is the documented example's.
DEFAULT_NAME = "acme"


@dataclass(frozen=True, kw_only=True)
class PastedIntegration:
    """An event-driven integration as it is entered in System Configurator.

    Attributes:
        json: the text of the field JSON for Configuration, as it stands.
        events: ticked; None = as the tenant's options say.
        queues: each ``{"id"?, "address"}``; empty = every queue.
        direct_conversations: None = as the tenant's options say.
    """

    json: str
    endpoint_url: str = ENDPOINT
    name: str = "Chat attachments to SAP Service Cloud"
    description: str = ""
    channel_type: str = "Chat"
    ordinal: int = 1
    direction: str = "Both"
    events: tuple[str, ...] | None = None
    queues: tuple[dict[str, str], ...] = ()
    direct_conversations: bool | None = None
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class SecretNames:
    """What the customer calls its secrets in the secrets manager; the defaults are those of the documentation."""

    oauth: str = "orchestration-layer"
    api_key: str = "ri-apikey"
    cmi_password: str = "cmi-chat-attachment-upload-user"  # noqa: S105 - a name
    c4c_password: str = "sap-v1-secret"  # noqa: S105 - a name


@dataclass(frozen=True, kw_only=True)
class Account:
    """A further user of CMI or C4C, whom another integration of the same customer names. ``system``: cmi or c4c."""

    system: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class TenantNames:
    """One tenant: a Contact Pro tenant, its CMI address and its C4C hosts, with the accounts that join them.

    Attributes:
        tenant_path: of the Contact Pro tenant; also the first segment of CMI's path, unless ``cmi_path`` differs.
        cmi_port: other than 443 only on premises.
        other_c4c_hosts: further names of the same C4C system.
        issuer: of the tokens; empty = below the login host of the region, by the tenant's path.
        access_token_url: empty = below the issuer.
        secret_names: of the four secrets that the documented configuration refers to.
        more_secrets: further secrets that the configurations name, by their names.
        integrations: empty = the documentation's example, with this tenant's addresses.
        ids_seed: the mocks derive their ids from it; None = from the name. See ``with_new_secrets``.
    """

    name: str
    tenant_path: str
    cmi_host: str
    c4c_host: str
    client_id: str
    client_secret: str = field(repr=False)
    api_key: str = field(repr=False)
    cmi_password: str = field(repr=False)
    c4c_password: str = field(repr=False)
    cmi_user: str = "transcript.user"
    c4c_user: str = "v1user"
    cmi_port: int = HTTPS_PORT
    cmi_path: str = ""
    other_c4c_hosts: tuple[str, ...] = ()
    issuer: str = ""
    access_token_url: str = ""
    secret_names: SecretNames = SecretNames()
    more_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    more_accounts: tuple[Account, ...] = ()
    integrations: tuple[PastedIntegration, ...] = ()
    ids_seed: str | None = None

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> TenantNames:
        """From what ``to_json`` made. Raises TypeError for unknown members."""
        read: dict[str, Any] = {**given, "other_c4c_hosts": tuple(given.get("other_c4c_hosts", ()))}
        read["secret_names"] = SecretNames(**given.get("secret_names", {}))
        read["integrations"] = tuple(_integration(each) for each in given.get("integrations", ()))
        read["more_accounts"] = tuple(Account(**each) for each in given.get("more_accounts", ()))
        return cls(**read)

    @property
    def secrets_path(self) -> str:
        """Where System Configurator keeps the tenant's secrets; below it, each by its name."""
        return f"/{self.tenant_path}/system-configurator/api/secrets"

    @property
    def integrations_path(self) -> str:
        """Where System Configurator keeps the tenant's event-driven integrations; below it, each by its id."""
        return f"/{self.tenant_path}/system-configurator/api/event-driven-integrations"

    @property
    def cmi_url(self) -> str:
        """Public CMI address as the integration's JSON gives it; no trailing slash."""
        authority = self.cmi_host if self.cmi_port == HTTPS_PORT else f"{self.cmi_host}:{self.cmi_port}"
        return f"https://{authority}/{self.cmi_path or self.tenant_path}/cmi"

    @property
    def c4c_hosts(self) -> tuple[str, ...]:
        """Every name of C4C, the first one first."""
        return (self.c4c_host, *self.other_c4c_hosts)

    @property
    def c4c_url(self) -> str:
        """Public C4C address."""
        return f"https://{self.c4c_host}"

    @property
    def token_issuer(self) -> str:
        """The issuer of the tokens with which Contact Pro calls the endpoint. Evidence: assumed unless it is given."""
        return self.issuer or f"https://login-{REGION}.cc.sinch.com/{self.tenant_path}"

    @property
    def token_url(self) -> str:
        """The public token address of the Contact Pro tenant."""
        return self.access_token_url or f"{self.token_issuer}/oauth2/token"

    @property
    def integration_json(self) -> str:
        """JSON for Configuration of the first integration; for the default tenant the documentation's, unchanged."""
        if self.integrations:
            return self.integrations[0].json
        example = example_integration_json().decode("ascii")
        cmi_url = self.cmi_url.removeprefix("https://")
        return example.replace(EXAMPLE_CMI, cmi_url).replace(EXAMPLE_C4C_HOST, self.c4c_host)

    def guarded(self) -> dict[str, str]:
        """Secrets that must never occur in a journal or a log, by a name that may be printed."""
        cmi_basic = f"{self.cmi_user}:{self.cmi_password}"
        c4c_basic = f"{self.c4c_user}:{self.c4c_password}"
        oauth_basic = f"{self.client_id}:{self.client_secret}"
        return {
            "the OAuth client secret": self.client_secret,
            "the CMI API key": self.api_key,
            **{f"the secret {name}": value for name, value in self.more_secrets.items()},
            "the CMI password": self.cmi_password,
            "the C4C password": self.c4c_password,
            "the CMI Basic credentials": base64.b64encode(cmi_basic.encode()).decode(),
            "the C4C Basic credentials": base64.b64encode(c4c_basic.encode()).decode(),
            "the OAuth Basic credentials": base64.b64encode(oauth_basic.encode()).decode(),
        }

    def secrets_by_owner(self) -> dict[str, tuple[str, str]]:
        """The secrets of CMI, C4C and Contact Pro with the neighbour that each is for; equal ones are left out."""
        owners = {"the OAuth": "orchestration", "the CMI": "cmi", "the C4C": "c4c"}
        guarded = self.guarded()
        return {
            name: (value, owner)
            for name, value in guarded.items()
            for start, owner in owners.items()
            if name.startswith(start) and list(guarded.values()).count(value) == 1
        }

    def to_json(self) -> dict[str, Any]:
        """For the lab's own 0600 stack file and the environment of its console; holds secrets."""
        return asdict(self)


def _integration(given: Mapping[str, Any]) -> PastedIntegration:
    events, queues = given.get("events"), tuple(given.get("queues", ()))
    return PastedIntegration(**{**given, "events": None if events is None else tuple(events), "queues": queues})


def example_integration_json() -> bytes:
    """The one-line example of the public configuration page, unchanged."""
    return resources.files("attachment_lab.tenant").joinpath("chat_attachments_edi.json").read_bytes()


def default_tenant() -> TenantNames:
    """The tenant of the demo: the names of the documentation's example, with fresh secrets."""
    return TenantNames(
        name=DEFAULT_NAME,
        tenant_path="acme",
        cmi_host=EXAMPLE_CMI.partition("/")[0],
        c4c_host=EXAMPLE_C4C_HOST,
        client_id="contact-pro-acme",
        **fresh_secrets(),
    )


def fresh_tenant() -> TenantNames:
    """A new tenant, as for one test; its name is random (32 bits)."""
    tenant_path = f"t{secrets.token_hex(4)}"
    gateway = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(10))
    digits = "".join(secrets.choice(string.digits) for _ in range(7))
    return TenantNames(
        name=tenant_path,
        tenant_path=tenant_path,
        cmi_host=f"{gateway}.execute-api.eu-central-1.amazonaws.com",
        c4c_host=f"my{digits}.de1.crm.cloud.sap",
        client_id=f"contact-pro-{tenant_path}",
        **fresh_secrets(),
    )


def with_new_secrets(names: TenantNames) -> TenantNames:
    """The same tenant and hosts with other secrets, another OAuth client and other ids."""
    more = {name: new_password() for name in names.more_secrets}
    return replace(with_new_ids(names), more_secrets=more, **fresh_secrets())


def with_new_ids(names: TenantNames) -> TenantNames:
    """The same tenant with another OAuth client and other ids.

    The service identifies transfers by client and chat, so it does not confuse new chats with earlier ones.
    """
    tag = secrets.token_hex(4)
    return replace(names, client_id=f"contact-pro-{names.tenant_path}-{tag}", ids_seed=f"{names.name[:55]}-{tag}")


def login_host(endpoint_host: str) -> str:
    """The login host of the region whose workflows are at ``endpoint_host``. Evidence: assumed."""
    return endpoint_host.replace("cc-workflows-", "login-", 1)


def sealing_key() -> str:
    """A key ring with one key for the service: ``k1:`` and 32 random bytes, url-safe base64."""
    return "k1:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def new_password() -> str:
    """A random password in the documented alphabet: Latin letters, no special currency or fraction signs."""
    return "Aa1" + secrets.token_urlsafe(18)


def fresh_secrets() -> dict[str, Any]:
    """The values of the secrets of a new tenant, by the members of TenantNames."""
    return {
        "client_secret": secrets.token_urlsafe(32),
        "api_key": secrets.token_urlsafe(30),
        "cmi_password": new_password(),
        "c4c_password": new_password(),
    }
