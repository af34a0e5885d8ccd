"""What the three mocks' control addresses return about a tenant's set-up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from attachment_contract.configuration.facts import ConfigurationFacts
from attachment_contract.configuration.reading import read_configuration
from attachment_contract.gate.settings import GateSettings
from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.entries import accounts, integration_forms

Row = Mapping[str, Any]
#: Sample values are correct here: in this lab the sample's hosts and users exist.
GATE = GateSettings(ignore=frozenset({"AC901"}))
_SECRETS = "/system-configurator/api/secrets"
_REFUSED = 422


@dataclass(frozen=True, kw_only=True)
class SetUpFacts:
    """Everything that a step's state depends on.

    Attributes:
        names: the tenant's configuration.
        systems, arrangements, c4c_users: of C4C; ``cmi_users``: of Contact Pro.
        cmi_now: the time of the tenant's clock at Contact Pro.
        cmi_dialect: the switches of CMI, with the password policy.
        channels: what each chat channel carries.
        secrets, integrations: of System Configurator, without values.
        issuer: the token issuer.
        refused_secrets: name → why the newest value that was entered was refused.
    """

    names: TenantNames
    systems: Sequence[Row] = ()
    arrangements: Sequence[Row] = ()
    c4c_users: Sequence[Row] = ()
    cmi_users: Sequence[Row] = ()
    cmi_now: datetime
    cmi_dialect: Row = field(default_factory=dict)
    channels: Sequence[Row] = ()
    secrets: Sequence[Row] = ()
    integrations: Sequence[Row] = ()
    issuer: Row = field(default_factory=dict)
    refused_secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def uploads(self) -> list[tuple[Row, ConfigurationFacts]]:
        """The saved integrations that are for chat-attachments, with what their forms and JSON say."""
        both = [(each, configuration_of(each)) for each in self.integrations]
        return [(saved, found) for saved, found in both if found.is_ours]

    @property
    def configurations(self) -> list[ConfigurationFacts]:
        """Of the saved integrations; before one for chat-attachments is saved, those of the tenant's configuration."""
        saved = [configuration_of(each) for each in self.integrations]
        if any(each.is_ours for each in saved):
            return saved
        return [configuration_of(each) for each in integration_forms(self.names)]

    @property
    def technical_users(self) -> list[str]:
        """C4C's users that the configurations name."""
        named = [each.sap_v1.user for each in self.configurations if each.sap_v1]
        return self._users("c4c", named, [each["user"] for each in self.arrangements])

    @property
    def cmi_user_names(self) -> list[str]:
        """CMI's users that the configurations name."""
        return self._users(
            "cmi", [each.cmi_user for each in self.configurations], [each["name"] for each in self.cmi_users]
        )

    def _users(self, system: str, named: Iterable[str | None], existing: Sequence[str]) -> list[str]:
        """Of those named the ones that exist or are expected to; a misspelt one is the JSON's error."""
        expected = [each.user for each in accounts(self.names, system)]
        known = {*expected, *existing}
        return list(dict.fromkeys(user for user in named if user in known)) or expected[:1]


def configuration_of(form: Row) -> ConfigurationFacts:
    """What the form of an integration and its JSON say, with the gate's findings."""
    return _read(json.dumps(dict(form), sort_keys=True))


@cache
def _read(form: str) -> ConfigurationFacts:
    given = json.loads(form)
    envelope = {"form": {name: value for name, value in given.items() if name in _FIELDS}, "json": given["json"]}
    return read_configuration(envelope, name=str(given.get("name") or "the integration"), settings=GATE)


#: The fields of the form that the gate checks.
_FIELDS = frozenset(
    {
        "name", "description", "channel_type", "endpoint_url", "direction", "ordinal", "events", "queues",
        "direct_conversations", "enabled",
    }
)  # fmt: skip


class SetUpReader:
    """Reads the facts of one tenant. What it reads is in no journal. Safe for threads."""

    def __init__(self, to: StackClients, names: TenantNames) -> None:
        self._to = to
        self._names = names
        self._lock = threading.Lock()
        self._since = 0
        self._refused: dict[str, str] = {}

    def __call__(self) -> SetUpFacts:
        """The facts now. Raises RequestRefused, Unreachable."""
        to, name = self._to, self._names.name
        return SetUpFacts(
            names=self._names,
            systems=to.c4c.get("/_mock/communication-systems", tenant=name),
            arrangements=to.c4c.get("/_mock/communication-arrangements", tenant=name),
            c4c_users=to.c4c.get(f"/_mock/tenants/{name}")["users"],
            cmi_users=to.cmi.get("/_mock/users", tenant=name)["users"],
            cmi_now=datetime.fromisoformat(to.cmi.get("/_mock/clock", tenant=name)["now"]),
            cmi_dialect=to.cmi.get("/_mock/dialect", tenant=name)["dialect"],
            channels=to.cmi.get("/_mock/channels", tenant=name),
            secrets=to.orchestration.get("/_mock/secrets", tenant=name),
            integrations=to.orchestration.get("/_mock/event-driven-integrations", tenant=name),
            issuer=to.orchestration.get("/_mock/oauth", tenant=name),
            refused_secrets=self._refused_secrets(),
        )

    def _refused_secrets(self) -> Mapping[str, str]:
        """From the journal: the secrets manager refuses a password outside its alphabet, and keeps nothing of it."""
        with self._lock:
            control = self._to.control("orchestration", self._names.name)
            for exchange in control.journal(self._since, q=_SECRETS):
                self._since = int(exchange["id"])
                self._learn(exchange)
            return dict(self._refused)

    def _learn(self, exchange: Row) -> None:
        path = urlsplit(str(exchange["url"])).path
        if exchange["method"] not in {"POST", "PUT"} or _SECRETS not in path:
            return
        name = path.partition(_SECRETS)[2].strip("/") or str(_object(exchange["request"]["head"]).get("name", ""))
        self._refused.pop(name, None)
        if exchange["status"] == _REFUSED:
            errors = _object(exchange["response"]["head"]).get("errors") or [{}]
            self._refused[name] = str(errors[0].get("remedy") or "the value was refused")


def _object(text: str) -> Row:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
