"""The one id that crosses all systems: Contact Pro's group id, as ``contact_id`` of the request.

Contact Pro writes it as 32 upper-case hex without dashes, and accepts UUIDs in either case with optional dashes;
C4C stores it as an external reference without dashes (SAP KBA 3481409). Evidence: documented.
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
