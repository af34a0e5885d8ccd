"""``$search``: whole words in the properties that are relevant for it, ``*`` as wildcard, every term required.

Source: C4C OData developer guide, rules of $search; documented. Which properties of the standard services are
relevant is published nowhere: dialect ``search_properties``, assumed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from c4c_mock.model.errors import BadRequest
from c4c_mock.model.queries import like
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.table import EntityTable

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Search:
    """One ``$search``.

    Attributes:
        terms: every one has to match a word; casefolded where ``ignore_case``.
        properties: names of the properties that are searched.
    """

    terms: tuple[str, ...]
    properties: Collection[str]
    ignore_case: bool

    def matches(self, row: EntityRow, rows: EntityTable) -> bool:
        """True when every term is a word of the row."""
        words = self._words(row, rows)
        return all(any(like(word, term) for word in words) for term in self.terms)

    def _words(self, row: EntityRow, rows: EntityTable) -> set[str]:
        words: set[str] = set()
        for name in self.properties:
            prop = row.eset.properties.get(name)
            text = None if prop is None else rows.value(row, prop)
            if isinstance(text, str):
                folded = text.casefold() if self.ignore_case else text
                words.update(folded.split(), _WORD.findall(folded))
        return words


def parse_search(text: str, *, properties: Collection[str], ignore_case: bool, double_quotes: str) -> Search:
    """Read a decoded ``$search``: terms between spaces, each or all of them in single quotes or in none.

    ``double_quotes``: ``refused``, ``dropped`` or ``literal`` (characters like others). Raises BadRequest.
    """
    if double_quotes == "dropped":
        text = text.replace('"', "")
    if '"' in text and double_quotes == "refused":
        raise BadRequest("$search: double quotes are not supported; use single quotes or none")
    whole = _unquoted(text) if text.count("'") == 2 else text
    terms = tuple(stripped for term in whole.split() if (stripped := _unquoted(term)))
    folded = tuple(term.casefold() for term in terms) if ignore_case else terms
    return Search(terms=folded, properties=properties, ignore_case=ignore_case)


def _unquoted(term: str) -> str:
    term = term.strip()
    return term[1:-1] if len(term) > 1 and term[0] == term[-1] == "'" else term
