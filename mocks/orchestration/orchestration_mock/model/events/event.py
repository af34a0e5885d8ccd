"""One event of a conversation, and the values that placeholders find for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mock_kit.tenants.clock import stamp
from orchestration_mock.model.contact import KNOWN_PATHS, Contact
from orchestration_mock.model.integrations.integration import LocalCredential
from orchestration_mock.model.integrations.placeholders import EventObject, Lookup, walk
from orchestration_mock.model.secrets import SecretsManager


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event of one conversation; ``name`` in the form's spelling, such as ``Ended``."""

    id: str
    name: str
    moment: datetime
    contact: Contact


def lookup_for(
    event: Event,
    secrets: SecretsManager,
    credentials: tuple[LocalCredential, ...],
    dialect: Mapping[str, Any],
    attached: Mapping[str, Any] | None = None,
) -> Lookup:
    """The values behind `{contact...}`, `{event...}`, `{secrets.x}` and `{authentications.x}`.

    ``attached`` is what configurations have saved for this conversation, at the dialect's path.
    """
    name = event.name.lower() if dialect["event_strings"] == "lower" else event.name
    event_object = EventObject(name=name, datetime=stamp(event.moment))
    attached_path = tuple(str(dialect["attached_data_path"]).split("."))

    def resolve(path: tuple[str, ...]) -> Any:
        depth = len(attached_path)
        if attached and path[:depth] == attached_path:
            return walk(attached, path[depth:], lambda _: False)
        match path:
            case ("contact", *rest):
                return walk(event.contact.data, tuple(rest), KNOWN_PATHS.__contains__)
            case ("event", *rest):
                return walk(event_object, tuple(rest), lambda _: False)
            case ("secrets", name):
                return _secret(secrets, name)
            case ("authentications", name):
                return _credential(credentials, name)
        raise LookupError("it begins with none of contact, event, secrets, authentications")

    return resolve


def _secret(secrets: SecretsManager, name: str) -> str:
    found = secrets.get(name)
    if found is None:
        raise LookupError(f"there is no secret named {name}")
    if found.text is None:
        raise LookupError(f"the secret {name} is an OAuth credential; refer to it by secrets_ref")
    return found.text


def _credential(credentials: tuple[LocalCredential, ...], name: str) -> str:
    for found in credentials:
        if found.name == name:
            return found.value
    raise LookupError(f"the configuration has no authentication named {name}")
