"""What this mock does and how we know it: ``dialect.toml``, and the counting of what showed itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mock_kit.evidence import MockDialect
from mock_kit.tenants import MockTenant

PREFIX = "c4c."
DIALECT = MockDialect.of_package("c4c_mock", switch_prefix=PREFIX, prefix=PREFIX)


def seen(behaviour: str) -> None:
    """A settled behaviour has just shown itself in the running request."""
    DIALECT.book.touch(PREFIX + behaviour)


class Touching(Mapping[str, Any]):
    """A tenant's dialect that counts each look: what was looked at is what a result rests on."""

    def __init__(self, dialect: Mapping[str, Any], tenant: MockTenant) -> None:
        self._dialect = dialect
        self._tenant = tenant

    def __getitem__(self, name: str) -> Any:
        DIALECT.book.touch(PREFIX + name, self._tenant)
        return self._dialect[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._dialect)

    def __len__(self) -> int:
        return len(self._dialect)
