"""Host patterns and the egress map: what is covered, and what is refused by name."""

from __future__ import annotations

import pytest

from attachment_transfer.core.hosts import (
    BadHostPattern,
    HostPattern,
    covered,
    parse_egress_map,
    parse_patterns,
)


@pytest.mark.parametrize(
    "host",
    ["my2554607.de1.crm.cloud.sap", "MY2554607.DE1.CRM.CLOUD.SAP", "x.crm.cloud.sap", "my2554607.de1.crm.cloud.sap."],
)
def test_a_star_covers_one_or_more_labels_in_any_case(host: str) -> None:
    assert HostPattern("*.crm.cloud.sap").covers(host)


@pytest.mark.parametrize(
    "host",
    ["crm.cloud.sap", ".crm.cloud.sap", "evilcrm.cloud.sap", "a.crm.cloud.sap.evil.com", "a.crmxcloud.sap", "", "a\n"],
)
def test_a_pattern_covers_nothing_beside_it(host: str) -> None:
    assert not HostPattern("*.crm.cloud.sap").covers(host)


def test_stars_in_the_middle_stand_for_the_region() -> None:
    aws = HostPattern("*.execute-api.*.amazonaws.com")
    assert aws.covers("8h6b51di7x.execute-api.eu-central-1.amazonaws.com")
    assert not aws.covers("s3.eu-central-1.amazonaws.com")


@pytest.mark.parametrize(
    "text", ["*", "*.*", "", ".", "a b", "https://a", "a/b", "a:443", "[::1]", "user@host", "ü.de"]
)
def test_what_is_no_pattern_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(BadHostPattern) as caught:
        HostPattern(text)
    assert repr(text) in str(caught.value)


def test_a_list_of_patterns_forgives_blanks_and_empty_parts() -> None:
    patterns = parse_patterns(" a.example , ,*.b.example,")
    assert [pattern.text for pattern in patterns] == ["a.example", "*.b.example"]
    assert covered("x.b.example", patterns)
    assert not covered("b.example", patterns)


def test_the_first_egress_rule_that_covers_the_host_wins() -> None:
    egress = parse_egress_map("one.example=https://10.0.0.1:444,*.example=https://10.0.0.2", lab_mode=False)
    first, second = egress.target_for("one.example"), egress.target_for("two.example")
    assert first is not None
    assert (first.scheme, first.host, first.port) == ("https", "10.0.0.1", 444)
    assert second is not None
    assert (second.host, second.port) == ("10.0.0.2", 443)
    assert egress.target_for("elsewhere.test") is None


@pytest.mark.parametrize("target", ["http://127.0.0.1:8103", "http://localhost:8103", "http://[::1]:8103"])
def test_plain_http_to_loopback_is_for_the_lab(target: str) -> None:
    rule = parse_egress_map(f"*.crm.cloud.sap={target}", lab_mode=True).target_for("a.crm.cloud.sap")
    assert rule is not None
    assert (rule.scheme, rule.port) == ("http", 8103)
    with pytest.raises(BadHostPattern, match="lab mode"):
        parse_egress_map(f"*.crm.cloud.sap={target}", lab_mode=False)


@pytest.mark.parametrize("target", ["http://10.0.0.1:8103", "http://127.0.0.2:1", "http://127.0.0.1.evil.com:1"])
def test_plain_http_beyond_loopback_is_refused_even_in_the_lab(target: str) -> None:
    with pytest.raises(BadHostPattern, match="plain http"):
        parse_egress_map(f"*.crm.cloud.sap={target}", lab_mode=True)


@pytest.mark.parametrize(
    "entry",
    [
        "*.crm.cloud.sap",
        "*.crm.cloud.sap=",
        "*.crm.cloud.sap=ftp://127.0.0.1",
        "*.crm.cloud.sap=https://",
        "*.crm.cloud.sap=https://127.0.0.1/path",
        "*.crm.cloud.sap=https://127.0.0.1?x=1",
        "*.crm.cloud.sap=https://user:pw@127.0.0.1",
        "*.crm.cloud.sap=https://127.0.0.1:99999",
        "*=https://127.0.0.1",
        "=https://127.0.0.1",
    ],
)
def test_an_egress_entry_that_cannot_be_used_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"egress|host pattern|[Pp]ort"):
        parse_egress_map(entry, lab_mode=True)


def test_a_catch_all_takes_in_the_lab_what_no_other_entry_covers() -> None:
    egress = parse_egress_map("*=http://127.0.0.1:9,one.example=http://127.0.0.1:1", lab_mode=True)
    ports = {host: rule.port for host in ("one.example", "any.test") if (rule := egress.target_for(host))}
    assert ports == {"one.example": 1, "any.test": 9}


@pytest.mark.parametrize(
    ("text", "lab_mode", "words"),
    [
        ("*=http://127.0.0.1:9", False, "lab mode"),
        ("*=https://proxy.example", False, "the egress entry '\\*' maps every host.*Name the hosts"),
        ("*=https://127.0.0.1", True, "the egress entry '\\*' maps every host"),
        ("*=http://10.0.0.1:9", True, "plain http"),
        ("*=http://127.0.0.1:9,*=http://127.0.0.1:8", True, "two egress entries for '\\*'"),
    ],
)
def test_a_catch_all_beyond_the_lab_or_twice_is_refused(text: str, lab_mode: bool, words: str) -> None:
    with pytest.raises(BadHostPattern, match=words):
        parse_egress_map(text, lab_mode=lab_mode)


def test_an_empty_map_maps_nothing() -> None:
    assert parse_egress_map("", lab_mode=False).target_for("a.crm.cloud.sap") is None
