"""What is no host name is refused at the endpoint, in words, although a pattern with a star would cover it."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingress_kit import V1, Endpoint, a_body, nothing_kept, problem

from attachment_transfer.core.hosts import BadHost, canonical_url, host_of

BELOW = ".crm.cloud.sap"
NO_HOSTS = {
    "%2f" + BELOW: "no part of a host name",
    "%00" + BELOW: "no part of a host name",
    "%2e%2e" + BELOW: "no part of a host name",
    "*" + BELOW: "no part of a host name",
    "a*b" + BELOW: "no part of a host name",
    "." + BELOW: "an empty part",
    BELOW: "an empty part",
    "a." + BELOW: "an empty part",
    "a" + BELOW + "..": "an empty part",
    "a" * 64 + BELOW: "longer than 63 characters",
    "a." * 125 + "a" + BELOW: "longer than 253 characters",
    "-a" + BELOW: "no part of a host name",
    "a-" + BELOW: "no part of a host name",
    "my_1" + BELOW: "no part of a host name",
    "a,b" + BELOW: "no part of a host name",
    "(a)" + BELOW: "no part of a host name",
    "a" + BELOW + ":0": "no port",
    "a" + BELOW + ":65536": "no port",
    "a" + BELOW + ":+443": "no port",
    "a" + BELOW + ":٤٤٣": "no port",
    "a:b" + BELOW: "no port",
    "[fe80::1%25eth0]": "a zone",
    "[::1": "no part of a host name",
    "[v1.a]": "neither a host name nor an address",
    "2130706433": "neither a host name nor an address",
    "127.1": "neither a host name nor an address",
    "0x7f.1": "neither a host name nor an address",
    "010.0.0.1": "neither a host name nor an address",
    "1.2.3.4.5": "neither a host name nor an address",
    "bücher" + BELOW: "outside ASCII",
    "a。b" + BELOW: "outside ASCII",
    "ⓐ" + BELOW: "outside ASCII",
    "a\u200d" + BELOW: "outside ASCII",
}


@pytest.mark.parametrize("authority", NO_HOSTS)
def test_what_is_no_host_is_refused_with_field_cause_value_and_remedy(endpoint: Endpoint, authority: str) -> None:
    url = f"https://{authority}"
    for field, body in (("body.cmi_url", a_body(cmi_url=url)), ("body.sap_v1.url", a_body(sap_v1={**V1, "url": url}))):
        [error] = problem(endpoint.post(body), 403, field)["errors"]
        assert NO_HOSTS[authority] in error["message"]
        assert error["found"] == url[:120]
    nothing_kept(endpoint)


@pytest.mark.parametrize("authority", ["a b" + BELOW, "a\t" + BELOW, "a@b" + BELOW, "a\\b" + BELOW])
def test_what_is_no_address_at_all_is_refused_by_the_contract(endpoint: Endpoint, authority: str) -> None:
    problem(endpoint.post(a_body(cmi_url=f"https://{authority}")), 400, "body.cmi_url")
    nothing_kept(endpoint)


@pytest.mark.parametrize(
    "authority",
    ["a", "MY2554607.de1", "a--b", "1", "1a.2b", "xn--bcher-kva", "a" * 63],
)
@pytest.mark.parametrize("end", ["", ".", ":443", ":8443", ".:443"])
def test_host_names_of_every_form_are_accepted(endpoint: Endpoint, authority: str, end: str) -> None:
    assert endpoint.post(a_body(sap_v1={**V1, "url": f"https://{authority}{BELOW}{end}"})).status_code == 202


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="/?#@\\", exclude_categories=["Cc", "Cs", "Zs"]), max_size=80))
def test_any_text_is_a_host_of_plain_characters_or_refused(text: str) -> None:
    try:
        host = host_of(canonical_url(f"https://{text}{BELOW}/x"))
    except BadHost:
        return
    if ":" in host:
        ipaddress.IPv6Address(host)  # raises for any other text
        return
    assert set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert all(0 < len(label) <= 63 for label in host.split("."))
