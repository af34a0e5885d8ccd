"""Passwords of technical users: which ones C4C accepts, and how a tenant stores them (as digests only)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

FORBIDDEN_IN_PASSWORDS = "¤£€½§"
"""Signs C4C refuses in a technical user's password. Source: Sinch configuration guide; documented."""

_COST, _BLOCK, _PARALLELISM = 2**10, 8, 1


def password_problem(password: str) -> str:
    """Why C4C would refuse this password; empty when it would not.

    Documented: no letters outside the Latin alphabet (umlauts and Scandinavian letters among the examples) and
    none of the listed signs. Inferred: no other character whose bytes differ between UTF-8 and Latin-1 either,
    because the password travels in a header; what remains is printable ASCII.
    """
    bad = sorted({c for c in password if c in FORBIDDEN_IN_PASSWORDS})
    if bad:
        return f"none of the characters {' '.join(FORBIDDEN_IN_PASSWORDS)}; found {' '.join(bad)}"
    at = next((i for i, c in enumerate(password, 1) if not " " <= c <= "~"), 0)
    if at:
        return f"letters of the Latin alphabet, digits and common signs only; not so the character at position {at}"
    return "" if password else "a password"


def digest_of(password: str) -> str:
    """A salted scrypt digest as text; about 3 ms."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{_scrypt(password, salt).hex()}"


class PasswordChecker:
    """Checks passwords against digests; remembers, in this process only, which ones were correct."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._verified: dict[str, bytes] = {}

    def check(self, digest: str, password: str) -> tuple[bool, bool]:
        """Whether the password is correct, and whether this is the first time that it was."""
        tag = hmac.digest(self._key, password.encode("utf-8", "surrogatepass"), "sha256")
        if hmac.compare_digest(self._verified.get(digest, b""), tag):
            return True, False
        salt, _, wanted = digest.partition(":")
        if not salt or not hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)).hex(), wanted):
            return False, False
        self._verified[digest] = tag
        return True, True


def _scrypt(password: str, salt: bytes) -> bytes:
    raw = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(raw, salt=salt, n=_COST, r=_BLOCK, p=_PARALLELISM, dklen=32)
