"""JSON values with their positions in the source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from attachment_contract.gate.source import TextSpan

Kind = Literal["object", "array", "string", "number", "boolean", "null"]
Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One JSON value.

    Attributes:
        span: of the whole value, quotes and brackets included.
        value: of a scalar; None for objects and arrays.
        members: of an object, in order, repeated names included.
        items: of an array.
        offsets: of a string: offset in the source of each of its characters and of its closing quote.
    """

    kind: Kind
    span: TextSpan
    path: Path
    value: str | int | float | bool | None = None
    members: tuple[Member, ...] = ()
    items: tuple[Node, ...] = ()
    offsets: tuple[int, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str | None:
        """The value of a string, else None."""
        return self.value if isinstance(self.value, str) else None

    def member(self, name: str) -> Member | None:
        """The last member of this name, as most JSON readers return it; None also for a value that is no object."""
        return next((member for member in reversed(self.members) if member.name == name), None)

    def get(self, *names: str) -> Node | None:
        """The value at a path of member names, or None."""
        node: Node | None = self
        for name in names:
            member = node.member(name) if node else None
            node = member.value if member else None
        return node

    def part(self, start: int, end: int) -> TextSpan:
        """The span in the source of characters ``start`` to ``end`` (exclusive) of a string."""
        return TextSpan(self.offsets[start], self.offsets[end])

    @property
    def opening(self) -> TextSpan:
        """The opening bracket of an object or array; the whole span of another value."""
        return TextSpan(self.span.start, self.span.start + 1) if self.kind in {"object", "array"} else self.span

    def plain(self) -> Any:
        """The value as ``json.loads`` returns it."""
        if self.kind == "object":
            return {member.name: member.value.plain() for member in self.members}
        if self.kind == "array":
            return [item.plain() for item in self.items]
        return self.value


@dataclass(frozen=True, slots=True)
class Member:
    """A name and its value in an object."""

    key: Node
    value: Node

    @property
    def name(self) -> str:
        """The member's name."""
        return str(self.key.value)


def strings_in(node: Node) -> list[Node]:
    """Every string value below a node (names of members are not values), in the order of the text."""
    if node.kind == "string":
        return [node]
    children = [member.value for member in node.members] or list(node.items)
    return [found for child in children for found in strings_in(child)]


def dotted(path: Path) -> str:
    """A path as people write it: ``request.headers.x-cmi-password``, ``form.queues[0].address``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
