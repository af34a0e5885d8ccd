"""Names and secrets of worlds."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from attachment_lab.tenant.credentials import (
    WorldNames,
    default_world,
    example_integration_json,
    minted_world,
    sealing_key,
)


def test_the_documented_example_is_kept_byte_for_byte() -> None:
    example = example_integration_json()
    digest = "14238bc0e95a528d15e42742562abb87f29e242767cf3bf426513d4f2befbbd1"
    assert (len(example), hashlib.sha256(example).hexdigest()) == (512, digest)


def test_the_default_world_uses_the_example_unchanged() -> None:
    assert default_world().integration_json.encode() == example_integration_json()


def test_a_minted_world_changes_hosts_and_tenant_only() -> None:
    world = minted_world()
    body = json.loads(world.integration_json)["request"]["body"]
    assert body["cmi_url"] == f"https://{world.cmi_host}/{world.tenant}/cmi"
    assert body["sap_v1"]["url"] == f"https://{world.c4c_host}"
    restored = world.integration_json.replace(world.cmi_url, default_world().cmi_url)
    assert restored.replace(world.c4c_url, default_world().c4c_url).encode() == example_integration_json()


def test_a_minted_world_has_names_of_the_domains_shape() -> None:
    world = minted_world()
    assert re.fullmatch(r"t[0-9a-f]{8}", world.tenant)
    assert re.fullmatch(r"[a-z0-9]{10}\.execute-api\.eu-central-1\.amazonaws\.com", world.cmi_host)
    assert re.fullmatch(r"my\d{7}\.de1\.crm\.cloud\.sap", world.c4c_host)


def test_two_worlds_share_no_secret() -> None:
    one, other = minted_world(), minted_world()
    assert not set(one.guarded().values()) & set(other.guarded().values())


@pytest.mark.parametrize("what", ["client_secret", "api_key", "cmi_password", "c4c_password"])
def test_no_secret_shows_in_the_repr(what: str) -> None:
    world = default_world()
    assert getattr(world, what) not in repr(world)


def test_passwords_keep_to_the_documented_alphabet() -> None:
    world = default_world()
    assert (world.cmi_password + world.c4c_password).isascii()
    assert min(len(world.cmi_password), len(world.c4c_password)) >= 16


def test_a_world_survives_its_journey_to_another_process() -> None:
    world = default_world()
    assert WorldNames(**json.loads(json.dumps(world.to_json()))) == world


def test_a_sealing_key_is_a_ring_of_one_key_of_32_bytes() -> None:
    name, _, key = sealing_key().partition(":")
    assert (name, len(base64.urlsafe_b64decode(key))) == ("k1", 32)
