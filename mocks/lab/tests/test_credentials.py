"""Names and secrets of tenants."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from attachment_lab.tenant.credentials import (
    TenantNames,
    default_tenant,
    example_integration_json,
    fresh_tenant,
    sealing_key,
)


def test_the_documented_example_is_kept_byte_for_byte() -> None:
    example = example_integration_json()
    digest = "14238bc0e95a528d15e42742562abb87f29e242767cf3bf426513d4f2befbbd1"
    assert (len(example), hashlib.sha256(example).hexdigest()) == (512, digest)


def test_the_default_tenant_uses_the_example_unchanged() -> None:
    assert default_tenant().integration_json.encode() == example_integration_json()


def test_a_fresh_tenant_changes_hosts_and_tenant_only() -> None:
    tenant = fresh_tenant()
    body = json.loads(tenant.integration_json)["request"]["body"]
    assert body["cmi_url"] == f"https://{tenant.cmi_host}/{tenant.tenant_path}/cmi"
    assert body["sap_v1"]["url"] == f"https://{tenant.c4c_host}"
    restored = tenant.integration_json.replace(tenant.cmi_url, default_tenant().cmi_url)
    assert restored.replace(tenant.c4c_url, default_tenant().c4c_url).encode() == example_integration_json()


def test_a_fresh_tenant_has_names_of_the_domains_shape() -> None:
    tenant = fresh_tenant()
    assert re.fullmatch(r"t[0-9a-f]{8}", tenant.tenant_path)
    assert re.fullmatch(r"[a-z0-9]{10}\.execute-api\.eu-central-1\.amazonaws\.com", tenant.cmi_host)
    assert re.fullmatch(r"my\d{7}\.de1\.crm\.cloud\.sap", tenant.c4c_host)


def test_two_tenants_share_no_secret() -> None:
    one, other = fresh_tenant(), fresh_tenant()
    assert not set(one.guarded().values()) & set(other.guarded().values())


@pytest.mark.parametrize("what", ["client_secret", "api_key", "cmi_password", "c4c_password"])
def test_no_secret_shows_in_the_repr(what: str) -> None:
    tenant = default_tenant()
    assert getattr(tenant, what) not in repr(tenant)


def test_passwords_keep_to_the_documented_alphabet() -> None:
    tenant = default_tenant()
    assert (tenant.cmi_password + tenant.c4c_password).isascii()
    assert min(len(tenant.cmi_password), len(tenant.c4c_password)) >= 16


def test_a_tenant_survives_its_journey_to_another_process() -> None:
    tenant = default_tenant()
    assert TenantNames.from_json(json.loads(json.dumps(tenant.to_json()))) == tenant


def test_a_sealing_key_is_a_ring_of_one_key_of_32_bytes() -> None:
    name, _, key = sealing_key().partition(":")
    assert (name, len(base64.urlsafe_b64decode(key))) == ("k1", 32)
