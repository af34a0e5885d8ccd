"""What each caller may do: hosts, open transfers, requests per minute. Data, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attachment_transfer.core.hosts import BadHostPattern, HostPattern, parse_patterns


class BadCallers(ValueError):
    """The callers file cannot be used; the message names the entry."""


@dataclass(frozen=True, kw_only=True)
class CallerRule:
    """One entry of the callers file.

    Attributes:
        name: pattern over ``issuer#client``; ``*`` matches any characters.
        allowed_hosts: instead of the service's own list, if given.
        open_transfers: at most so many that have not ended.
        requests_per_minute: of new requests, in the long run.
        status_requests_per_minute: of requests about transfers (show, retry, cancel), in the long run, separately:
            a caller that reads states too often must still be able to report ended chats.
    """

    name: str
    allowed_hosts: tuple[HostPattern, ...] | None = None
    open_transfers: int = 10_000
    requests_per_minute: float = 6_000.0
    status_requests_per_minute: float = 6_000.0

    def covers(self, caller: str) -> bool:
        """True if the rule is about this caller."""
        return re.fullmatch(".*".join(re.escape(part) for part in self.name.split("*")), caller) is not None


ANY_CALLER = CallerRule(name="*")
_NUMBERS = ("open_transfers", "requests_per_minute", "status_requests_per_minute")
_KNOWN = frozenset({"name", "allowed_hosts", *_NUMBERS})


@dataclass(frozen=True)
class Callers:
    """All rules; the first that covers a caller counts.

    ``strict``: a file was given, so a caller that no rule covers is refused.
    """

    rules: tuple[CallerRule, ...] = (ANY_CALLER,)

    def rule_for(self, caller: str) -> CallerRule | None:
        """The caller's rule, or None if no rule covers it."""
        return next((rule for rule in self.rules if rule.covers(caller)), None)

    def hosts_of(self, caller: str, common: tuple[HostPattern, ...]) -> tuple[HostPattern, ...] | None:
        """Where this caller's transfers may go: its rule's hosts, else ``common``; None if no rule covers it."""
        rule = self.rule_for(caller)
        if rule is None:
            return None
        return common if rule.allowed_hosts is None else rule.allowed_hosts

    def all_hosts(self, common: tuple[HostPattern, ...]) -> tuple[HostPattern, ...]:
        """``common`` and the hosts of every rule: what the shared transport must allow."""
        return (*common, *(host for rule in self.rules for host in rule.allowed_hosts or ()))


def read_callers(document: Mapping[str, Any]) -> Callers:
    """Read ``[[caller]]`` tables. Raises :class:`BadCallers`."""
    entries = document.get("caller")
    if not isinstance(entries, list) or not entries:
        raise BadCallers("there is no [[caller]] table")
    return Callers(tuple(_rule(number, entry) for number, entry in enumerate(entries, start=1)))


def _rule(number: int, entry: Mapping[str, Any]) -> CallerRule:
    place = f"caller {number} ({entry.get('name', 'without a name')})"
    if unknown := sorted(set(entry) - _KNOWN):
        raise BadCallers(f"{place}: unknown member {', '.join(unknown)}")
    if not isinstance(entry.get("name"), str) or not entry["name"]:
        raise BadCallers(f"{place}: name is missing")
    for member in _NUMBERS:
        if member in entry and (not isinstance(entry[member], int | float) or entry[member] <= 0):
            raise BadCallers(f"{place}: {member} must be a number above 0")
    hosts = entry.get("allowed_hosts")
    try:
        patterns = None if hosts is None else parse_patterns(",".join(hosts))
    except (BadHostPattern, TypeError) as exc:
        raise BadCallers(f"{place}: allowed_hosts: {exc}") from exc
    return CallerRule(
        name=entry["name"],
        allowed_hosts=patterns,
        open_transfers=int(entry.get("open_transfers", ANY_CALLER.open_transfers)),
        requests_per_minute=float(entry.get("requests_per_minute", ANY_CALLER.requests_per_minute)),
        status_requests_per_minute=float(
            entry.get("status_requests_per_minute", ANY_CALLER.status_requests_per_minute)
        ),
    )
