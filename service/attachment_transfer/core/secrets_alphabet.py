"""The characters a password may have, because it travels as an HTTP header value.

Sinch's page forbids letters outside the Latin alphabet (umlauts and Scandinavian letters among its examples) and
``¤ £ € ½ §``. Evidence: documented. What remains is printable ASCII.
"""

from __future__ import annotations

FORBIDDEN_BY_NAME = frozenset("¤£€½§")


def offending_characters(secret: str) -> list[tuple[int, str]]:
    """Return (position counted from 1, why) for each character a secret may not have.

    The characters themselves are not returned: a position is no secret, a character is.
    """
    return [
        (index, "forbidden by name" if char in FORBIDDEN_BY_NAME else "not printable ASCII")
        for index, char in enumerate(secret, start=1)
        if not 0x20 <= ord(char) <= 0x7E
    ]
