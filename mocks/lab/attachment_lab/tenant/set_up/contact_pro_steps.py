"""The states of Contact Pro's steps: the CMI user and the secrets. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from attachment_contract.configuration.facts import SecretRole
from attachment_lab.tenant import people
from attachment_lab.tenant.set_up.facts import Row, SetUpFacts
from attachment_lab.tenant.set_up.model import StepResult, done, missing, wrong

ALL = "*"
_NO_USER = "The CMI user does not exist yet."
_USER_FIRST = "Create the user first."
#: Roles that the step of CMI's secrets answers for; C4C's and the orchestration layer's have steps of their own.
CMI_ROLES = (SecretRole.CMI_API_KEY, SecretRole.CMI_PASSWORD, SecretRole.OTHER)
C4C_ROLES = (SecretRole.SAP_V1_PASSWORD, SecretRole.SAP_V2_PASSWORD)


def cmi_user(facts: SetUpFacts) -> StepResult:
    """Every CMI user that the configurations name."""
    known = {str(each["name"]) for each in facts.cmi_users}
    absent = [name for name in facts.cmi_user_names if name not in known]
    if absent:
        return missing(f"There is no user {', '.join(absent)}.", f"Add the user {absent[0]}.")
    return done(f"{', '.join(facts.cmi_user_names)} exists.")


def expiration(facts: SetUpFacts) -> StepResult:
    """An expiration time in the future, by the tenant's clock."""
    users = list(_users(facts))
    for user in users:
        if not user["expires_at"]:
            return missing(
                f"{user['name']} has no expiration time.", "Assign an expiration time for the service account."
            )
        if datetime.fromisoformat(user["expires_at"]) <= facts.cmi_now:
            return wrong(
                f"The service account of {user['name']} expired at {_minute(user['expires_at'])}.",
                "Assign a later expiration time.",
            )
    if not users:
        return missing(_NO_USER, _USER_FIRST)
    return done(f"{users[0]['name']} expires at {_minute(users[0]['expires_at'])}.")


def right(facts: SetUpFacts) -> StepResult:
    """Manage Contact History, for the queues of the integrations; where they name none, for all queues."""
    users = list(_users(facts))
    queues = _queues(facts)
    for user in users:
        rights = user["rights"]
        if not any(rights[part] for part in ("queues", "queue_groups", "agents")):
            return missing(
                f"{user['name']} does not have the right Manage Contact History.",
                "Grant Manage Contact History on the queue group of the chat queues.",
            )
        if ALL in rights["queues"] or ALL in rights["queue_groups"]:
            continue
        absent = [each.name for each in queues if not each.is_reached_by(rights)]
        if absent:
            return wrong(
                f"The right of {user['name']} does not reach {', '.join(absent)}.",
                "Grant Manage Contact History on the queue group of these queues too.",
            )
    if not users:
        return missing(_NO_USER, _USER_FIRST)
    return done("Manage Contact History is granted on the queues of the chats.")


def authentication(facts: SetUpFacts) -> StepResult:
    """A password with which the user can log on."""
    users = list(_users(facts))
    for user in users:
        if problem := _logon_problem(facts, user):
            return problem
    if not users:
        return missing(_NO_USER, _USER_FIRST)
    return done(f"{users[0]['name']} logs on with a password of {_minute(users[0]['password_set'])}.")


def _logon_problem(facts: SetUpFacts, user: Row) -> StepResult | None:
    name, secret = user["name"], _secret_of(facts, SecretRole.CMI_PASSWORD)
    again = f"Correct the secret {secret}, or set the password again."
    if user["locked_until"] and datetime.fromisoformat(user["locked_until"]) > facts.cmi_now:
        return wrong(f"{name} is locked until {_minute(user['locked_until'])} after wrong passwords.", again)
    if user["failures"]:
        return wrong(f"The last {user['failures']} logon(s) of {name} had a wrong password.", again)
    lives = timedelta(days=float(facts.cmi_dialect.get("password_lives_days", 0)))
    if lives and user["password_set"] and datetime.fromisoformat(user["password_set"]) + lives <= facts.cmi_now:
        return wrong(f"The password of {name} is older than {lives.days} days.", "Change the password and the secret.")
    if user["initial_password"] and facts.cmi_dialect.get("initial_password_must_change"):
        return wrong(f"{name} must change the initial password.", "Log on once as this user, and change it.")
    return None


def oauth_secret(facts: SetUpFacts) -> StepResult:
    """The credential of the orchestration layer."""
    return _secrets(facts, (SecretRole.OAUTH,), kind="oauth")


def cmi_secrets(facts: SetUpFacts) -> StepResult:
    """The API key and the password of the CMI user."""
    return _secrets(facts, CMI_ROLES)


def c4c_secret(facts: SetUpFacts) -> StepResult:
    """The password of the technical user."""
    found = _secrets(facts, C4C_ROLES)
    failing = next((each for each in facts.c4c_users if each.get("failures") and not each.get("locked")), None)
    if failing and not found.remedy:
        name = _secret_of(facts, SecretRole.SAP_V1_PASSWORD)
        return wrong(
            f"C4C has refused the last {failing['failures']} logon(s) of {failing['user']}: the password was wrong.",
            f"Enter the password of {failing['user']} as the value of {name}.",
        )
    return found


def _secrets(facts: SetUpFacts, roles: tuple[SecretRole, ...], *, kind: str = "text") -> StepResult:
    known = {str(each["name"]): each for each in facts.secrets}
    wanted = secret_names(facts, roles)
    for name in wanted:
        if name in known and known[name]["kind"] != kind and len(roles) == 1:
            return wrong(f"The secret {name} is no OAuth credential.", "Enter client id, client secret and token URL.")
        if name not in known:
            return _absent(facts, name)
    if not wanted:
        return missing("The configuration refers to no such secret.", "Correct the JSON for Configuration.")
    return done(f"{', '.join(wanted)} {'exist' if len(wanted) > 1 else 'exists'}.")


def _absent(facts: SetUpFacts, name: str) -> StepResult:
    """Wrong where something was entered: a value that was refused, or a name that nothing refers to."""
    if name in facts.refused_secrets:
        why = f"The value entered for {name} was refused: {facts.refused_secrets[name]}."
        return wrong(why, "Choose a password of Latin letters, digits and common signs, and enter it on both sides.")
    used = {use.name for each in facts.configurations for use in each.secrets.uses}
    unused = [str(each["name"]) for each in facts.secrets if each["name"] not in used]
    if unused:
        return wrong(
            f"The configuration refers to {name}; the Secrets manager has {', '.join(unused)} instead.",
            f"Add a secret named {name}, or write the other name in the JSON for Configuration.",
        )
    return missing(f"There is no secret {name}.", f"Add a secret named {name}.")


def secret_names(facts: SetUpFacts, roles: tuple[SecretRole, ...]) -> list[str]:
    """Names of the secrets with these roles, to which the configurations refer."""
    uses = (use for each in facts.configurations for use in each.secrets.uses)
    return list(dict.fromkeys(use.name for use in uses if use.role in roles))


def _users(facts: SetUpFacts) -> Iterator[Row]:
    wanted = facts.cmi_user_names
    yield from (each for each in facts.cmi_users if each["name"] in wanted)


@dataclass(frozen=True, kw_only=True)
class _Queue:
    """A queue whose chats the service must read; ``group_id`` is empty where it is not known."""

    id: str
    name: str
    group_id: str = ""

    def is_reached_by(self, rights: Row) -> bool:
        return self.id in rights["queues"] or (self.group_id != "" and self.group_id in rights["queue_groups"])


def _queues(facts: SetUpFacts) -> list[_Queue]:
    """Those that the integrations name by id; where they name none, the queues of the lab."""
    lab = {
        each.id: _Queue(id=each.id, name=each.name, group_id=each.to_json("whatsapp").get("group_id", ""))
        for each in people.QUEUES
    }
    named = [queue for each in facts.configurations if each.is_ours for queue in each.form.queues.value if queue.id]
    chosen = [lab.get(str(each.id)) or _Queue(id=str(each.id), name=each.address or str(each.id)) for each in named]
    return chosen or list(lab.values())


def _secret_of(facts: SetUpFacts, role: SecretRole) -> str:
    return next(iter(secret_names(facts, (role,))), "of the password")


def _minute(moment: str | None) -> str:
    """``2026-11-30 16:12`` UTC; the seconds do not matter here."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC" if moment else "an unknown time"
