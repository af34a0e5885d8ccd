"""Values of a request that the schema cannot describe fully: the contact id, and the characters of a secret.

The contact id is Contact Pro's group id, the one id that all systems share. Contact Pro writes it as 32 upper-case hex
without dashes, and accepts UUIDs in either case with optional dashes; C4C stores it as an external reference without
dashes (SAP KBA 3481409). Evidence: documented.
"""

from __future__ import annotations

import re

_HEX32 = re.compile(r"[0-9A-Fa-f]{32}")
_DASHED = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def normalise_contact_id(text: str) -> str | None:
    """Return 32 upper-case hex digits, or None if ``text`` is no contact id.

    Accepts either case, the dashes of a UUID in their usual places, and one pair of braces around.
    """
    bare = text.strip()
    if bare.startswith("{") and bare.endswith("}"):
        bare = bare[1:-1]
    if _DASHED.fullmatch(bare):
        bare = bare.replace("-", "")
    # Checked before it is upper-cased: a ligature such as U+FB00 would become "FF".
    return bare.upper() if _HEX32.fullmatch(bare) else None


FORBIDDEN_BY_NAME = frozenset("¤£€½§")


def offending_characters(secret: str) -> list[tuple[int, str]]:
    """Return (position counted from 1, why) for each character that a secret may not have as an HTTP header value.

    Sinch's page forbids letters outside the Latin alphabet (umlauts and Scandinavian letters among its examples) and
    ``¤ £ € ½ §``. Evidence: documented. What remains is printable ASCII.

    The characters themselves are not returned: a position is no secret, a character is.
    """
    return [
        (index, "forbidden by name" if char in FORBIDDEN_BY_NAME else "not printable ASCII")
        for index, char in enumerate(secret, start=1)
        if not 0x20 <= ord(char) <= 0x7E
    ]
