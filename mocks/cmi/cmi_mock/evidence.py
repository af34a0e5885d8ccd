"""What this mock does and how we know it: ``dialect.toml``, and the counting of what showed itself."""

from __future__ import annotations

from mock_kit.evidence import MockDialect
from mock_kit.journal import planned

DIALECT = MockDialect.of_package("cmi_mock", switch_prefix="cmi.dialect.", prefix="cmi.")


def touch(evidence_id: str) -> None:
    """This behaviour has just shown itself."""
    DIALECT.book.touch(evidence_id)


def touch_oddity(switch: str) -> None:
    """The dialect has just made an answer that no contract knows: the journal names the switch as a fault."""
    touch(f"cmi.dialect.{switch}")
    planned(f"cmi.dialect.{switch}")
