"""What went over the wire: exchanges without secrets and without whole bodies, notes, and the recorder's copies."""

from mock_kit.journal.bodies import HEAD_CHARS, BodyDigest, BodyNote
from mock_kit.journal.context import Level, Note, note, planned
from mock_kit.journal.journal import Journal, JournalEntry
from mock_kit.journal.masking import MASK, Masker

__all__ = [
    "HEAD_CHARS",
    "MASK",
    "BodyDigest",
    "BodyNote",
    "Journal",
    "JournalEntry",
    "Level",
    "Masker",
    "Note",
    "note",
    "planned",
]
