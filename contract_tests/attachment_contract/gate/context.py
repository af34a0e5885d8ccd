"""What a rule is given to look at, and what it hands back."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from attachment_contract.gate.json_nodes import Node, Path
from attachment_contract.gate.source import TextSpan

SHOWN_CHARACTERS = 80
MASK = "********"
#: Begins after a separator alone, so each character is looked at a few times, however long the text.
_CREDENTIALS = re.compile(r"(?<=//)[^/\s@\"]+@|(?<![^/\s@\"]):*[^/\s@\":]+:[^/\s@\"]+@")


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


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word that ``word`` was probably meant to be, or None."""
    by_lower = {name.lower(): name for name in sorted(known)}
    if word.lower() in by_lower:
        return by_lower[word.lower()]
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else None


def shown(node: Node) -> str:
    """A value in a message: text in quotes, shortened; objects and arrays by kind."""
    if node.kind == "string":
        return quoted(str(node.value))
    if node.kind in {"object", "array"}:
        return f"an {node.kind}"
    return {True: "true", False: "false", None: "null"}.get(node.value, str(node.value)[:SHOWN_CHARACTERS])  # type: ignore[arg-type]


def of_kind(node: Node) -> str:
    """``an object``, ``a string`` …, for values that are better not shown."""
    return f"a{'n' if node.kind in {'object', 'array'} else ''} {node.kind}"


def quoted(text: str) -> str:
    """A text in quotes, shortened, without credentials and without characters that would upset a terminal."""
    text = _CREDENTIALS.sub(f"{MASK}@", text)
    short = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    return '"' + "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in short) + '"'


def one_of(words: Iterable[str]) -> str:
    """``a, b or c``."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
