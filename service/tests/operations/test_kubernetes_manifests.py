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
    kustomizations,
    mounted_files,
    of_kind,
    patches,
    settings_of,
    wholes,
    workloads,
)

from attachment_transfer.runtime.settings import Settings
from attachment_transfer.worker.health import HealthServer

#: The oldest Kubernetes that the manifests promise, and the newest whose schemas are here.
VERSIONS = ("1.29.0", kubernetes_validate.latest_version())
#: Kinds that a cluster knows only by an operator: their schemas are not the API's.
CUSTOM = frozenset({"PodMonitor", "PrometheusRule", "ScaledObject"})
GRACE_S = 15


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


def test_no_manifest_contains_a_secret() -> None:
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
