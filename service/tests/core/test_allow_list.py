"""The allow-list file as text: what it adds, and how a refusal names field, value and remedy."""

from __future__ import annotations

import pytest

from attachment_transfer.core.allow_list import AllowList, BadAllowList, digest_of, read_allow_list
from attachment_transfer.core.hosts import HostPattern


def test_hosts_and_issuers_are_read_and_either_may_be_absent() -> None:
    content = b'{"hosts": ["crm.acme.example", "*.cmi.example.org"], "issuers": ["https://login-eu.example.org/acme"]}'
    assert read_allow_list(content) == AllowList(
        (HostPattern("crm.acme.example"), HostPattern("*.cmi.example.org")), ("https://login-eu.example.org/acme",)
    )
    assert read_allow_list(b'{"hosts": ["a.example", "a.example"]}') == AllowList((HostPattern("a.example"),))
    assert read_allow_list(b"{}") == AllowList()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON"),
        (b'{"hosts": ["a.example",]}', "line 1, column"),
        (b'{"hosts": [], "hosts": []}', "repeated members: hosts"),
        (b"[]", "no JSON object"),
        (b'{"host": ["a.example"]}', "'host' is no member: write hosts, issuers or both"),
        (b'{"hosts": "a.example"}', "hosts is no list"),
        (b'{"hosts": [7]}', "hosts[0]=7 is no text"),
        (b'{"hosts": ["a.example", "*"]}', "hosts[1]='*' is no host pattern"),
        (b'{"hosts": ["https://a.example"]}', "hosts[0]='https://a.example' is no host pattern"),
        (b'{"hosts": ["a.example:443"]}', "without scheme, port or path"),
        (b'{"issuers": ["http://login.example/a"]}', "issuers[0]='http://login.example/a' is no https address"),
        (b'{"issuers": ["login.example"]}', "is no https address"),
        (b'{"issuers": ["https://"]}', "is no https address"),
        (b'{"issuers": ["https://login.example/a?b"]}', "without user, query or fragment"),
        (b'{"issuers": ["https://who@login.example/a"]}', "without user, query or fragment"),
        (b'{"issuers": ["https://login.example/a, https://x.example"]}', "is no https address"),
        (b'{"issuers": ["https://-a.example/x"]}', "is no https address"),
    ],
)
def test_anything_else_makes_the_whole_file_unusable(content: bytes, words: str) -> None:
    with pytest.raises(BadAllowList) as caught:
        read_allow_list(content)
    assert words in str(caught.value)


def test_an_entry_that_covers_names_that_anyone_can_register_is_named_by_its_place() -> None:
    found = read_allow_list(b'{"hosts": ["a.example", "*.com"], "issuers": ["https://*/x", "https://a-*.b.example/*"]}')
    assert list(found.too_wide()) == [("hosts[1]", "*.com"), ("issuers[0]", "https://*/x")]


def test_the_digest_names_the_entries_and_not_their_order() -> None:
    one, other = read_allow_list(b'{"hosts": ["a", "b"]}'), read_allow_list(b'{"hosts": ["b", "a"]}')
    assert digest_of(one.entries()) == digest_of(other.entries())
    assert digest_of(one.entries()) != digest_of(AllowList(issuers=("a", "b")).entries())
