"""Reads the form of one configuration.

Documented: channel types, direction, events, queues, direct conversations, ordinal, that only https://
(newer: also edi://echo) is an endpoint, that e-mail is inbound only, that direct chats don't support attachments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from mock_kit.http.refusals import Refusal
from mock_kit.tenants.ids import normal_id
from orchestration_mock.model.contact import EVENT_NAMES
from orchestration_mock.model.forms import Form
from orchestration_mock.model.integrations import rules
from orchestration_mock.model.integrations.definition import Definition
from orchestration_mock.model.integrations.definition_reader import odd_placeholder, read_definition
from orchestration_mock.model.integrations.integration import ECHO, Integration, LocalCredential, SelectedQueue
from orchestration_mock.model.integrations.placeholders import ROOTS, placeholders_in

CHANNEL_TYPES = ("Phone", "Chat", "Email", "Multi-Channel")
DIRECTIONS = ("Inbound", "Outbound", "Both")


def read_integration(body: object, *, id_: str, serial: int, dialect: Mapping[str, Any]) -> Integration:
    """A submitted form, checked. Raises ``Invalid``; errors in the JSON text carry line and column."""
    form = Form(body)
    form.raw("id")  # a form that was read can be sent back as it is
    form.raw("warnings")
    secrets_outside_headers = dialect["secrets_outside_headers"] == "allow"
    fields: dict[str, Any] = {
        "name": form.text("name"),
        "channel_type": form.choice("channel_type", CHANNEL_TYPES),
        "endpoint_url": _endpoint(form, secrets_allowed=secrets_outside_headers),
        "ordinal": form.whole("ordinal", 1),
        "direction": form.choice("direction", DIRECTIONS, "Both"),
        "events": _events(form),
        "queues": _queues(form),
        "direct_conversations": form.flag("direct_conversations", False),
        "enabled": form.flag("enabled", True),
        "credentials": _credentials(form),
    }
    if fields["channel_type"] == "Email" and fields["direction"] != "Inbound" and not form.errors:
        form.wrong("direction", "Inbound for e-mail", "the vendor offers e-mail inbound only", fields["direction"])
    definition = _definition(form, form.text("json"), secrets_outside_headers=secrets_outside_headers)
    found = Integration(id=id_, serial=serial, definition=definition, warnings=(), **fields)
    if dialect["chat_attachment_rules"] == "enforce":
        for address in rules.unfit_queues(found):
            remedy = f"select a queue of type {rules.OUTGOING_TYPES}"
            form.wrong("queues", "for outgoing chats a queue of a type that carries attachments", remedy, address)
    form.done("The configuration")
    odd = [f"{name} is not a field of the form" for name in form.unknown()]
    odd += [words for name in placeholders_in(found.endpoint_url) if (words := odd_placeholder(name, ROOTS))]
    return replace(found, warnings=(*odd, *definition.warnings, *rules.advice(found)))


def _definition(form: Form, text: str, *, secrets_outside_headers: bool) -> Definition:
    """The JSON text, read; its errors are added to those of the form if the form has any."""
    try:
        return read_definition(text, secrets_outside_headers=secrets_outside_headers)
    except Refusal as refusal:
        if not form.errors:
            raise
        form.errors.extend(refusal.errors)
        form.done("The configuration")
        raise


def _endpoint(form: Form, *, secrets_allowed: bool) -> str:
    url = form.text("endpoint_url")
    parts = urlsplit(url)
    if url and url != ECHO and (parts.scheme != "https" or not parts.hostname):
        form.wrong("endpoint_url", "https://... (or edi://echo)", "give the endpoint's https address", url)
    if parts.username or parts.password:
        form.wrong("endpoint_url", "no user and password in the address", "use authentication in the JSON")
    if not secrets_allowed and any(name.startswith("secrets.") for name in placeholders_in(url)):
        form.wrong("endpoint_url", "secrets in headers only, as documented", "move the placeholder to a header")
    return url


def _events(form: Form) -> tuple[str, ...]:
    known = {name.lower(): name for name in EVENT_NAMES}
    found = []
    for event in form.items("events"):
        name = known.get(event.lower()) if isinstance(event, str) else None
        if name is None:
            form.wrong("events", "of " + ", ".join(EVENT_NAMES), "tick events from the list", event)
        else:
            found.append(name)
    if not found and not form.errors:
        form.wrong("events", "at least one event", "tick Ended or Closed", [])
    return tuple(dict.fromkeys(found))


def _queues(form: Form) -> tuple[SelectedQueue, ...]:
    found = []
    for queue in form.items("queues"):
        id_, address = (queue.get("id"), queue.get("address")) if isinstance(queue, dict) else (None, None)
        if not any(isinstance(value, str) and value for value in (id_, address)):
            form.wrong("queues", '{"id", "address"}', "give each queue an id or an address", queue)
        else:
            found.append(SelectedQueue(normal_id(str(id_ or "")) or str(id_ or ""), str(address or "")))
    return tuple(found)


def _credentials(form: Form) -> tuple[LocalCredential, ...]:
    found = []
    for item in form.items("authentications"):
        inner = Form(item, at="authentications")
        found.append(LocalCredential(name=inner.text("name"), user=inner.text("user", ""), value=inner.text("value")))
        form.take_errors(inner, "authentications")
    return tuple(found)
