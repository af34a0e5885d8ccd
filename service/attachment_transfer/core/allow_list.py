"""The allow-list file: hosts and token issuers that are accepted beside those of the settings. Pure reading.

    {"hosts": ["crm.acme.example", "*.cmi.example.org"], "issuers": ["https://login-eu.example.org/acme"]}

A host is exact or a pattern as in ``ALLOWED_HOSTS``, an issuer an https address as in ``TOKEN_ISSUERS``. Either member
may be absent. Anything else makes the whole file unusable: an entry that is silently ignored would be found out by a
chat whose files do not travel.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from attachment_transfer.core.answers import json_text
from attachment_transfer.core.hosts import (
    BadHost,
    BadHostPattern,
    HostPattern,
    host_is_too_wide,
    host_of,
    issuer_is_too_wide,
)

_MEMBERS = ("hosts", "issuers")
_MOST_ENTRIES = 10_000
_SHOWN_CHARACTERS = 200
#: No blank, no comma, no query, fragment or user: an issuer is compared as a whole with a token's ``iss``.
_ISSUER = re.compile(r"https://[^\s,?#@\\]+", re.ASCII)
_DIGEST_CHARACTERS = 16


class BadAllowList(ValueError):
    """The content cannot be used. The message names field, value and remedy."""


@dataclass(frozen=True)
class AllowList:
    """What a file adds to the settings."""

    hosts: tuple[HostPattern, ...] = ()
    issuers: tuple[str, ...] = ()

    def entries(self) -> frozenset[tuple[str, str]]:
        """(``host`` or ``issuer``, its text) of every entry."""
        return frozenset(
            [*(("host", pattern.text) for pattern in self.hosts), *(("issuer", text) for text in self.issuers)]
        )

    def too_wide(self) -> Iterator[tuple[str, str]]:
        """(field, text) of each entry that covers names that anyone can register."""
        for number, pattern in enumerate(self.hosts):
            if host_is_too_wide(pattern.text):
                yield f"hosts[{number}]", pattern.text
        for number, issuer in enumerate(self.issuers):
            if issuer_is_too_wide(issuer):
                yield f"issuers[{number}]", issuer


def digest_of(entries: frozenset[tuple[str, str]]) -> str:
    """A short name for a set of entries, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(entries)).encode()).hexdigest()[:_DIGEST_CHARACTERS]


def read_allow_list(content: bytes) -> AllowList:
    """Read the file's content. Raises :class:`BadAllowList`."""
    try:
        document = json_text.parse(content)
    except json_text.UnreadableJson as exc:
        raise BadAllowList(f"it is no JSON: {exc}; correct it, or put the last good file back") from exc
    if not isinstance(document, dict):
        raise BadAllowList('it is no JSON object: write {"hosts": […], "issuers": […]}')
    if unknown := sorted(set(document) - set(_MEMBERS)):
        raise BadAllowList(f"{unknown[0][:_SHOWN_CHARACTERS]!r} is no member: write hosts, issuers or both")
    hosts = [_host(place, text) for place, text in _texts(document, "hosts")]
    issuers = [_issuer(place, text) for place, text in _texts(document, "issuers")]
    return AllowList(tuple(dict.fromkeys(hosts)), tuple(dict.fromkeys(issuers)))


def _texts(document: dict[str, object], member: str) -> Iterator[tuple[str, str]]:
    values = document.get(member, [])
    if not isinstance(values, list) or len(values) > _MOST_ENTRIES:
        raise BadAllowList(f"{member} is no list of at most {_MOST_ENTRIES} texts: write [] for none")
    for number, value in enumerate(values):
        place = f"{member}[{number}]"
        if not isinstance(value, str):
            raise BadAllowList(f"{place}={json.dumps(value)[:_SHOWN_CHARACTERS]} is no text: write it in quotes")
        yield place, value


def _host(place: str, text: str) -> HostPattern:
    try:
        return HostPattern(text)
    except BadHostPattern as exc:
        raise BadAllowList(
            f"{place}={text[:_SHOWN_CHARACTERS]!r} is no host pattern: write a host name without scheme, port or path, "
            "in which * stands for one or more characters, but not * alone"
        ) from exc


def _issuer(place: str, text: str) -> str:
    if not _ISSUER.fullmatch(text) or not _has_host(text):
        raise BadAllowList(
            f"{place}={text[:_SHOWN_CHARACTERS]!r} is no https address: write it as the token's iss has it, "
            "https://HOST/PATH without user, query or fragment"
        )
    return text


def _has_host(issuer: str) -> bool:
    try:
        host_of(issuer.replace("*", "x"))
    except BadHost:
        return False
    return True
