"""How we know each behaviour of this mock: one entry per switch of the dialect, one per settled behaviour.

Labels: documented (by SAP or Sinch), recorded (seen in payloads of real tenants), inferred, assumed, own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from c4c_mock.model.dialect import switches
from mock_kit.evidence import Evidence, EvidenceBook
from mock_kit.tenants import Tenant

BOOK = EvidenceBook()
PREFIX = "c4c."


def _register() -> None:
    """Fill the book from ``settled.toml`` and ``dialect.toml``."""
    settled = tomllib.loads(files("c4c_mock").joinpath("settled.toml").read_text("utf-8"))
    for name, entry in settled.items():
        BOOK.register(Evidence(id=PREFIX + name, **entry))
    for switch in switches().values():
        words = {"behaviour": switch.behaviour, "source": switch.source, "test": switch.test}
        BOOK.register(Evidence(id=PREFIX + switch.name, label=switch.label, switch=switch.name, **words))


_register()


def seen(behaviour: str) -> None:
    """A settled behaviour has just shown itself in the running request."""
    BOOK.touch(PREFIX + behaviour)


class Touching(Mapping[str, Any]):
    """A tenant's dialect that counts each look: what was looked at is what a result rests on."""

    def __init__(self, dialect: Mapping[str, Any], tenant: Tenant) -> None:
        self._dialect = dialect
        self._tenant = tenant

    def __getitem__(self, name: str) -> Any:
        BOOK.touch(PREFIX + name, self._tenant)
        return self._dialect[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._dialect)

    def __len__(self) -> int:
        return len(self._dialect)
