"""Code and text of an error, before any format is chosen."""

from __future__ import annotations

from dataclasses import dataclass

from c4c_mock.model.texts import GENERIC


@dataclass(frozen=True, kw_only=True)
class ErrorText:
    """Code, text and language of an error.

    Attributes:
        code: empty as recorded, or a stable key; dialect ``error_codes``.
        language: ISO 639-1.
        details: the text stands in ``innererror`` only, and a generic one outside.
    """

    code: str
    text: str
    language: str
    details: bool = False

    @property
    def outer(self) -> str:
        """The text of ``error.message``."""
        return GENERIC[self.language] if self.details else self.text
