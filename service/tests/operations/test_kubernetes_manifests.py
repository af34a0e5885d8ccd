"""The Kubernetes manifests: valid to the letter, and true to the program that they start."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from fakes import HandClock
from ingress_kit import Endpoint
from kubernetes_kit import (
    EXAMPLE,
    FOLDER,
    ROOT,
    WORKLOADS,
    Document,
    base,
    container,
    documents,
    environment,
    kustomizations,
    labels,
    mounted_files,
    of_kind,
    patches,
    pod,
    rendered,
    selects,
    settings_of,
    wholes,
    workloads,
)

from attachment_transfer import __version__
from attachment_transfer.cli.main import main
from attachment_transfer.ledger.gauges import metrics_text
from attachment_transfer.ledger.sealing import new_master_key
from attachment_transfer.runtime.settings import Settings
from attachment_transfer.worker.health import HealthServer

#: The oldest Kubernetes that the manifests promise, and the newest whose schemas are here.
VERSIONS = ("1.29.0", kubernetes_validate.latest_version())
#: Kinds that a cluster knows only by an operator: their schemas are not the API's.
CUSTOM = frozenset({"PodMonitor", "PrometheusRule", "ScaledObject"})
SECRETS = {
    "database-url": "postgresql://transfer:Word-1618@db.example/transfer",
    "sealing-keys": f"k1:{new_master_key()}",
}
GRACE_S = 15


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    return rendered("keda", "clamd", "otel", folder=tmp_path_factory.mktemp("rendered"))


def with_the_examples_settings() -> list[Document]:
    """The base, with the example's ConfigMap laid over it, as kustomize would."""
    found = copy.deepcopy(base())
    [settings] = of_kind(found, "ConfigMap")
    settings["data"] |= documents(EXAMPLE / "settings.yaml")[0]["data"]
    return found


def check(document: Document, version: str) -> None:
    if document["kind"] not in CUSTOM:
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_fits_the_schemas_of_the_api(version: str) -> None:
    for _, document in wholes():
        check(document, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_rendered_manifest_fits_them_too(example: list[Document], version: str) -> None:
    assert {document["kind"] for document in example} >= {"Ingress", "HorizontalPodAutoscaler", "Namespace"}
    for document in example:
        check(document, version)
        assert document["kind"] == "Namespace" or document["metadata"]["namespace"] == "attachment-transfer"


def test_a_field_that_no_schema_knows_is_seen() -> None:
    broken = copy.deepcopy(workloads(base())["api"])
    container(broken)["readynessProbe"] = container(broken).pop("readinessProbe")
    with pytest.raises(kubernetes_validate.ValidationError, match="readynessProbe"):
        check(broken, VERSIONS[-1])


def test_every_file_belongs_to_a_kustomization() -> None:
    named = set(kustomizations())
    for file in kustomizations():
        content = documents(file)[0]
        files = [
            *content["resources"],
            *content.get("components", []),
            *(one["path"] for one in content.get("patches", [])),
        ]
        for name in files:
            assert (file.parent / name).exists(), f"{file}: {name}"
            named.add((file.parent / name).resolve())
    assert set(FOLDER.rglob("*.yaml")) <= named
    targets = {(document["kind"], document["metadata"]["name"]) for _, document in wholes()}
    for patch in patches():
        assert {(one["kind"], one["metadata"]["name"]) for one in documents(patch)} <= targets


def checked(found: list[Document], component: str, folder: Path) -> tuple[int, list[str]]:
    """``check-config`` with exactly what the pod would be given, and nothing else."""
    env = environment(found, component, secrets=SECRETS, mount=folder)
    done = subprocess.run(
        [sys.executable, "-m", "attachment_transfer", "check-config", "--json"],
        env={"PATH": os.environ["PATH"], **env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, [finding["message"] for finding in json.loads(done.stdout)["findings"]]


@pytest.mark.parametrize("component", WORKLOADS)
def test_the_example_has_settings_that_the_program_finds_nothing_wrong_with(component: str, tmp_path: Path) -> None:
    assert checked(with_the_examples_settings(), component, tmp_path) == (0, [])


def test_the_base_alone_lacks_the_issuers_and_nothing_else(tmp_path: Path) -> None:
    code, findings = checked(base(), "api", tmp_path)
    assert code == 0
    assert [re.sub(r" .*", "", finding) for finding in findings] == ["ATTACHMENT_TRANSFER_TOKEN_ISSUERS"]


def test_a_setting_that_the_program_does_not_know_is_seen(tmp_path: Path) -> None:
    found = with_the_examples_settings()
    of_kind(found, "ConfigMap")[0]["data"]["ATTACHMENT_TRANSFER_ROUND_PER_WORKER"] = "9"
    _, findings = checked(found, "worker", tmp_path)
    assert findings == [
        "ATTACHMENT_TRANSFER_ROUND_PER_WORKER is no setting: is it ATTACHMENT_TRANSFER_ROUNDS_PER_WORKER?"
    ]


@pytest.mark.parametrize("component", WORKLOADS)
def test_pods_work_on_postgresql_whatever_the_image_says(component: str, tmp_path: Path) -> None:
    settings = Settings.from_env(environment(base(), component, secrets=SECRETS, mount=tmp_path))
    assert settings.database_url == SECRETS["database-url"]
    assert not settings.lab_mode


def test_the_components_settings_are_known_and_good(example: list[Document], tmp_path: Path) -> None:
    assert checked(example, "worker", tmp_path) == (0, [])
    settings = Settings.from_env(environment(example, "worker", secrets=SECRETS, mount=tmp_path))
    assert settings.otel
    assert settings.clamd is not None


def test_no_manifest_holds_a_secret() -> None:
    for _, document in wholes():
        assert document["kind"] != "Secret"
    for workload in workloads(base()).values():
        names = settings_of(base(), workload)
        assert not [name for name in names if re.search("PASSWORD|TOKEN$|_KEYS?$|DATABASE_URL$", name)]
        assert {key for key, _ in mounted_files(workload)} == set(SECRETS)
    for file in FOLDER.rglob("*.yaml"):
        assert not re.search(r"postgres(ql)?://|\bk\d+:[A-Za-z0-9_-]{40}", file.read_text(encoding="utf-8")), file


def routes(app: Any) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules()}


def test_probes_ask_for_what_the_programs_answer(endpoint: Endpoint) -> None:
    health = HealthServer("127.0.0.1", 0, metrics=lambda: b"")
    health._server.server_close()
    answered = {"api": routes(endpoint.http.application), "worker": routes(health.app)}
    for component, paths in answered.items():
        one = container(workloads(base())[component])
        ports = {port["name"]: port["containerPort"] for port in one["ports"]}
        for probe, path in (("startup", "/healthz"), ("liveness", "/healthz"), ("readiness", "/readyz")):
            asked = one[f"{probe}Probe"]["httpGet"]
            assert asked["path"] == path
            assert asked["path"] in paths
            assert asked["port"] in ports
        assert "/metrics" in paths


def test_ports_are_the_ones_that_the_programs_open(tmp_path: Path) -> None:
    settings = Settings.from_env(environment(base(), "worker", secrets=SECRETS, mount=tmp_path))
    found = workloads(base())
    opened = {"api": settings.port, "worker": settings.worker_port}
    for component, number in opened.items():
        assert [port["containerPort"] for port in container(found[component])["ports"]] == [number]
    [service] = of_kind(base(), "Service")
    assert [(port["port"], port["targetPort"]) for port in service["spec"]["ports"]] == [(settings.port, "http")]
    dockerfile = (ROOT / "service" / "Dockerfile").read_text(encoding="utf-8")
    assert f"EXPOSE {settings.port} {settings.worker_port}" in dockerfile


def test_containers_are_started_by_commands_that_exist_in_the_image_of_this_version() -> None:
    dockerfile = (ROOT / "service" / "Dockerfile").read_text(encoding="utf-8")
    assert 'ENTRYPOINT ["attachment-transfer"]' in dockerfile
    for workload in workloads(base()).values():
        assert container(workload)["args"][0] in main.commands
        assert "command" not in container(workload)
        assert container(workload)["image"] == f"attachment-transfer:{__version__}"
        assert f"USER {pod(workload)['securityContext']['runAsUser']}:" in dockerfile
    assert documents(EXAMPLE / "kustomization.yaml")[0]["images"][0]["newTag"] == __version__


def test_a_pod_is_given_the_time_that_its_drain_takes() -> None:
    for component in ("api", "worker"):
        workload = workloads(base())[component]
        drain_s = int(settings_of(base(), workload)["ATTACHMENT_TRANSFER_DRAIN_S"])
        pause_s = int(
            container(workload).get("lifecycle", {"preStop": {"exec": {"command": ["sleep", "0"]}}})["preStop"]["exec"][
                "command"
            ][1]
        )
        assert pod(workload)["terminationGracePeriodSeconds"] >= pause_s + drain_s + GRACE_S
    assert "lifecycle" in container(workloads(base())["api"]), "balancers must hear before the port closes"


def test_updates_and_evictions_leave_pods_at_work() -> None:
    budgets = {document["metadata"]["name"]: document["spec"] for document in of_kind(base(), "PodDisruptionBudget")}
    for component in ("api", "worker"):
        workload = workloads(base())[component]
        replicas = workload["spec"]["replicas"]
        assert replicas >= 2
        assert workload["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        budget = budgets[workload["metadata"]["name"]]
        assert 1 <= budget["maxUnavailable"] < replicas
        assert selects(budget["selector"], labels(workload))


def test_every_selector_takes_its_own_pods_and_no_others() -> None:
    found = workloads(base())
    for component in ("api", "worker"):
        for document in base():
            selector = document["spec"].get("selector") if "spec" in document else None
            if selector is None or document["metadata"]["labels"].get("app.kubernetes.io/component") != component:
                continue
            wanted = selector if "matchLabels" in selector else {"matchLabels": selector}
            assert {name for name, one in found.items() if selects(wanted, labels(one))} == {component}
        for constraint in pod(found[component])["topologySpreadConstraints"]:
            assert selects(constraint["labelSelector"], labels(found[component]))


@pytest.mark.parametrize("component", WORKLOADS)
def test_pods_are_what_the_restricted_standard_asks_for_and_more(component: str) -> None:
    spec = pod(workloads(base())[component])
    one = container(workloads(base())[component])
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False, "a Service's name could pass for a setting"
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} <= one["resources"]["requests"].keys() & one["resources"]["limits"].keys()
    assert {next(iter(volume.keys() - {"name"})) for volume in spec["volumes"]} == {"secret", "emptyDir"}
    assert {mount["mountPath"] for mount in one["volumeMounts"]} == {"/etc/attachment-transfer", "/tmp"}


def test_a_workers_tmp_holds_a_spool_file_of_the_largest_size_for_every_round(tmp_path: Path) -> None:
    worker = workloads(base())["worker"]
    settings = Settings.from_env(environment(base(), "worker", secrets=SECRETS, mount=tmp_path))
    [limit] = [one["emptyDir"]["sizeLimit"] for one in pod(worker)["volumes"] if one["name"] == "tmp"]
    needed = settings.rounds_per_worker * (settings.max_attachment_bytes + settings.prefetch_bytes)
    assert int(limit.removesuffix("Gi")) * 1024**3 >= needed


def ways(component: str, direction: str, found: list[Document]) -> set[tuple[str, str, int]]:
    """(policy, protocol, port) of everything that a pod may do in that direction."""
    of = labels(workloads(found)[component])
    return {
        (policy["metadata"]["name"].removeprefix("attachment-transfer-"), port["protocol"], port["port"])
        for policy in of_kind(found, "NetworkPolicy")
        if selects(policy["spec"]["podSelector"], of)
        for rule in policy["spec"].get(direction, [])
        for port in rule["ports"]
        if rule.get("from") or rule.get("to")
    }


def test_every_pod_may_do_what_is_named_and_nothing_else() -> None:
    found = base()
    names = {("to-dns", "UDP", 53), ("to-dns", "TCP", 53), ("to-postgresql", "TCP", 5432)}
    assert ways("migrate", "egress", found) == names
    assert ways("migrate", "ingress", found) == set()
    for component in ("api", "worker"):
        assert ways(component, "egress", found) == names | {("to-neighbours", "TCP", 443)}
    assert ways("api", "ingress", found) == {("api-in", "TCP", 8104)}
    assert ways("worker", "ingress", found) == {("worker-in", "TCP", 8105)}


def test_every_pod_is_denied_what_no_policy_allows(example: list[Document]) -> None:
    for found in (base(), example):
        for component in WORKLOADS:
            of = labels(workloads(found)[component])
            denying = [
                policy
                for policy in of_kind(found, "NetworkPolicy")
                if selects(policy["spec"]["podSelector"], of)
                and set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
                and not policy["spec"].get("ingress")
                and not policy["spec"].get("egress")
            ]
            assert denying, component
        for policy in of_kind(found, "NetworkPolicy"):
            for direction in ("ingress", "egress"):
                for rule in policy["spec"].get(direction, []):
                    assert rule.get("from") or rule.get("to"), "a rule without peers allows everybody"
                    assert rule["ports"]


def test_only_the_endpoint_and_the_operators_pages_are_reached_from_outside() -> None:
    [ingress] = documents(EXAMPLE / "ingress.yaml")
    [rule] = ingress["spec"]["rules"]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/prod/chat-attachments", "/transfers", "/operator"]
    [service] = of_kind(base(), "Service")
    for path in rule["http"]["paths"]:
        assert path["backend"]["service"]["name"] == service["metadata"]["name"]
        assert path["backend"]["service"]["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}


def test_the_operators_alerts_are_the_alerts() -> None:
    [rules] = documents(FOLDER / "components" / "prometheus-operator" / "rules.yaml")
    alerts = yaml.safe_load((ROOT / "deploy/prometheus/attachment-transfer.rules.yml").read_text(encoding="utf-8"))
    assert rules["spec"] == alerts


def test_pods_are_scraped_under_the_alerts_job_names() -> None:
    monitors = documents(FOLDER / "components" / "prometheus-operator" / "monitors.yaml")
    for component, monitor in zip(("api", "worker"), monitors, strict=True):
        workload = workloads(base())[component]
        [endpoint] = monitor["spec"]["podMetricsEndpoints"]
        assert selects(monitor["spec"]["selector"], labels(workload))
        assert endpoint["port"] in {port["name"] for port in container(workload)["ports"]}
        assert endpoint["path"] == "/metrics"
        assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": f"attachment-transfer-{component}"}]


def test_workers_are_scaled_by_metrics_and_limits_that_exist(endpoint: Endpoint, clock: HandClock) -> None:
    [scaled] = documents(FOLDER / "components" / "keda" / "worker.yaml")
    [trigger] = scaled["spec"]["triggers"]
    settings = settings_of(base(), workloads(base())["worker"])
    assert trigger["metadata"]["threshold"] == settings["ATTACHMENT_TRANSFER_ROUNDS_PER_WORKER"]
    assert scaled["spec"]["scaleTargetRef"]["name"] == workloads(base())["worker"]["metadata"]["name"]
    exported = metrics_text(endpoint.engine, clock.now_s).decode()
    for metric in re.findall(r"attachment_transfer_\w+", trigger["metadata"]["query"]):
        assert f"# TYPE {metric} gauge" in exported
    assert re.findall(r"attachment_transfer_\w+", trigger["metadata"]["query"])
