"""Texts for people: file names made harmless, channels, digests, sizes."""

from __future__ import annotations

import unicodedata

#: Control, format (bidi overrides among them), surrogate, private use, unassigned, separators of lines.
UNSHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

#: Contact Pro's sub types of a chat as they are shown; others are shown unchanged.
CHANNELS = {
    "whatsapp": "WhatsApp",
    "facebook": "Facebook",
    "web": "web chat",
    "webchat": "web chat",
    "chat": "chat",
    "sms": "SMS",
    "mms": "MMS",
    "rcs": "RCS",
    "viber": "Viber",
    "telegram": "Telegram",
    "instagram": "Instagram",
}


def channel(sub_type: str) -> str:
    """The channel's name for people."""
    return CHANNELS.get(sub_type.lower(), sub_type)


def shown(name: str) -> str:
    """The name with every invisible or direction-changing character as an escape, such as ``\\u202e``."""
    return "".join(_escaped(char) if unicodedata.category(char) in UNSHOWN else char for char in name)


def short(digest: str | None, digits: int = 12) -> str:
    """The first digits of a digest, for tables."""
    return f"{digest[:digits]}…" if digest else "–"


def human_size(size_bytes: int | None) -> str:
    """A size with its unit, in powers of 1024."""
    if size_bytes is None:
        return "–"
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
