"""Fills placeholders with the values of a sample event; secrets with stand-ins that are masked when shown.

A placeholder that is the whole value brings the value itself, inside a longer text its text. Evidence: documented
by examples (Event-driven integrations, Available data).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from attachment_contract.gate.wording import MASK

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*)\}", re.ASCII)


@dataclass
class Substitution:
    """Fills one configuration.

    Attributes:
        values: what ``contact`` and ``event`` stand for.
        secret_names: names in the secrets manager; None = every name is taken for there.
        unresolved: placeholders that nothing answered to.
        stand_ins: secret name → the text that stands for its value.
        in_clear: secrets that stand in the configuration itself.
    """

    values: Mapping[str, Any]
    secret_names: frozenset[str] | None = None
    unresolved: list[str] = field(default_factory=list)
    stand_ins: dict[str, str] = field(default_factory=dict)
    in_clear: tuple[str, ...] = field(default=(), repr=False)

    def fill(self, value: Any) -> Any:
        """A JSON value with every placeholder in its strings filled in; names of members stay."""
        if isinstance(value, dict):
            return {name: self.fill(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = _PLACEHOLDER.fullmatch(value)
        return self._value(whole) if whole else _PLACEHOLDER.sub(lambda found: _as_text(self._value(found)), value)

    def text(self, value: Any) -> str:
        """Filled in and written as text, as headers and addresses need it."""
        return _as_text(self.fill(value))

    def masked(self, text: str) -> str:
        """The text with every secret and stand-in of one hidden, as it stands and as JSON or an address writes it."""
        for secret in (*self.stand_ins.values(), *self.in_clear):
            for written in (secret, json.dumps(secret)[1:-1], quote(secret), quote_plus(secret)):
                text = text.replace(written, MASK)
        return text

    def _value(self, found: re.Match[str]) -> Any:
        root, *rest = found[1].split(".")
        if root in {"secrets", "authentications"} and len(rest) == 1:
            return self._secret(rest[0], found[0])
        value: Any = self.values.get(root)
        for name in rest:
            if value is None:
                return None  # of a queue that is not there every part is not there
            if not isinstance(value, Mapping) or name not in value:
                return self._nothing(found[0])
            value = value[name]
        return value if root in self.values else self._nothing(found[0])

    def _secret(self, name: str, placeholder: str) -> str:
        if self.secret_names is not None and name not in self.secret_names:
            return self._nothing(placeholder)
        return self.stand_ins.setdefault(name, f"stand-in-for-secret-{len(self.stand_ins) + 1:04d}")

    def _nothing(self, placeholder: str) -> str:
        self.unresolved.append(placeholder)
        return placeholder


def _as_text(value: Any) -> str:
    """Inferred: nothing for null; an event by its name, documented; other objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and set(value) == {"name", "datetime"}:
        return str(value["name"])
    return json.dumps(value)
