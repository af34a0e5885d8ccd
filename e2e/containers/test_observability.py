"""The profile ``observability``: a real Prometheus, from Debian packages, scrapes the stack and evaluates the alerts.

Grafana is in no Debian package, so it is not started here; ``service/tests/runtime/test_metrics.py`` checks its
dashboard.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from instrument.building import build, install_packages

from attachment_lab.containers.compose_stack import ComposeStack
from attachment_lab.containers.engine import docker

pytestmark = [pytest.mark.stack, pytest.mark.docker, pytest.mark.timeout(600), pytest.mark.xdist_group("docker")]

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus/attachment-transfer.rules.yml"
PROMETHEUS = f"""{install_packages("prometheus", "wget")}
FROM ${{BASE_IMAGE}}
COPY --from=packages /changed /
ENTRYPOINT ["prometheus"]
"""


@pytest.fixture(scope="module")
def prometheus(compose_stack: ComposeStack) -> Iterator[ComposeStack]:
    image = f"attachment-transfer-prometheus:{uuid.uuid4().hex[:8]}"
    build(PROMETHEUS, image)
    variables = {"PROMETHEUS_IMAGE": image, "COMPOSE_PROFILES": "core,demo,observability"}
    compose_stack.compose("up", "-d", "--no-deps", "prometheus", variables=variables)
    try:
        compose_stack.wait_until_healthy("prometheus", timeout_s=120)
        yield compose_stack
    finally:
        compose_stack.compose("rm", "-f", "-s", "prometheus", check=False, variables=variables)
        docker("rmi", "-f", image, check=False)


def asked(stack: ComposeStack, path: str) -> Any:
    answer = json.loads(stack.exec("prometheus", "wget", "-q", "-O", "-", f"http://127.0.0.1:9090/api/v1/{path}"))
    assert answer["status"] == "success"
    return answer["data"]


def test_prometheus_scrapes_both_apis_and_both_workers(prometheus: ComposeStack) -> None:
    def seen() -> dict[str, str]:
        targets = asked(prometheus, "targets")["activeTargets"]
        return {each["labels"]["instance"].partition(":")[0]: each["health"] for each in targets}

    every = dict.fromkeys(("api-1", "api-2", "worker-1", "worker-2"), "up")
    prometheus.wait_for(lambda: seen() == every, lambda: str(seen()), timeout_s=90)


def test_every_alert_is_loaded_and_none_of_them_fails_or_fires_on_a_stack_that_is_well(
    prometheus: ComposeStack,
) -> None:
    written = {
        rule["alert"]
        for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }

    def rules() -> dict[str, dict[str, Any]]:
        groups = asked(prometheus, "rules")["groups"]
        return {rule["name"]: rule for group in groups for rule in group["rules"] if rule["type"] == "alerting"}

    prometheus.wait_for(
        lambda: all(rule["health"] == "ok" for rule in rules().values()),
        lambda: str({name: rule.get("lastError", rule["health"]) for name, rule in rules().items()}),
        timeout_s=180,
    )
    assert rules().keys() == written
    # One that is wrong is pending for as long as its `for`, which may be an hour: none may be.
    prometheus.wait_for(
        lambda: {rule["state"] for rule in rules().values()} == {"inactive"},
        lambda: str({name: rule["state"] for name, rule in rules().items() if rule["state"] != "inactive"}),
        timeout_s=60,
    )
