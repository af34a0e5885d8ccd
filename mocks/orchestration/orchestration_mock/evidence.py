"""What this mock does and how we know it: ``dialect.toml``."""

from __future__ import annotations

from mock_kit.evidence import MockDialect

DIALECT = MockDialect.of_package("orchestration_mock", switch_prefix="dialect.")
