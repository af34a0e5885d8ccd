"""What an administrator of the three systems does for each step, through the mocks' control addresses.

Where a step sets a password, both sides get it: the user, and the secret to which the configuration refers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from attachment_contract.configuration.facts import SecretRole
from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.errors import WrongUse
from attachment_lab.tenant import people
from attachment_lab.tenant.credentials import TenantNames, new_password
from attachment_lab.tenant.entries import (
    C4C_SERVICES,
    SERVICE_ACCOUNT_DAYS,
    UPLOAD_EVENTS,
    communication_system,
    integration_forms,
    password_of,
    secret_entries,
)
from attachment_lab.tenant.set_up import c4c_steps, contact_pro_steps, integration_steps
from attachment_lab.tenant.set_up.facts import Row, SetUpFacts


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A user and the secret that has its password."""

    user: str
    secret: str
    password: str


class Administrator:
    """One method for each step; ``facts`` are those from before."""

    def __init__(self, to: StackClients, names: TenantNames, facts: SetUpFacts, events: tuple[str, ...]) -> None:
        self.to = to
        self.names = names
        self.facts = facts
        self.planned = integration_forms(names, events=events)

    def system(self) -> None:
        """Create the communication system, or maintain the host name of one."""
        body = communication_system(self.names)
        nameless = next((str(each["id"]) for each in self.facts.systems if not each["host"]), body["id"])
        self.to.c4c.post("/_mock/communication-systems", body | {"id": nameless}, tenant=self.names.name)

    def arrangement(self) -> None:
        """Create an arrangement for every technical user that has none; user and secret get the same password."""
        if c4c_steps.system(self.facts).remedy:
            self.system()
        systems = [str(each["id"]) for each in self.facts.systems]
        for user in self.facts.technical_users:
            mine = [each for each in self.facts.arrangements if each["user"] == user]
            fits = [each for each in mine if each["system"] in systems and each["scenario"] == c4c_steps.SCENARIO]
            if not fits:
                self._arrange(user, (systems or [communication_system(self.names)["id"]])[0], mine)
        self._agree_c4c()

    def _arrange(self, user: str, system: str, replaced: Sequence[Row]) -> None:
        ticked = sorted({service for each in replaced for service in each["services"]})
        for each in replaced:
            self.to.c4c.delete(f"/_mock/communication-arrangements/{each['id']}", tenant=self.names.name)
        body = {"system": system, "user": user, "password": self._password("c4c", user), "services": ticked}
        self.to.c4c.post("/_mock/communication-arrangements", body, tenant=self.names.name)

    def services(self) -> None:
        """Tick the four OData services."""
        if c4c_steps.arrangement(self.facts).state == "missing":
            raise WrongUse("There is no communication arrangement to tick services in; do step 2 first.")
        for user in self.facts.technical_users:
            first = next(each for each in self.facts.arrangements if each["user"] == user)
            ticked = dict.fromkeys([*first["services"], *C4C_SERVICES])
            path = f"/_mock/communication-arrangements/{first['id']}/services"
            self.to.c4c.put(path, {"services": list(ticked)}, tenant=self.names.name)

    def cmi_user(self) -> None:
        """Add the CMI users, without rights and without expiration."""
        known = {each["name"] for each in self.facts.cmi_users}
        for user in self.facts.cmi_user_names:
            if user not in known:
                self._put_user(user, {"rights": {"queues": []}, "expires_at": None})
        self._agree_cmi()

    def expiration(self) -> None:
        """Assign a later expiration time."""
        later = (self.facts.cmi_now + timedelta(days=SERVICE_ACCOUNT_DAYS)).isoformat()
        self._change_users({"expires_at": later})

    def right(self) -> None:
        """Grant Manage Contact History on every queue group."""
        self._change_users({"rights": {"queue_groups": [contact_pro_steps.ALL]}})

    def authentication(self) -> None:
        """Set the password again, which unlocks the user; the secret gets it too."""
        self._change_users({})

    def _change_users(self, changes: Mapping[str, Any]) -> None:
        wanted = self.facts.cmi_user_names
        mine = [each for each in self.facts.cmi_users if each["name"] in wanted]
        if not mine:
            raise WrongUse("There is no CMI user yet; do step 4 first.")
        for each in mine:
            self._put_user(str(each["name"]), {"rights": each["rights"], "expires_at": each["expires_at"], **changes})
        self._agree_cmi()

    def _put_user(self, user: str, members: Mapping[str, Any]) -> None:
        body = {"name": user, "password": self._password("cmi", user), **members}
        self.to.cmi.post("/_mock/users", body, tenant=self.names.name)

    def oauth_secret(self) -> None:
        """Add or replace the credential of the orchestration layer."""
        self._add_secrets((SecretRole.OAUTH,))

    def cmi_secrets(self) -> None:
        """Add the API key and the password of the CMI user."""
        self._add_secrets(contact_pro_steps.CMI_ROLES)
        self._agree_cmi()

    def c4c_secret(self) -> None:
        """Add the password of the technical user, and set it in C4C."""
        self._add_secrets(contact_pro_steps.C4C_ROLES)
        self._agree_c4c()

    def _add_secrets(self, roles: tuple[SecretRole, ...]) -> None:
        known = {str(each["name"]): each for each in self.facts.secrets}
        for name in contact_pro_steps.secret_names(self.facts, roles):
            entry = self._entry(name)
            if name not in known:
                self.to.orchestration.post(self.names.secrets_path, entry)
            elif SecretRole.OAUTH in roles:
                self.to.orchestration.put(f"{self.names.secrets_path}/{name}", entry)

    def _entry(self, name: str) -> dict[str, Any]:
        """What stands under that name; a name that the configuration has learnt later gets the value of its role."""
        entries, called = secret_entries(self.names), self.names.secret_names
        roles = {
            SecretRole.OAUTH: called.oauth,
            SecretRole.CMI_API_KEY: called.api_key,
            SecretRole.CMI_PASSWORD: called.cmi_password,
            SecretRole.SAP_V1_PASSWORD: called.c4c_password,
        }
        uses = (use for each in self.facts.configurations for use in each.secrets.uses)
        role = next((use.role for use in uses if use.name == name), SecretRole.OTHER)
        found = entries.get(name) or entries.get(roles.get(role, ""))
        found = found or {"description": "Named by a configuration", "secret": new_password()}
        return found | {"name": name}

    def channel(self) -> None:
        """Choose the channel type Chat."""
        if not any(each["files"] for each in self.facts.channels):
            raise WrongUse("No channel of this tenant carries files; its dialect web_chat_files decides.")
        self._change_uploads(lambda _saved: {"channel_type": "Chat"})

    def integration(self) -> None:
        """Add the integrations of the configuration; enable those that exist."""
        saved = {str(each["name"]) for each in self.facts.integrations}
        for form in self.planned:
            if form["name"] not in saved:
                self.to.orchestration.post(self.names.integrations_path, form)
        events = list(self.planned[0]["events"])
        keep = UPLOAD_EVENTS
        self._change_uploads(
            lambda saved: {"enabled": True, "events": saved["events"] if keep & set(saved["events"]) else events}
        )

    def queues(self) -> None:
        """Restore direction, ordinal and queues of the configuration."""

        def chosen(saved: Row) -> dict[str, Any]:
            """As the configuration has it; where that has no queue that carries attachments, with one of the lab's."""
            planned = self._planned(saved)
            fit = [each for each in planned["queues"] if integration_steps.carries(each)]
            queues = planned["queues"] if planned["direction"] != "Outbound" else fit or [_queue()]
            return {"direction": planned["direction"], "ordinal": planned["ordinal"], "queues": list(queues)}

        self._change_uploads(chosen)

    def json_text(self) -> None:
        """Restore the JSON of the configuration."""
        self._change_uploads(lambda saved: {"json": self._planned(saved)["json"]})

    def endpoint(self) -> None:
        """Restore the endpoint's address of the configuration."""
        self._change_uploads(lambda saved: {"endpoint_url": self._planned(saved)["endpoint_url"]})

    def _planned(self, saved: Row) -> dict[str, Any]:
        return next((each for each in self.planned if each["name"] == saved["name"]), self.planned[0])

    def _change_uploads(self, changes: Callable[[Row], Mapping[str, Any]]) -> None:
        for saved, _ in self.facts.uploads:
            changed = {**saved, **changes(saved)}
            if changed != dict(saved):
                self.to.orchestration.put(f"{self.names.integrations_path}/{saved['id']}", changed)

    def _agree_c4c(self) -> None:
        """The technical users and their secrets have the same passwords."""
        users = {str(each["user"]) for each in self.to.c4c.get(f"/_mock/tenants/{self.names.name}")["users"]}
        arranged = self.to.c4c.get("/_mock/communication-arrangements", tenant=self.names.name)
        for pair in self._pairs("c4c"):
            mine = next((each for each in arranged if each["user"] == pair.user), None)
            if mine and pair.user in users:
                path = f"/_mock/communication-arrangements/{mine['id']}/credentials"
                self.to.c4c.put(path, {"password": pair.password}, tenant=self.names.name)
                self.to.c4c.post(f"/_mock/users/{pair.user}/unlock", tenant=self.names.name)
            self._replace_secret(pair)

    def _agree_cmi(self) -> None:
        users = {str(each["name"]) for each in self.to.cmi.get("/_mock/users", tenant=self.names.name)["users"]}
        for pair in self._pairs("cmi"):
            if pair.user in users:
                path = f"/_mock/users/{pair.user}/password"
                self.to.cmi.post(path, {"password": pair.password}, tenant=self.names.name)
            self._replace_secret(pair)

    def _replace_secret(self, pair: _Pair) -> None:
        if any(each["name"] == pair.secret for each in self.facts.secrets):
            entry = self._entry(pair.secret) | {"secret": pair.password}
            self.to.orchestration.put(f"{self.names.secrets_path}/{pair.secret}", entry)

    def _pairs(self, system: str) -> Iterator[_Pair]:
        for each in self.facts.configurations:
            user = each.cmi_user if system == "cmi" else each.sap_v1.user if each.sap_v1 else None
            role = SecretRole.CMI_PASSWORD if system == "cmi" else SecretRole.SAP_V1_PASSWORD
            secret = each.secrets.name_of(role)
            if user and secret:
                yield _Pair(user=user, secret=secret, password=self._password(system, user))

    def _password(self, system: str, user: str) -> str:
        return password_of(self.names, system, user)


def _queue() -> dict[str, str]:
    """A queue of the lab that carries the attachments of outgoing chats."""
    found = people.QUEUES[0].to_json("whatsapp")
    return {"id": found["id"], "address": found["address"]}


#: Step → what does it.
ACTS: dict[str, Callable[[Administrator], None]] = {
    "system": Administrator.system,
    "arrangement": Administrator.arrangement,
    "services": Administrator.services,
    "cmi-user": Administrator.cmi_user,
    "expiration": Administrator.expiration,
    "right": Administrator.right,
    "authentication": Administrator.authentication,
    "oauth-secret": Administrator.oauth_secret,
    "cmi-secrets": Administrator.cmi_secrets,
    "c4c-secret": Administrator.c4c_secret,
    "channel": Administrator.channel,
    "integration": Administrator.integration,
    "queues": Administrator.queues,
    "json": Administrator.json_text,
    "endpoint": Administrator.endpoint,
}
