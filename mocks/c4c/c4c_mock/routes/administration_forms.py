"""The administrator's forms, read and checked: a communication system, an arrangement, a user.

Documented (Sinch, "Chat attachment upload", configuration): the fields of an arrangement and the alphabet of its
password. Documented (SAP community, ba-p/13456473, 2019): a communication system has a host name. Assumed: what the
screen refuses beyond that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from c4c_mock.evidence import seen
from c4c_mock.model.access.passwords import password_problem
from c4c_mock.model.access.users import Arrangement, known_services
from c4c_mock.model.texts import LANGUAGES
from c4c_mock.tenant import C4CTenant
from mock_kit.http.problem import FieldError, Problem, bad_request

SCENARIO = "OData Services for Business Objects"
"""The communication scenario. Source: Sinch configuration guide; documented."""
LANGUAGE_EXPECTED = f"one of {', '.join(LANGUAGES)}, or null"
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def store_system(tenant: C4CTenant, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add a communication system. Problem 400 for a bad id or host name, 409 for an id that is taken."""
    name, errors = body.get("id"), host_errors(body) if "host" in body else []
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 60 or "/" in name:
        errors = [FieldError("id", "1 to 60 characters, no slash", "Name the communication system.", name), *errors]
    check(errors)
    if name in tenant.access.systems:
        error = FieldError("id", "an id that no communication system has", "Choose another, or edit that one.", name)
        raise Problem(409, "Already there", f"There is a communication system {name}.", [error])
    if "host" in body:
        seen("communication-system-host")
    tenant.access.add_system(str(name), str(body.get("host", "")))
    return system_as_json(tenant, str(name))


def change_system(tenant: C4CTenant, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Change a communication system's host name. Problem 400, 404."""
    find_system(tenant, name)
    check(host_errors(body))
    tenant.access.add_system(name, body["host"])
    return system_as_json(tenant, name)


def remove_system(tenant: C4CTenant, name: str) -> None:
    """Delete a communication system. Problem 404; 409 while an arrangement uses it, unless the dialect says no."""
    find_system(tenant, name)
    users = [each for each in tenant.access.arrangements.values() if each.system == name]
    if users and tenant.switches["system_in_use"] == "refused":
        numbers = ", ".join(str(each.id) for each in users)
        error = FieldError(
            "id", "a system that no arrangement uses", "Delete or change these arrangements first.", name
        )
        raise Problem(409, "In use", f"Communication system {name} is used by arrangement {numbers}.", [error])
    tenant.access.delete_system(name)


def find_system(tenant: C4CTenant, name: str) -> None:
    """Problem 404 unless the tenant has this communication system."""
    if name not in tenant.access.systems:
        raise Problem(404, "No such system", f"This tenant has no communication system {name!r}.")


def system_as_json(tenant: C4CTenant, name: str) -> dict[str, Any]:
    """A communication system: id and host name (empty where none was given)."""
    return {"id": name, "host": tenant.access.systems[name]}


def store_arrangement(tenant: C4CTenant, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add a communication arrangement. Problem 400 for what the administrator's screen rejects."""
    check(
        [
            *_login_errors(body),
            *_arrangement_errors(tenant, body),
            *services_errors(body),
            *language_errors(body),
        ]
    )
    seen("password-alphabet")
    systems = list(tenant.access.systems)
    arrangement = Arrangement(
        scenario=SCENARIO,
        system=str(body.get("system") or (systems[0] if len(systems) == 1 else "")),
        authentication="basic",
        user=body["user"],
        services=tuple(body["services"]),
    )
    tenant.journal.mask_secret(body["password"], body["user"])
    stored = tenant.access.arrange(arrangement, body["password"])
    if body.get("language"):
        tenant.access.set_language(body["user"], body["language"])
    return arrangement_as_json(stored)


def change_arrangement(tenant: C4CTenant, arrangement: Arrangement, body: Mapping[str, Any]) -> dict[str, Any]:
    """Replace what an arrangement's screen lets one edit: system and services. Problem 400."""
    check([*_arrangement_errors(tenant, body), *services_errors(body)])
    system = str(body.get("system") or arrangement.system)
    return arrangement_as_json(tenant.access.edit(arrangement, system=system, services=tuple(body["services"])))


def store_user(tenant: C4CTenant, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add a business user. Problem 400 for a bad login or another kind."""
    errors = [*_login_errors(body), *language_errors(body)]
    if body.get("kind", "business") != "business":
        remedy = "Technical users come with a communication arrangement."
        errors.append(FieldError("kind", "business", remedy, body.get("kind")))
    check(errors)
    tenant.journal.mask_secret(body["password"], body["user"])
    tenant.access.add_business_user(body["user"], body["password"])
    if body.get("language"):
        tenant.access.set_language(body["user"], body["language"])
    return {"user": body["user"], "kind": "business"}


def arrangement_as_json(arrangement: Arrangement) -> dict[str, Any]:
    """An arrangement without its password."""
    return {**vars(arrangement), "services": list(arrangement.services)}


def find_arrangement(tenant: C4CTenant, number: int) -> Arrangement:
    """The arrangement of that number. Problem 404."""
    found = tenant.access.arrangements.get(number)
    if found is None:
        raise Problem(404, "No such arrangement", f"This tenant has no communication arrangement {number}.")
    return found


def _login_errors(body: Mapping[str, Any]) -> list[FieldError]:
    user = body.get("user")
    errors = []
    if not isinstance(user, str) or not 0 < len(user) <= 40 or ":" in user:
        errors.append(FieldError("user", "1 to 40 characters, no colon", "Name the user.", user))
    return [*errors, *password_errors(body)]


def host_errors(body: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with the host name of a communication system."""
    host = body.get("host")
    if isinstance(host, str) and _HOST.fullmatch(host):
        return []
    expected = "a host name such as contact-pro.example.com, without https:// and path"
    return [FieldError("host", expected, "Maintain the host name of the other system.", host)]


def password_errors(body: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with a technical user's password; the password is never repeated."""
    password = body.get("password")
    expected = password_problem(password) if isinstance(password, str) else "a password"
    remedy = "Choose a password of Latin letters, digits, signs."
    return [FieldError("password", expected, remedy)] if expected else []


def language_errors(body: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with the language of a user's texts."""
    language = body.get("language")
    if language is None or language in LANGUAGES:
        return []
    return [FieldError("language", LANGUAGE_EXPECTED, "Choose one, or leave it out.", language)]


def _arrangement_errors(tenant: C4CTenant, body: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    if body.get("scenario", SCENARIO) != SCENARIO:
        errors.append(FieldError("scenario", SCENARIO, "Use this scenario.", body["scenario"]))
    if body.get("authentication", "basic") != "basic":
        errors.append(FieldError("authentication", "basic", "Only Basic is mocked.", body["authentication"]))
    system = body.get("system")
    if "system" in body and (not isinstance(system, str) or system not in tenant.access.systems):
        remedy = "Define the communication system first (POST /_mock/communication-systems)."
        errors.append(FieldError("system", "a communication system of this tenant", remedy, system))
    return errors


def services_errors(body: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with the services used."""
    services = body.get("services")
    if isinstance(services, list) and set(map(str, services)) <= set(known_services()):
        return []
    expected = f"a list of {', '.join(known_services())}"
    return [FieldError("services", expected, "Tick services of this list.", services)]


def check(errors: list[FieldError]) -> None:
    """Raises Problem 400 that names the invalid fields, unless there are none."""
    if errors:
        raise bad_request(f"Wrong: {', '.join(error.field for error in errors)}.", *errors)
