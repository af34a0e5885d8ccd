"""What a rule gets (the rule context) and what it returns (raw findings)."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from attachment_contract.gate.json_nodes import Member, Node, Path
from attachment_contract.gate.source import TextSpan
from attachment_contract.gate.wording import quoted, shown
from attachment_contract.gate.workflows import UNRECOGNISED, Recognised


@dataclass(frozen=True)
class RawFinding:
    """A finding before its catalogue entry, line and column are added.

    Attributes:
        fix: text that replaces ``span`` or, if given, ``fix_span``.
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


def finding_at(
    rule: str,
    node: Node,
    message: str,
    expected: str,
    *,
    found: str | None = "",
    span: TextSpan | None = None,
    remedy: str | None = None,
    fix: str | None = None,
) -> RawFinding:
    """A finding about a value, or about a part of it at ``span``. ``found``: "" = the value as it may be shown."""
    shown_value = shown(node) if found == "" else found
    return RawFinding(rule, span or node.span, node.path, message, expected, shown_value, remedy, fix)


def missing_member(
    rule: str, node: Node, name: str, message: str, expected: str, remedy: str | None = None
) -> RawFinding:
    """A finding about a member that an object does not have."""
    return RawFinding(rule, node.opening, (*node.path, name), message, expected, None, remedy)


def misspelt_member(rule: str, member: Member, message: str, meant: str) -> RawFinding:
    """A finding about the name of a member; the correction is the name that was meant."""
    name = f'"{meant}"'
    return RawFinding(
        rule, member.key.span, member.value.path, message, name, quoted(member.name), f"Write {name}.", name
    )


@dataclass(frozen=True, kw_only=True)
class RuleContext:
    """A configuration that could be read.

    Attributes:
        top: the whole text.
        config: the JSON of the form's field; None if the envelope lacks it.
        form: fields of the form by canonical name; None for the bare JSON.
        form_node: the object that contains them.
        unknown_fields: fields that the form does not have.
        secret_names: names in the secrets manager; None if they are not given.
        own_hosts: patterns of the customer's own hosts, from the settings; ``*`` is any text.
        recognised: the workflow that the configuration is for.
        secrets: spans of secrets in clear; a rule that finds one adds it, so that it is masked wherever it is shown.
    """

    top: Node
    config: Node | None
    form: dict[str, Member] | None = None
    form_node: Node | None = None
    unknown_fields: tuple[Member, ...] = ()
    secret_names: frozenset[str] | None = None
    own_hosts: tuple[str, ...] = ()
    recognised: Recognised = UNRECOGNISED
    secrets: list[TextSpan] = field(default_factory=list)

    def is_own_host(self, host: str) -> bool:
        """Whether the settings name this host as the customer's own."""
        return any(fnmatchcase(host.lower(), pattern.lower()) for pattern in self.own_hosts)

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
