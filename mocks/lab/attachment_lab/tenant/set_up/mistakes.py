"""Mistakes that administrators make, made on purpose through the mocks' control addresses.

Each spoils one step of a set-up that is complete. What the chain then does is documented where ``evidence`` says so,
else it is what the dialect assumes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from attachment_contract.configuration.facts import SecretRole
from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.errors import RequestRefused, WrongUse
from attachment_lab.tenant.entries import password_of, secret_entries
from attachment_lab.tenant.set_up.contact_pro_steps import secret_names
from attachment_lab.tenant.set_up.facts import SetUpFacts, SetUpReader


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One mistake.

    Attributes:
        step: of the set-up, that it spoils.
        then: what the chain does, a sentence.
    """

    id: str
    title: str
    step: str
    then: str
    evidence: str
    make: Callable[[StackClients, SetUpFacts], None]


def make_mistake(to: StackClients, reader: SetUpReader, mistake_id: str) -> Mistake:
    """Make one of them. Raises WrongUse for an unknown one, and where the set-up is not far enough."""
    found = next((each for each in MISTAKES if each.id == mistake_id), None)
    if found is None:
        raise WrongUse(f"no mistake {mistake_id!r}; there are {', '.join(each.id for each in MISTAKES)}")
    found.make(to, reader())
    return found


def _service_not_ticked(to: StackClients, facts: SetUpFacts) -> None:
    user = facts.technical_users[0]
    mine = [each for each in facts.arrangements if each["user"] == user]
    if not mine:
        raise WrongUse("There is no communication arrangement yet; do step 2 first.")
    for each in mine:
        ticked = [service for service in each["services"] if service != "chatactivity"]
        path = f"/_mock/communication-arrangements/{each['id']}/services"
        to.c4c.put(path, {"services": ticked}, tenant=facts.names.name)


def _right_missing(to: StackClients, facts: SetUpFacts) -> None:
    _change_user(to, facts, rights={"queues": []})


def _account_expired(to: StackClients, facts: SetUpFacts) -> None:
    _change_user(to, facts, expires_at=(facts.cmi_now - timedelta(days=1)).isoformat())


def _change_user(to: StackClients, facts: SetUpFacts, **changes: object) -> None:
    """The same user with the tenant's password, which the secret gets too."""
    name = facts.cmi_user_names[0]
    user = next((each for each in facts.cmi_users if each["name"] == name), None)
    if user is None:
        raise WrongUse("There is no CMI user yet; do step 4 first.")
    password = password_of(facts.names, "cmi", name)
    kept = {"rights": user["rights"], "expires_at": user["expires_at"]}
    to.cmi.post("/_mock/users", {"name": name, "password": password, **kept, **changes}, tenant=facts.names.name)
    for secret in secret_names(facts, (SecretRole.CMI_PASSWORD,)):
        with suppress(RequestRefused):  # the secret does not exist yet
            to.orchestration.put(
                f"{facts.names.secrets_path}/{secret}", {"description": "CMI user", "secret": password}
            )


def _umlaut_in_password(to: StackClients, facts: SetUpFacts) -> None:
    """C4C refuses the password, the secrets manager too: the secret is gone, and the new one was never stored."""
    name = _c4c_secret(facts)
    to.orchestration.delete(f"{facts.names.secrets_path}/{name}", force=1)
    with suppress(RequestRefused):  # 422, which is meant
        body = {"name": name, "description": "C4C technical user", "secret": "Grüße-aus-Köln-2026"}
        to.orchestration.post(facts.names.secrets_path, body)


def _wrong_secret_name(to: StackClients, facts: SetUpFacts) -> None:
    name = _c4c_secret(facts)
    entry = secret_entries(facts.names).get(name) or {"description": "", "secret": facts.names.c4c_password}
    to.orchestration.delete(f"{facts.names.secrets_path}/{name}", force=1)
    to.orchestration.post(facts.names.secrets_path, entry | {"name": f"{name}-2"})


def _outbound_without_queue(to: StackClients, facts: SetUpFacts) -> None:
    if not facts.uploads:
        raise WrongUse("There is no event-driven integration yet; do step 12 first.")
    for saved, _ in facts.uploads:
        path = f"{facts.names.integrations_path}/{saved['id']}"
        to.orchestration.put(path, {**saved, "direction": "Outbound", "queues": []})


def _c4c_secret(facts: SetUpFacts) -> str:
    known = {str(each["name"]) for each in facts.secrets}
    found = next((name for name in secret_names(facts, (SecretRole.SAP_V1_PASSWORD,)) if name in known), None)
    if found is None:
        raise WrongUse("There is no secret with the password of C4C yet; do step 10 first.")
    return found


MISTAKES = (
    Mistake(
        id="service-not-ticked",
        title="A service is not ticked",
        step="services",
        then="C4C lets the technical user in and refuses chatactivity with 403; the files are reported failed.",
        evidence="the dialect's unticked_service_status",
        make=_service_not_ticked,
    ),
    Mistake(
        id="account-expired",
        title="The service account has expired",
        step="expiration",
        then="CMI refuses the logon with 401, although the password is right.",
        evidence="the dialect's locked_status",
        make=_account_expired,
    ),
    Mistake(
        id="right-missing",
        title="A right is missing",
        step="right",
        then="CMI lets the user in and does not show the chat.",
        evidence="the dialect's no_right",
        make=_right_missing,
    ),
    Mistake(
        id="umlaut-in-password",
        title="An umlaut in the password",
        step="c4c-secret",
        then="The Secrets manager refuses the password and stores nothing, so the event cannot be sent.",
        evidence="documented; that the form refuses it is inferred",
        make=_umlaut_in_password,
    ),
    Mistake(
        id="wrong-secret-name",
        title="A wrong secret name",
        step="c4c-secret",
        then="Contact Pro finds no secret for the placeholder, so the event is not sent.",
        evidence="the dialect's unknown_placeholder",
        make=_wrong_secret_name,
    ),
    Mistake(
        id="outbound-without-queue",
        title="Outbound without a queue of the right type",
        step="queues",
        then="No chat triggers the integration: incoming ones by its direction, outgoing ones by their queue.",
        evidence="documented; that Contact Pro holds the event back is inferred",
        make=_outbound_without_queue,
    ),
)
