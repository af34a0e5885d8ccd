"""The states of C4C's steps. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from attachment_lab.tenant.entries import C4C_SERVICES
from attachment_lab.tenant.set_up.facts import Row, SetUpFacts
from attachment_lab.tenant.set_up.model import StepResult, done, missing, wrong

SCENARIO = "OData Services for Business Objects"


def system(facts: SetUpFacts) -> StepResult:
    """A communication system with a host name."""
    if not facts.systems:
        return missing("There is no communication system.", "Create one with the host name of Contact Pro.")
    nameless = [str(each["id"]) for each in facts.systems if not each["host"]]
    if len(nameless) == len(facts.systems):
        return wrong(f"{_all(nameless)} has no host name.", "Maintain the host name of Contact Pro.")
    return done(_all(f"{each['id']} with host {each['host']}" for each in facts.systems if each["host"]))


def arrangement(facts: SetUpFacts) -> StepResult:
    """An arrangement for every technical user that the configurations name."""
    for user in facts.technical_users:
        mine = [each for each in facts.arrangements if each["user"] == user]
        if not mine:
            return missing(
                f"No communication arrangement has the user {user}.",
                f"Create an arrangement with the user ID {user}, and enter its password by Edit Credentials.",
            )
        if problem := _problem(facts, user, mine):
            return problem
    return done(f"The technical user is {_all(facts.technical_users)}.")


def _problem(facts: SetUpFacts, user: str, mine: list[Row]) -> StepResult | None:
    known = {str(each["id"]) for each in facts.systems}
    other = next((each for each in mine if each["scenario"] != SCENARIO), None)
    if other:
        return wrong(f"The arrangement of {user} has the scenario {other['scenario']}.", f"Choose {SCENARIO}.")
    if facts.systems and not any(each["system"] in known for each in mine):
        return wrong(
            f"The arrangement of {user} has the communication system {mine[0]['system'] or '(none)'}.",
            f"Choose {_all(known)}.",
        )
    if not facts.systems:
        return wrong(f"The arrangement of {user} has no communication system.", "Create the system first.")
    if any(each["user"] == user and each.get("locked") for each in facts.c4c_users):
        return wrong(
            f"C4C has locked {user} after wrong passwords.",
            "Unlock the user, and correct the secret with the password first.",
        )
    return None


def services(facts: SetUpFacts) -> StepResult:
    """The four OData services, for every technical user."""
    for user in facts.technical_users:
        ticked = {service for each in facts.arrangements if each["user"] == user for service in each["services"]}
        if not ticked:
            return missing(
                f"No service is ticked for {user}.", f"Tick {_all(C4C_SERVICES)} in the communication arrangement."
            )
        absent = [service for service in C4C_SERVICES if service not in ticked]
        if absent:
            what = "is not ticked" if len(absent) == 1 else "are not ticked"
            return wrong(f"{_all(absent)} {what} for {user}.", f"Tick {_all(absent)} in the communication arrangement.")
    return done(f"{_all(C4C_SERVICES)} are ticked.")


def _all(words: Iterable[str]) -> str:
    return ", ".join(words)
