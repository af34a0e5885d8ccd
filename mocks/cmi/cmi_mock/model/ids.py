"""Spellings of Contact Pro's ids."""

from __future__ import annotations

from mock_kit.tenants import ids


def normal_id(text: str) -> str:
    """A guid in any case, with or without dashes or braces, as 32 upper-case hex; else unchanged."""
    return ids.normal_id(text, "{}-") or text


def is_id(text: str) -> bool:
    """Whether it is an id as Contact Pro writes it: 32 upper-case hex."""
    return ids.normal_id(text, "") == text
