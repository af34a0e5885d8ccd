"""How we know what a mock does: ``dialect.toml``, its switches, and the evidence of every behaviour."""

from mock_kit.evidence.book import Evidence, EvidenceBook, Label
from mock_kit.evidence.dialect import MockDialect, Switch

__all__ = ["Evidence", "EvidenceBook", "Label", "MockDialect", "Switch"]
