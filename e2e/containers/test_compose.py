"""The stack in containers: the production JSON unchanged, certificate checks on, least privilege, two open ports.

Needs a Docker engine and the images (``deploy/images/build.sh``); skips with one line without them, unless
REQUIRE_DOCKER=1.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from attachment_lab.containers.compose_stack import ComposeStack
from attachment_lab.containers.engine import docker
from attachment_lab.containers.names import aliases
from attachment_lab.errors import WrongUse
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.tenant.conversation import LabConversation
from attachment_lab.tenant.credentials import example_integration_json

pytestmark = [pytest.mark.stack, pytest.mark.docker, pytest.mark.timeout(900), pytest.mark.xdist_group("docker")]

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
#: Images that come from elsewhere and are optional.
FOREIGN = {"prometheus", "grafana"}
OWN = {name: each for name, each in COMPOSE["services"].items() if name not in FOREIGN}
#: For benchmarks between networks (RFC 2544); nobody else has it.
OUTSIDE = ipaddress.ip_network("198.18.7.0/30")
#: Says whether a way leads there.
KNOCK = """
import errno, socket
try:
    socket.create_connection(("{host}", {port}), timeout=4).close()
    print("reached")
except OSError as e:
    print(f"no way ({{errno.errorcode.get(e.errno, e)}})")
"""
LEAST = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "ulimits": {"core": 0},
}


# ── the file alone ────────────────────────────────────────────────────────────────────────────────


def test_every_container_has_least_privileges_and_limits() -> None:
    for name, each in COMPOSE["services"].items():
        assert {key: each[key] for key in LEAST} == LEAST, name
        assert not str(each["user"]).startswith("0"), name
        assert {"mem_limit", "cpus", "pids_limit"} <= each.keys(), name


def test_every_container_that_stays_has_a_health_check() -> None:
    once = {name for name, each in OWN.items() if each.get("restart") == "no"}
    assert once == {"provision", "tenants", "migrate"}
    for name, each in COMPOSE["services"].items():
        assert ("disable" in each["healthcheck"]) is (name in once), name
        assert name in once or each["healthcheck"]["test"][0] == "CMD", name


def test_only_the_console_and_the_balancer_are_published_and_on_loopback() -> None:
    """And Grafana, where the profile ``observability`` was chosen."""
    published = {name: each["ports"] for name, each in COMPOSE["services"].items() if "ports" in each}
    assert set(published) == {"console", "balancer", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_who_is_not_published_is_in_closed_networks_alone() -> None:
    inside = {name: set(each.get("networks", ())) for name, each in OWN.items() if "ports" not in each}
    assert [name for name, networks in inside.items() if "front" in networks] == []
    assert {"orchestration", "cmi", "c4c", "postgres", "api-1", "worker-1"} <= inside.keys()


def test_every_network_but_the_published_one_is_closed() -> None:
    assert {name for name, each in COMPOSE["networks"].items() if not each.get("internal")} == {"front"}
    no_way_out = COMPOSE["networks"]["front"]["driver_opts"]["com.docker.network.bridge.enable_ip_masquerade"]
    assert no_way_out == "false"


def test_the_mocks_answer_to_every_name_that_their_certificates_cover() -> None:
    found = {
        name: tuple(OWN[name]["networks"]["stack"]["aliases"]) for name in ("balancer", "orchestration", "cmi", "c4c")
    }
    assert found == aliases()
    assert len(found["cmi"]) == len(found["c4c"]) == 33


def test_no_secret_stands_in_the_compose_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8") + (ROOT / ".env").read_text(encoding="utf-8")
    given = re.findall(r"(?i)(\w*(?:password|secret|token|key|database_url)\w*): *[\"']?(\S+)", text)
    assert {name for name, value in given if not value.startswith("/run/lab/")} == {
        "ATTACHMENT_TRANSFER_TOKEN_ISSUERS",
        "ATTACHMENT_TRANSFER_TOKEN_AUDIENCE",
    }


def test_there_is_no_egress_map_and_no_lab_mode() -> None:
    settings = COMPOSE["x-service-environment"]
    assert not [name for name in settings if "EGRESS" in name or "LAB" in name]


def test_postgresql_has_a_connection_for_all_that_its_clients_may_hold() -> None:
    most_per_process = 31  # docs/operations.md: 30 of the pool, one that listens
    processes = [name for name, each in OWN.items() if each["image"].startswith("attachment-transfer:")]
    allowed = int(OWN["postgres"]["environment"]["POSTGRES_CONNECTIONS"])
    assert allowed >= most_per_process * len(processes)
    assert len(processes) == 5


def test_every_profile_is_known() -> None:
    assert {profile for each in COMPOSE["services"].values() for profile in each["profiles"]} == {
        "core",
        "demo",
        "observability",
    }


def test_prometheus_scrapes_every_api_and_worker_by_the_job_names_of_the_alerts() -> None:
    scraped = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    jobs = {each["job_name"]: each["static_configs"][0]["targets"] for each in scraped["scrape_configs"]}
    assert jobs == {
        "attachment-transfer-api": ["api-1:8104", "api-2:8104"],
        "attachment-transfer-worker": ["worker-1:8105", "worker-2:8105"],
    }
    rules = (ROOT / "deploy/prometheus" / scraped["rule_files"][0]).read_text(encoding="utf-8")
    assert "attachment-transfer-(api|worker)" in rules


def test_what_is_mounted_from_this_folder_is_there() -> None:
    mounted = [path.partition(":")[0] for each in COMPOSE["services"].values() for path in each.get("volumes", [])]
    folders = [path for path in mounted if path.startswith("./")]
    assert folders
    assert [path for path in folders if not (ROOT / path).exists()] == []


# ── the stack itself ──────────────────────────────────────────────────────────────────────────────


def test_the_production_json_runs_unchanged(compose_stack: ComposeStack) -> None:
    names, to = compose_stack.first_tenant, compose_stack.clients
    path = f"/{names.tenant_path}/system-configurator/api/event-driven-integrations"
    (integration,) = to.orchestration.get(path)
    assert integration["json"].encode() == example_integration_json()
    reconciliation = _reconciliation(compose_stack)
    chat = LabConversation.open(to, names)
    chat.accept()
    chat.send(("photo.jpg", b"\xff\xd8\xff" + bytes(range(256)) * 400))
    chat.send(("Übergabe & Vertrag.pdf", b"%PDF-1.4 not really"))
    chat.end()
    wait_until_settled(reconciliation, timeout_s=120)
    verdict = reconciliation.verdict()
    assert verdict.ok, [str(each) for each in verdict.violations]
    assert {each.name for each in verdict.records.objects} == {"photo.jpg", "Übergabe & Vertrag.pdf"}


def test_a_worker_that_does_not_know_the_labs_ca_sends_nothing(compose_stack: ComposeStack) -> None:
    """The same names, the same certificates: only the authority is one that it was not told of."""
    workers = ("worker-1", "worker-2")
    with compose_stack.tenant() as tenant:
        compose_stack.compose(
            "up", "-d", "--no-deps", *workers, variables={"WORKER_CA_FILE": "/etc/ssl/certs/ca-certificates.crt"}
        )
        try:
            compose_stack.wait_until_healthy(*workers)
            tenant.chat(files=[("a.txt", b"not for strangers")]).end()
            compose_stack.wait_for(
                lambda: any(each.state in {"waiting", "parked"} and each.reason for each in tenant.transfers()),
                lambda: f"no transfer waits with a reason: {tenant.transfers()}",
                timeout_s=120,
            )
            (transfer,) = tenant.transfers()
            assert "its certificate is not accepted: unable to get local issuer certificate" in str(transfer.reason)
            assert "SSL_CERT_FILE" in str(transfer.remedy)
            assert tenant.stored() == []
        finally:
            compose_stack.compose("up", "-d", "--no-deps", *workers)
            compose_stack.wait_until_healthy(*workers)
        tenant.wait_until_settled(timeout_s=180)
        assert len(tenant.stored()) == 1


def test_the_console_shows_the_documentations_tenant(compose_stack: ComposeStack) -> None:
    console = compose_stack.urls["console"]
    page = httpx.get(f"{console}/", follow_redirects=True, timeout=30, trust_env=False)
    assert page.status_code == 200
    assert compose_stack.first_tenant.name in page.text


def test_a_tenant_of_the_pool_is_a_tenant_of_its_own(compose_stack: ComposeStack) -> None:
    with compose_stack.tenant() as one, compose_stack.tenant() as other:
        one.chat(files=[("a.txt", b"of one")]).end()
        one.wait_until_settled(timeout_s=120)
        assert [each.name for each in one.stored()] == ["a.txt"]
        assert other.stored() == []
        assert other.transfers() == []


def test_a_tenant_that_was_closed_may_be_had_again_and_one_too_many_is_told(compose_stack: ComposeStack) -> None:
    free = len(compose_stack._pool)
    with ExitStack() as open_ones:
        first = open_ones.enter_context(compose_stack.tenant(check=False))
        for _ in range(free - 1):
            open_ones.enter_context(compose_stack.tenant(check=False))
        with pytest.raises(WrongUse, match="all 32 tenants"), compose_stack.tenant():
            pass
    assert len(compose_stack._pool) == free
    assert first.name in {names.name for names in compose_stack._pool}


@pytest.mark.parametrize("stopped", ["api-1", "api-2"])
def test_both_apis_serve_and_one_alone_is_enough(compose_stack: ComposeStack, stopped: str) -> None:
    url = f"{compose_stack.urls['service']}/readyz"
    compose_stack.compose("stop", stopped)
    try:
        assert httpx.get(url, timeout=30, trust_env=False).status_code == 200
        with compose_stack.tenant() as tenant:
            tenant.chat(files=[("b.txt", b"through the other one")]).end()
            tenant.wait_until_settled(timeout_s=120)
    finally:
        compose_stack.compose("start", stopped)
        compose_stack.wait_until_healthy(stopped)


def test_what_runs_is_not_root_and_can_write_nowhere_but_where_it_must(compose_stack: ComposeStack) -> None:
    for name, each in compose_stack.containers().items():
        host = each["HostConfig"]
        assert each["Config"]["User"] == "10001:10001", name
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["Privileged"], name  # noqa: PT018
        assert host["Memory"] and host["PidsLimit"], name  # noqa: PT018
        if each["State"]["Running"]:
            status = compose_stack.exec(name, "cat", "/proc/1/status")
            assert "CapEff:\t0000000000000000" in status, name
            assert "NoNewPrivs:\t1" in status, name


def test_no_secret_is_in_an_environment_or_a_log(compose_stack: ComposeStack) -> None:
    guarded = compose_stack.first_tenant.guarded()
    environments = {name: json.dumps(each["Config"]["Env"]) for name, each in compose_stack.containers().items()}
    logs = compose_stack.logs(lines=2000)
    for what, secret in guarded.items():
        assert secret not in logs, what
        assert not [name for name, text in environments.items() if secret in text], what


def test_nothing_gets_out_of_the_stack(compose_stack: ComposeStack) -> None:
    """Out is a host beyond this machine, to which a container of an open network does get."""
    with a_host_outside() as (address, port):
        ask = KNOCK.format(host=address, port=port)
        image = f"attachment-transfer:{compose_stack.options.tag}"
        assert docker("run", "--rm", "--entrypoint", "python3", image, "-c", ask).strip() == "reached"
        running = [name for name, each in compose_stack.containers().items() if each["State"]["Running"]]
        assert len(running) == 10
        with ThreadPoolExecutor(max_workers=5) as several:
            answers = several.map(lambda name: compose_stack.exec(name, "python3", "-c", ask).strip(), running)
            assert [(name, answer) for name, answer in zip(running, answers, strict=True) if answer == "reached"] == []


@contextmanager
def a_host_outside() -> Iterator[tuple[str, int]]:
    """A host that this machine routes to, and that knows no way to Docker's networks. Needs root."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        lacking = "a host beyond this machine is made with `ip` (package iproute2), as root"
        pytest.fail(lacking) if os.environ.get("REQUIRE_DOCKER") == "1" else pytest.skip(lacking)
    name = f"out{uuid.uuid4().hex[:6]}"
    near, far = f"{name}a", f"{name}b"
    setup = [
        f"ip netns add {name}",
        f"ip link add {near} type veth peer name {far} netns {name}",
        f"ip addr add {OUTSIDE.network_address + 1}/{OUTSIDE.prefixlen} dev {near}",
        f"ip link set {near} up",
        f"ip -n {name} addr add {OUTSIDE.network_address + 2}/{OUTSIDE.prefixlen} dev {far}",
        f"ip -n {name} link set {far} up",
    ]
    listen = "import socket; s = socket.create_server(('', 8099)); print('ready', flush=True)\nwhile True: s.accept()"
    listener = None
    try:
        for command in setup:
            subprocess.run(command.split(), check=True, capture_output=True, text=True)
        listener = subprocess.Popen(
            ["ip", "netns", "exec", name, "python3", "-c", listen], stdout=subprocess.PIPE, text=True
        )
        assert listener.stdout is not None
        assert listener.stdout.readline() == "ready\n"
        yield str(OUTSIDE.network_address + 2), 8099
    finally:
        if listener is not None:
            listener.kill()
            listener.wait()
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@pytest.mark.parametrize("command", [["docker-compose"], ["docker", "compose"]], ids=["1", "2 or later"])
def test_compose_reads_the_files(command: list[str]) -> None:
    try:
        version = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, check=False).stdout
    except OSError:
        version = ""
    if not version or (command == ["docker-compose"] and not version.startswith("1.")):
        pytest.skip(f"there is no {' '.join(command)}{' 1' if len(command) == 1 else ''} on this machine")
    for more in ([], ["deploy/compose.tests.yml"], ["deploy/compose.tests.yml", "e2e/compose.outages.yml"]):
        files = [word for file in ["docker-compose.yml", *more] for word in ("-f", file)]
        done = subprocess.run([*command, *files, "config", "-q"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def _reconciliation(stack: ComposeStack) -> Any:
    from attachment_lab.reconciliation.reading import Reconciliation  # noqa: PLC0415

    return Reconciliation(stack.clients, stack.first_tenant)
