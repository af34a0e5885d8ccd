"""The manifests' workloads: commands, security, networks, scraping and scaling, as the program has them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from fakes import HandClock
from ingress_kit import Endpoint
from kubernetes_kit import (
    EXAMPLE,
    FOLDER,
    ROOT,
    SECRETS,
    WORKLOADS,
    Document,
    base,
    container,
    documents,
    environment,
    labels,
    of_kind,
    pod,
    selects,
    settings_of,
    workloads,
)

from attachment_transfer import __version__
from attachment_transfer.cli.main import main
from attachment_transfer.ledger.gauges import metrics_text
from attachment_transfer.runtime.settings import Settings

GRACE_S = 15


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
    assert "lifecycle" in container(workloads(base())["api"]), "balancers must stop sending before the port closes"


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


def test_a_workers_tmp_has_room_for_a_spool_file_of_the_largest_size_for_every_round(tmp_path: Path) -> None:
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
                    assert rule.get("from") or rule.get("to"), "a rule without peers allows every peer"
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
