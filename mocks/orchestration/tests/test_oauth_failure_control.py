"""Planned failures of the issuer: key set, metadata, and the list of failures."""

from typing import Any

import pytest
from orchestration_caller import TenantCaller

from orchestration_mock.model.issuer.failures import KEY_FAILURES, KINDS, METADATA_FAILURES


def plan(tenant: TenantCaller, kind: str, **more: Any) -> Any:
    return tenant.control("oauth/failures", {"kind": kind} | more, status=201)


@pytest.mark.parametrize("kind", KEY_FAILURES)
def test_the_key_set_can_fail_and_recovers(tenant: TenantCaller, kind: str) -> None:
    before = tenant.read("oauth")["kid"]
    after = tenant.control("oauth/rotate")["kid"]
    plan(tenant, kind)
    struck, healthy = (tenant.client.get("/acme/.well-known/jwks.json") for _ in range(2))
    assert [key["kid"] for key in healthy.get_json()["keys"]] == [after, before]
    if kind == "keys_unavailable":
        assert struck.status_code == 503
    elif kind == "keys_garbled":
        assert struck.get_json(silent=True) is None
    else:
        assert [key["kid"] for key in struck.get_json()["keys"]] == ([before] if kind == "keys_outdated" else [])


@pytest.mark.parametrize("kind", METADATA_FAILURES)
def test_the_metadata_can_fail_and_recovers(tenant: TenantCaller, kind: str) -> None:
    plan(tenant, kind)
    struck, healthy = (tenant.client.get("/acme/.well-known/openid-configuration") for _ in range(2))
    assert healthy.get_json()["issuer"] == tenant.state.issuer.url
    assert struck.status_code == 503 or struck.get_json()["issuer"] != tenant.state.issuer.url


def test_failures_are_listed_counted_and_removed(tenant: TenantCaller) -> None:
    planned = plan(tenant, "invalid_client", times=2)
    endless = plan(tenant, "server_error", times=None)
    assert [tenant.token_reply().status_code for _ in range(4)] == [401, 401, 500, 500]
    listed = tenant.read("oauth/failures")
    assert [(f["id"], f["left"], f["struck"]) for f in listed["failures"]] == [
        (planned["id"], 0, 2),
        (endless["id"], None, 2),
    ]
    assert listed["kinds"] == list(KINDS)
    assert tenant.client.delete(f"/_mock/oauth/failures/{endless['id']}").status_code == 204
    assert tenant.client.delete(f"/_mock/oauth/failures/{endless['id']}").status_code == 404
    assert tenant.token_reply().status_code == 200
    plan(tenant, "server_error")
    assert tenant.client.delete("/_mock/oauth/failures").status_code == 204
    assert tenant.token_reply().status_code == 200


@pytest.mark.parametrize("body", [{"kind": "gremlin"}, {"kind": "server_error", "times": -1}, {"times": 1}])
def test_a_wrong_failure_is_refused(tenant: TenantCaller, body: dict[str, Any]) -> None:
    assert tenant.client.post("/_mock/oauth/failures", json=body).status_code == 422


def test_a_reset_removes_every_failure(tenant: TenantCaller) -> None:
    plan(tenant, "server_error", times=None)
    tenant.client.post("/_mock/oauth", json={"clock_skew_s": 300, "expires_in": 5})
    tenant.client.post("/_mock/reset")
    assert tenant.token_reply().get_json()["expires_in"] == 3599
    assert tenant.read("oauth")["clock_skew_s"] == 0
