"""Names and secrets of a tenant: what belongs together across Contact Pro, CMI and C4C."""

from __future__ import annotations

import base64
import secrets
import string
from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from typing import Any

REGION = "eu-c1"
ENDPOINT = f"https://cc-workflows-{REGION}.cc.sinch.com/prod/chat-attachments"
AUDIENCE = "attachment-transfer"
SCOPE = "chat-attachments transfers"
EXAMPLE_CMI = "8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi"
EXAMPLE_C4C_HOST = "my2554607.de1.crm.cloud.sap"
#: A tenant is named after its CMI path; this is the documented example's.
DEFAULT_NAME = "acme"


@dataclass(frozen=True, kw_only=True)
class TenantNames:
    """One tenant: a Contact Pro tenant, its CMI address and its C4C host, with the accounts that join them.

    Attributes:
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
    ids_seed: str | None = None

    @property
    def cmi_url(self) -> str:
        """Public CMI address as the integration's JSON gives it; no trailing slash."""
        return f"https://{self.cmi_host}/{self.tenant_path}/cmi"

    @property
    def c4c_url(self) -> str:
        """Public C4C address."""
        return f"https://{self.c4c_host}"

    @property
    def token_url(self) -> str:
        """The real, public token endpoint of the Contact Pro tenant."""
        return f"https://login-{REGION}.cc.sinch.com/{self.tenant_path}/oauth2/token"

    @property
    def integration_json(self) -> str:
        """JSON for Configuration; for the default tenant the documentation's example, byte for byte."""
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
            "the CMI password": self.cmi_password,
            "the C4C password": self.c4c_password,
            "the CMI Basic credentials": base64.b64encode(cmi_basic.encode()).decode(),
            "the C4C Basic credentials": base64.b64encode(c4c_basic.encode()).decode(),
            "the OAuth Basic credentials": base64.b64encode(oauth_basic.encode()).decode(),
        }

    def to_json(self) -> dict[str, Any]:
        """For the lab's own 0600 stack file and the environment of its console; holds secrets."""
        return asdict(self)


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
        **_fresh_secrets(),
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
        **_fresh_secrets(),
    )


def with_new_secrets(names: TenantNames) -> TenantNames:
    """The same tenant and hosts with other secrets, another OAuth client and other ids.

    The service identifies transfers by client and chat, so it does not confuse new chats with earlier ones.
    """
    tag = secrets.token_hex(4)
    return replace(
        names,
        client_id=f"contact-pro-{names.tenant_path}-{tag}",
        ids_seed=f"{names.name[:55]}-{tag}",
        **_fresh_secrets(),
    )


def sealing_key() -> str:
    """A key ring with one key for the service: ``k1:`` and 32 random bytes, url-safe base64."""
    return "k1:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _fresh_secrets() -> dict[str, str]:
    """Passwords use the documented alphabet: Latin letters, no special currency or fraction signs."""
    return {
        "client_secret": secrets.token_urlsafe(32),
        "api_key": secrets.token_urlsafe(30),
        "cmi_password": "Aa1" + secrets.token_urlsafe(18),
        "c4c_password": "Aa1" + secrets.token_urlsafe(18),
    }
