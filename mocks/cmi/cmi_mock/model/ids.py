"""Spellings of Contact Pro's ids."""

from __future__ import annotations

import re


def normal_id(text: str) -> str:
    """A guid in any case, with or without dashes or braces, as 32 upper-case hex; else unchanged."""
    bare = re.sub(r"[{}\-]", "", text).upper()
    return bare if is_id(bare) else text


def is_id(text: str) -> bool:
    """Whether it is an id as Contact Pro writes it: 32 upper-case hex."""
    return re.fullmatch(r"[0-9A-F]{32}", text) is not None
