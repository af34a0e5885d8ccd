"""Reads the values of the form; what it lacks is assumed, with the reason."""

from __future__ import annotations

from collections.abc import Iterable

from attachment_contract.configuration.addresses import address_of, parsed_address
from attachment_contract.configuration.facts import AddressFacts, EndpointFacts, FormFacts, FormValue, QueueFacts
from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RuleContext
from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.regions import assumed_endpoint
from attachment_contract.gate.workflows import Workflow, path_of

_NO_FORM = "there is no form"


def form_of(context: RuleContext | None, cmi_url: str | None) -> FormFacts:
    """The form's values. ``cmi_url``: for the assumed region of the endpoint."""
    fields = _FieldReader(context)
    workflow = fields.workflow
    is_email = workflow is Workflow.EMAIL_ANALYSIS
    return FormFacts(
        endpoint=_endpoint(fields, cmi_url),
        name=fields.text("name", "configuration" if workflow is Workflow.UNKNOWN else str(workflow)),
        description=fields.text("description", ""),
        channel_type=fields.word("channel_type", words.CHANNEL_TYPES, _CHANNELS.get(workflow, "Chat")),
        ordinal=_ordinal(fields),
        direction=fields.word("direction", words.DIRECTIONS, "Inbound" if is_email else "Both"),
        events=_events(fields, ("Received",) if is_email else ("Ended",)),
        queues=_queues(fields),
        direct_conversations=fields.switch("direct_conversations", default=False),
        enabled=fields.switch("enabled", default=True),
    )


_CHANNELS = {Workflow.EMAIL_ANALYSIS: "Email", Workflow.POST_CALL_TRANSCRIPT: "Phone"}


class _FieldReader:
    """Reads one field at a time."""

    def __init__(self, context: RuleContext | None) -> None:
        self._context = context
        self.workflow = context.recognised.workflow if context else Workflow.UNKNOWN

    def node(self, name: str) -> Node | None:
        """The field's value."""
        return self._context.field(name) if self._context else None

    def why(self, name: str) -> str:
        """Why a field's value is assumed."""
        if self._context is None or self._context.form is None:
            return _NO_FORM
        return f"the form has no usable {name}" if self.node(name) else f"the form has no {name}"

    def text(self, name: str, default: str) -> FormValue[str]:
        """A text."""
        node = self.node(name)
        return FormValue(node.text) if node and node.text is not None else FormValue(default, self.why(name))

    def word(self, name: str, known: Iterable[str], default: str) -> FormValue[str]:
        """One of the form's words, whatever its case."""
        node = self.node(name)
        found = _word(node.text if node else None, known)
        return FormValue(found) if found else FormValue(default, self.why(name))

    def switch(self, name: str, *, default: bool) -> FormValue[bool]:
        """A check box."""
        node = self.node(name)
        given = node.value if node and isinstance(node.value, bool) else None
        return FormValue(given) if given is not None else FormValue(default, self.why(name))


def _word(text: str | None, known: Iterable[str]) -> str | None:
    return next((word for word in known if text and word.lower() == text.strip().lower()), None)


def _endpoint(fields: _FieldReader, cmi_url: str | None) -> FormValue[EndpointFacts]:
    given = address_of(fields.node("endpoint_url"))
    if given is not None:
        region = words.REGIONS[given.host][0] if given.host in words.REGIONS else None
        return FormValue(EndpointFacts(address=given, region=region))
    assumed = assumed_endpoint(cmi_url)
    address = parsed_address(f"https://{assumed.host}{path_of(fields.workflow)}")
    assert isinstance(address, AddressFacts)
    why = f"{fields.why('endpoint_url')}, and {assumed.why}"
    return FormValue(EndpointFacts(address=address, region=assumed.region), why)


def _ordinal(fields: _FieldReader) -> FormValue[int]:
    node = fields.node("ordinal")
    text = str(node.value) if node and node.kind in {"number", "string"} else ""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return FormValue(int(text))
    return FormValue(1, fields.why("ordinal"))


def _events(fields: _FieldReader, default: tuple[str, ...]) -> FormValue[tuple[str, ...]]:
    node = fields.node("events")
    items = (node,) if node and node.kind == "string" else node.items if node else ()
    found = tuple(dict.fromkeys(word for item in items if (word := _word(item.text, words.EVENTS))))
    return FormValue(found) if found else FormValue(default, fields.why("events"))


def _queues(fields: _FieldReader) -> FormValue[tuple[QueueFacts, ...]]:
    node = fields.node("queues")
    if node is None or node.kind not in {"array", "string"}:
        return FormValue((), f"{fields.why('queues')}; every queue")
    items = node.items if node.kind == "array" else (node,)
    found = tuple(queue for item in items if (queue := _queue(item)))
    return FormValue(found) if found else FormValue((), "no queue is selected; every queue")


def _queue(node: Node) -> QueueFacts | None:
    address = node if node.kind == "string" else node.get("address") or node.get("type")
    identity = node.get("id")
    if address is None or not address.text:
        return None
    return QueueFacts(address=address.text, id=identity.text if identity else None)
