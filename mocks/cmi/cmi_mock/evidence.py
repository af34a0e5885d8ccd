"""What this mock does and how we know it: ``dialect.toml``, and the counting of what is used."""

from __future__ import annotations

from mock_kit.evidence import MockDialect
from mock_kit.journal import planned

DIALECT = MockDialect.of_package("cmi_mock", switch_prefix="cmi.dialect.", prefix="cmi.")
#: Counts a use of this behaviour.
touch = DIALECT.book.touch


def touch_oddity(switch: str) -> None:
    """The dialect makes a response that no contract allows: the journal names the switch as a fault."""
    touch(f"cmi.dialect.{switch}")
    planned(f"cmi.dialect.{switch}")
