"""Placeholders as the gate reads them: a dotted path in single braces.

Source: Event-driven integrations, Available data (documented by examples: ``{contact.queue.id}``, ``{event}``,
``{secrets.ri-apikey}``). The form of a name is inferred from these examples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.source import TextSpan

_PATH = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*"
PLACEHOLDER = re.compile(r"\{(" + _PATH + r")\}", re.ASCII)
ROOTS = ("contact", "event", "secrets", "authentications")
#: Placeholders of other template languages, and typing errors. The group is the path that was meant.
_MALFORMED = re.compile(
    r"\$?\{\{+\s*(?P<double>" + _PATH + r")\s*\}+\}"
    r"|[$#]\{\s*(?P<dollar>" + _PATH + r")\s*\}"
    r"|\{\s*(?P<open>(?:contact|event|secrets|authentications)[\w.\- ]*?)\s*(?:\}|$|(?=[^\w.\- ]))"
    r"|(?<![\w{.])(?P<close>(?:contact|event|secrets|authentications)\.[\w.-]+)\s*\}"
    r"|[<\[(%]+\s*(?P<other>(?:contact|event|secrets|authentications)(?:\.[\w-]+)+)\s*[>\])%]+",
    re.ASCII,
)


#: Blanks beside a dot are no part of a name; a blank inside a name may be one, so what was meant is not clear.
_AROUND_DOT = re.compile(r"\s*\.\s*")


@dataclass(frozen=True, kw_only=True)
class Placeholder:
    """One placeholder in a string.

    Attributes:
        path: without braces, e.g. ``contact.guid``.
        start, end: in the string's value, braces included.
        span: in the source.
    """

    path: str
    start: int
    end: int
    span: TextSpan

    @property
    def text(self) -> str:
        """With braces."""
        return f"{{{self.path}}}"

    @property
    def root(self) -> str:
        """The part before the first dot."""
        return self.path.partition(".")[0]

    @property
    def rest(self) -> str:
        """The part after the first dot: for a secret, its name."""
        return self.path.partition(".")[2]

    @property
    def known(self) -> bool:
        """Whether it has a value when the request is made."""
        if self.root in {"secrets", "authentications"}:
            return bool(self.rest) and "." not in self.rest
        return self.path in words.PLACEHOLDERS


@dataclass(frozen=True, kw_only=True)
class MalformedPlaceholder:
    """Something that was meant to be a placeholder; ``meant`` is the correct form, or None if it is not clear."""

    text: str
    meant: str | None
    span: TextSpan


def placeholders_in(node: Node) -> list[Placeholder]:
    """The well-formed placeholders of a string value."""
    wrong = [found.span() for found in _malformed(str(node.value))]
    return [
        Placeholder(path=found[1], start=found.start(), end=found.end(), span=node.part(*found.span()))
        for found in PLACEHOLDER.finditer(str(node.value))
        if not any(start <= found.start() < end for start, end in wrong)
    ]


def malformed_in(node: Node) -> list[MalformedPlaceholder]:
    """What was meant to be a placeholder and is not."""
    text = str(node.value)
    found = []
    for match in _malformed(text):
        path = _AROUND_DOT.sub(".", next(group for group in match.groups() if group is not None).strip())
        # Cut off by a character that is in no name: what was meant is not clear.
        closed = match.end() == len(text) or match[0][-1] in "}>])%"
        meant = f"{{{path}}}" if closed and PLACEHOLDER.fullmatch(f"{{{path}}}") else None
        found.append(MalformedPlaceholder(text=match[0], meant=meant, span=node.part(*match.span())))
    return found


def _malformed(text: str) -> list[re.Match[str]]:
    return [match for match in _MALFORMED.finditer(text) if not PLACEHOLDER.fullmatch(match[0])]


def whole(node: Node) -> Placeholder | None:
    """The placeholder that is the whole value, or None."""
    found = placeholders_in(node)
    one = found[0] if len(found) == 1 else None
    return one if one and one.text == node.value else None
