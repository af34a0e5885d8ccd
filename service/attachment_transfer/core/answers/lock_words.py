"""Recognise a lock by the text of an error: the documented English text, and word stems in other languages.

Users of C4C have a language, and C4C answers in it. Many languages have one word for "locked by a user" and for
"barred" (German ``gesperrt``, Spanish ``bloqueado``): a text about a file type or a virus is never taken
for a lock by the stems. The words are entries of the dialect.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

#: Of one text, and of all texts of one document: a refusal is a sentence.
_READ_CHARACTERS = 2_000
_READ_CHARACTERS_IN_ALL = 64_000


class LockWords:
    """Distinguishes a lock from other errors. Raises ``re.error`` for a word that is no regular expression.

    Args:
        pattern: the documented text; counts anywhere in a text.
        words: stems that mean a lock, as regular expressions; case does not matter.
        not_words: a text with one of these is no lock by ``words``.
    """

    def __init__(self, pattern: str, *, words: Sequence[str], not_words: Sequence[str]) -> None:
        self._pattern = re.compile(pattern)
        self._words = _any_of(words)
        self._not_words = _any_of(not_words)

    def found(self, texts: Iterable[str]) -> bool:
        """True if one of the texts reports a lock. Each text is checked by itself."""
        left = _READ_CHARACTERS_IN_ALL
        for text in texts:
            read = text[: min(left, _READ_CHARACTERS)]
            left -= len(read)
            if self._tells(unicodedata.normalize("NFC", read)):
                return True
        return False

    def _tells(self, text: str) -> bool:
        if self._pattern.search(text):
            return True
        return bool(self._words.search(text)) and not self._not_words.search(text)


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{word})" for word in words), re.IGNORECASE)
