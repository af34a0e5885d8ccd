"""A customer's configuration on the stack in containers: own domains, an own issuer, two C4C systems, certificates on.

Needs a Docker engine and the images (``deploy/images/build.sh``); skips with one line without them, unless
REQUIRE_DOCKER=1.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from attachment_lab.containers.compose_stack import IMAGES, ComposeStack, ComposeStackOptions
from attachment_lab.containers.engine import docker, require_images, unique_name
from attachment_lab.containers.fixtures import asking_docker
from attachment_lab.tenant.service_api import ServiceApi
from attachment_lab.testing.lab import LabTenant
from mock_kit.testing import free_port

pytestmark = [pytest.mark.stack, pytest.mark.docker, pytest.mark.timeout(900), pytest.mark.xdist_group("docker")]

ROOT = Path(__file__).resolve().parents[2]
CMI = "https://cmi.heron.example/heron/cmi"
ISSUER = "https://auth.heron.example/realms/cc"
OAUTH = {"oauth": {"access_token_url": f"{ISSUER}/token", "issuer": ISSUER}}


def configuration(c4c_url: str, **form: Any) -> dict[str, Any]:
    """The gate's envelope; names of secrets are the customer's."""
    request = {
        "method": "POST",
        "authentication": {"type": "oauth", "secrets_ref": "orchestration-layer"},
        "headers": {
            "x-cmi-api-key": "{secrets.heron-ri}",
            "x-cmi-password": "{secrets.heron-cmi}",
            "x-sap-v1-password": "{secrets.heron-c4c}",
        },
        "body": {
            "cmi_url": CMI,
            "cmi_user": "svc.heron",
            "sap_v1": {"url": c4c_url, "user": "HERON"},
            "contact_id": "{contact.guid}",
        },
    }
    endpoint = "https://cc-workflows-eu-c1.cc.sinch.com/prod/chat-attachments"
    values = {"channel_type": "Chat", "endpoint_url": endpoint, "ordinal": 1, "events": ["Ended"], **form}
    return {"form": values, "json": json.dumps({"request": request}, indent=2), **OAUTH}


#: Inbound chats go to one C4C system, outbound ones to another.
CONFIGURATIONS = [
    configuration("https://crm.heron.example", direction="Inbound"),
    configuration(
        "https://sales.heron.example", direction="Outbound", ordinal=2, queues=[{"address": "support@sinchsms.com"}]
    ),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The configurations as files, as the customer sends them."""
    folder = tmp_path_factory.mktemp("heron")
    made = [folder / name for name in ("inbound.json", "outbound.json")]
    for path, content in zip(made, CONFIGURATIONS, strict=True):
        path.write_text(json.dumps(content, indent=2))
    return made


@pytest.fixture(scope="module")
def stack(files: list[Path]) -> Iterator[ComposeStack]:
    """The stack of this configuration."""
    with asking_docker():
        stack = ComposeStack(ROOT, ComposeStackOptions(configuration=files)).__enter__()
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def tenant(stack: ComposeStack) -> LabTenant:
    """The customer's tenant, open from the start."""
    return stack.tenant_of(stack.first_tenant)


def test_the_files_arrive_on_the_customers_own_names(tenant: LabTenant) -> None:
    tenant.chat(files=[("a.txt", b"one"), ("b.pdf", b"%PDF-1.4 two")]).end()
    assert [each.outcome for each in tenant.wait_until_settled(timeout_s=120)] == ["stored"]
    tenant.assert_invariants_hold()
    assert {entry["host"] for entry in tenant.journal("c4c")} == {"crm.heron.example"}
    assert {entry["host"] for entry in tenant.journal("cmi")} == {"cmi.heron.example"}
    assert "auth.heron.example" in {entry["host"] for entry in tenant.journal("orchestration")}


def test_the_documented_tenants_of_the_pool_are_there_too(stack: ComposeStack) -> None:
    with stack.tenant() as other:
        other.chat(files=[("a.txt", b"one")]).end()
        assert [each.outcome for each in other.wait_until_settled(timeout_s=120)] == ["stored"]


@pytest.mark.parametrize("host", ["other.heron.example", "crm.heron.example.evil.example", "heron.c4c.localhost"])
def test_a_host_that_the_configuration_does_not_name_is_refused(
    stack: ComposeStack, tenant: LabTenant, host: str
) -> None:
    names = tenant.names
    body = {
        "cmi_url": names.cmi_url,
        "cmi_user": names.cmi_user,
        "sap_v1": {"url": f"https://{host}", "user": names.c4c_user},
        "contact_id": "A" * 32,
    }
    secrets = {"x-cmi-api-key": "k", "x-cmi-password": "p", "x-sap-v1-password": "q"}
    token = ServiceApi(stack.clients, names).token()
    answer = httpx.post(
        f"{stack.urls['service']}/prod/chat-attachments",
        json=body,
        headers={"Authorization": f"Bearer {token}", **secrets},
        trust_env=False,
    )
    assert answer.status_code == 403, answer.text
    assert host in answer.text


def test_the_script_makes_a_stack_of_the_files_and_removes_it(files: list[Path]) -> None:
    """As a partner does: ``make up EDI=…``, which plays a chat on these names; the console shows their tenant."""
    with asking_docker():
        require_images(*(f"{image}:local" for image in IMAGES))
    project, port = unique_name("script"), free_port()
    environment = os.environ | {
        "COMPOSE_PROJECT_NAME": project,
        "CONSOLE_PORT": str(port),
        "BALANCER_PORT": str(free_port()),
        "SKIP_BUILD": "1",
    }

    def script(word: str, **variables: str) -> None:
        done = subprocess.run(
            [ROOT / "deploy" / "compose_stack.sh", word],
            cwd=files[0].parent,
            env={**environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        script("up", EDI=" ".join(path.name for path in files))
        (shown,) = httpx.get(f"http://127.0.0.1:{port}/api/tenants", trust_env=False).json()["tenants"]
        assert (shown["cmi_host"], shown["c4c_host"]) == ("cmi.heron.example", "crm.heron.example")
        script("check")
    finally:
        script("down")
    assert docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={project}").split() == []
    assert not (ROOT / ".lab" / project).exists()
