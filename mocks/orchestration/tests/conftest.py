"""A tenant with the documented secrets, and a stand-in for everything it calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from orchestration_caller import (
    PASSWORDS,
    App,
    Outside,
    TenantCaller,
    a_credential,
    a_tenant_body,
    caller_of,
)

from orchestration_mock.app import create_app
from orchestration_mock.wire.egress import read_egress
from orchestration_mock.wire.outbound import HttpSender

DATA = Path(__file__).parent / "data"


@pytest.fixture
def outside() -> Outside:
    """What the tenant calls."""
    return Outside()


@pytest.fixture
def app(tmp_path: Path, outside: Outside) -> Iterator[App]:
    """The mock without a tenant."""
    egress = read_egress("cc-workflows-*.cc.sinch.com=http://127.0.0.1:1,login-*.cc.sinch.com=http://127.0.0.1:2")
    requests = HttpSender(egress, transport_for=lambda _: httpx.MockTransport(outside.handle))
    outside.app = create_app(tmp_path, requests=requests)
    yield outside.app
    for name in outside.app.mock.tenants.names():
        outside.app.mock.tenants.remove(name)


@pytest.fixture
def tenant(app: App, outside: Outside) -> TenantCaller:
    """A tenant with the four documented secrets."""
    assert app.test_client().post("/_mock/tenants", json=a_tenant_body()).status_code == 201
    found = caller_of(app, outside)
    secrets = {**PASSWORDS, "orchestration-layer": a_credential(scope=["chat-attachments"])}
    for name, value in secrets.items():
        assert found.call("POST", "secrets", json={"name": name, "secret": value}).status_code == 201
    return found


@pytest.fixture
def example() -> str:
    """The configuration page's JSON, verbatim."""
    return (DATA / "chat_attachments.json").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _on_contract(on_contract: object) -> None:
    """Live traffic is checked in every test here; ``off_contract`` lifts that."""
