"""What a rule is given to look at, and what it hands back."""

from __future__ import annotations

from dataclasses import dataclass, field

from attachment_contract.gate.json_nodes import Node, Path
from attachment_contract.gate.source import TextSpan


@dataclass(frozen=True, kw_only=True)
class RawFinding:
    """A finding before its catalogue entry and its place are added.

    Attributes:
        fix: text for ``span`` or, if given, for ``fix_span``.
        remedy: None = the catalogue's.
    """

    rule: str
    span: TextSpan
    path: Path
    message: str
    expected: str
    found: str | None = None
    remedy: str | None = None
    fix: str | None = None
    fix_span: TextSpan | None = None


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One field of the form: the name as written, its value."""

    key: Node
    value: Node


@dataclass(frozen=True, kw_only=True)
class RuleContext:
    """A configuration that could be read.

    Attributes:
        top: the whole text.
        config: the JSON of the form's field; None if the envelope lacks it.
        form: fields of the form by canonical name; None for the bare JSON.
        form_node: the object that they stand in.
        strange_fields: fields of the form that nobody knows.
        secret_names: names in the secrets manager; None when they were not told.
    """

    top: Node
    config: Node | None
    form: dict[str, FormField] | None = None
    form_node: Node | None = None
    strange_fields: tuple[FormField, ...] = ()
    secret_names: frozenset[str] | None = None
    secrets: list[TextSpan] = field(default_factory=list)

    def at(self, *names: str) -> Node | None:
        """A value in the configuration."""
        return self.config.get(*names) if self.config else None

    @property
    def request(self) -> Node | None:
        """The member ``request``, if it is an object."""
        return self.object_at("request")

    def object_at(self, *names: str) -> Node | None:
        """A value in the configuration, if it is an object."""
        node = self.at(*names)
        return node if node and node.kind == "object" else None

    def field(self, name: str) -> Node | None:
        """The value of a field of the form."""
        found = (self.form or {}).get(name)
        return found.value if found else None
