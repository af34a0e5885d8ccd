"""Identifiers that are the same in every run: a seed (the tenant's name) and a counter per kind decide them."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections import Counter
from collections.abc import Mapping

_HEX32 = re.compile(r"[0-9A-F]{32}", re.ASCII)


def normal_id(text: str, ignored: str = "-") -> str | None:
    """An id in any case, with or without the signs in ``ignored``, as 32 upper-case hexadecimal digits; None: no id."""
    bare = text.translate(dict.fromkeys(map(ord, ignored))).upper()
    return bare if _HEX32.fullmatch(bare) else None


def dashed(digits: str) -> str:
    """32 digits with dashes: 8-4-4-4-12."""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class Ids:
    """Generates ids for one tenant. Two tenants of different seeds never get the same id."""

    def __init__(self, seed: str) -> None:
        """``seed`` is the tenant's name unless its creation gave another."""
        self.seed = seed
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def hex32(self, kind: str) -> str:
        """32 upper-case hexadecimal digits, no dashes; the n-th id of its ``kind``."""
        with self._lock:
            self._counts[kind] += 1
            count = self._counts[kind]
        digest = hashlib.sha256(f"{self.seed}\0{kind}\0{count}".encode())
        return digest.hexdigest()[:32].upper()

    def uuid(self, kind: str) -> str:
        """The same 32 digits with dashes: 8-4-4-4-12, upper-case."""
        return dashed(self.hex32(kind))

    def number(self, kind: str, start: int = 1) -> int:
        """A running number of its own per ``kind``: ``start``, ``start`` + 1, …"""
        with self._lock:
            self._counts[f"#{kind}"] += 1
            return start + self._counts[f"#{kind}"] - 1

    def token(self, kind: str) -> str:  # noqa: ARG002 - the kind is for the reader of the call
        """A url-safe secret of 256 bits. Never deterministic: it grants access."""
        return secrets.token_urlsafe(32)

    def state(self) -> dict[str, int]:
        """How far each kind has been counted; ``restore`` takes it in another process."""
        with self._lock:
            return dict(self._counts)

    def restore(self, state: Mapping[str, int]) -> None:
        """Go on counting where ``state`` was taken."""
        with self._lock:
            self._counts = Counter(state)

    def reset(self) -> None:
        """Start counting again: after a reset the tenant gets the same ids as before."""
        with self._lock:
            self._counts.clear()
