"""Forged tokens: every one a way in that was open somewhere once. Each has a name and the status it must get.

Sources: RFC 8725 (JWT best current practices), RFC 7515 appendix and section 10, CVE-2015-9235 (algorithm confusion),
CVE-2018-0114 (embedded key), CVE-2022-21449 (zero signature).
"""

from __future__ import annotations

from hostile.forged_claims import claims, payloads, schemes, scopes
from hostile.forged_parts import algorithms, altered, headers, shared_secrets, signatures, structure
from hostile.forger import Forger, Forgery

TOKENS = (structure, algorithms, shared_secrets, headers, signatures, altered, claims, payloads)


def all_forgeries(forger: Forger) -> list[Forgery]:
    found = [Forgery(name, f"Bearer {token}") for kind in TOKENS for name, token in kind(forger)]
    return [*found, *schemes(forger), *scopes(forger)]
