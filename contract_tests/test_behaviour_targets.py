"""``--target tenant`` tried out: a stack stands in for the tenant, reached by its real names through a loopback map.

Each run is a pytest process. What it sent is read from the mocks' journals, not from its own output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from attachment_lab.probe.rehearsal import CUSTOMER, FILES, SAYING, environment, prepare_rehearsal, rehearsal_target
from attachment_lab.probe.target import PREFIX, ProbeTarget
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import LabTenant

pytestmark = [
    pytest.mark.off_contract(reason="asks on purpose for what no contract knows"),
    pytest.mark.stack,
    pytest.mark.timeout(240),
    pytest.mark.no_reconciliation(reason="the suite leaves files in C4C that no chat sent"),
]
SUITE = Path(__file__).parent / "behaviour"
OK, FAILED, WRONG_USE = 0, 1, 4


@dataclass(frozen=True)
class Run:
    """Exit code, output and report of a run."""

    code: int
    text: str
    report: Mapping[str, Any]


def run_suite(tmp_path: Path, env: Mapping[str, str], *arguments: str) -> Run:
    """``pytest contract_tests/behaviour`` in a process of its own."""
    report = tmp_path / f"assumptions-{len(list(tmp_path.iterdir()))}.json"
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", PREFIX))}
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(SUITE),
        "-q",
        "-p",
        "no:cacheprovider",
        "--assumptions-report",
        str(report),
    ]
    answer = subprocess.run(
        [*command, *arguments],
        env=ours | dict(env),
        cwd=SUITE.parent.parent,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    found = json.loads(report.read_text()) if report.exists() else {}
    return Run(answer.returncode, answer.stdout + answer.stderr, found)


@pytest.fixture
def target(tenant: LabTenant) -> ProbeTarget:
    """This test's tenant, as the owner of a tenant would describe it."""
    to = tenant.lab.stack.clients
    return rehearsal_target(to, tenant.names, *prepare_rehearsal(to, tenant.names))


def changes(tenant: LabTenant, mock: Any) -> list[str]:
    """Requests that the suite sent to a mock and that are not reads."""
    return [
        f"{each['method']} {each['url']}"
        for each in tenant.journal(mock)
        if each["method"] not in {"GET", "HEAD"} and "/_mock/" not in each["url"]
    ]


def refused_passwords(tenant: LabTenant, mock: Any) -> int:
    """How many requests had a user's password and got a 401."""
    return sum(
        1
        for each in tenant.journal(mock)
        if each["status"] == 401 and "authorization" in {name.lower() for name in each["request_headers"]}
    )


@pytest.mark.long
def test_a_tenant_and_the_mock_get_the_same_requests_and_respond_alike(
    tenant: LabTenant, target: ProbeTarget, tmp_path: Path
) -> None:
    on_mock = run_suite(tmp_path, {}, "--target", "mock")
    permits = ["--allow-writes", "--allow-wrong-password", "c4c"]
    on_tenant = run_suite(
        tmp_path, environment(target), "--target", "tenant", "--systems", "cmi,c4c,token,endpoint", *permits
    )
    assert (on_mock.code, on_tenant.code) == (OK, OK), on_mock.text + on_tenant.text
    assert on_mock.report["refuted"] == on_tenant.report["refuted"] == {}
    untested = on_mock.report["confirmed"].keys() - on_tenant.report["confirmed"].keys()
    assert untested == {"cmi.auth.bad_password"}  # the one wrong password went to C4C
    assert on_tenant.report["confirmed"].items() <= on_mock.report["confirmed"].items()
    assert "1 deselected" in on_tenant.text
    assert (refused_passwords(tenant, "cmi"), refused_passwords(tenant, "c4c")) == (0, 1)
    written = changes(tenant, "c4c")
    assert written
    assert all(target.test_activity in each or "ChatActivityAttachmentCollection" in each for each in written)


@pytest.mark.long
def test_without_permission_nothing_is_written_and_no_wrong_password_tried(
    tenant: LabTenant, target: ProbeTarget, tmp_path: Path
) -> None:
    before = {mock: changes(tenant, mock) for mock in ("cmi", "c4c")}
    run = run_suite(tmp_path, environment(target), "--target", "tenant")
    assert run.code == OK, run.text
    assert {mock: changes(tenant, mock) for mock in ("cmi", "c4c")} == before
    assert (refused_passwords(tenant, "cmi"), refused_passwords(tenant, "c4c")) == (0, 0)
    assert "behaviours were not tested" in run.text
    assert "c4c.quirk-a" in run.report["confirmed"]


@pytest.mark.long
def test_a_host_that_is_not_listed_counts_as_production(tenant: LabTenant, target: ProbeTarget, tmp_path: Path) -> None:
    sent = len(tenant.journal("c4c")) + len(tenant.journal("cmi"))
    env = environment(replace(target, test_hosts=target.test_hosts[:1]))
    run = run_suite(tmp_path, env, "--target", "tenant")
    assert run.code == WRONG_USE
    assert f"counts as production: {tenant.names.c4c_host} (c4c)" in run.text
    assert len(tenant.journal("c4c")) + len(tenant.journal("cmi")) == sent
    forced = run_suite(tmp_path, env, "--target", "tenant", "--force-production")
    assert forced.code == OK, forced.text


def test_missing_variables_are_one_error_with_remedies_and_no_skips(target: ProbeTarget, tmp_path: Path) -> None:
    env = environment(target)
    for name in ("CMI_PASSWORD", "C4C_URL"):
        del env[PREFIX + name]
    run = run_suite(tmp_path, env | {f"{PREFIX}CONTACT_ID": "12"}, "--target", "tenant")
    assert run.code == WRONG_USE
    assert f"{PREFIX}CMI_PASSWORD (or {PREFIX}CMI_PASSWORD_FILE) is not set: that user's password" in run.text
    assert f"{PREFIX}C4C_URL (or {PREFIX}C4C_URL_FILE) is not set: the address of SAP Service Cloud" in run.text
    assert f"{PREFIX}CONTACT_ID is no contact id: write its 32 hex digits" in run.text
    assert "skipped" not in run.text


@pytest.mark.long
def test_a_password_is_read_from_a_file(target: ProbeTarget, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(target.c4c_password + "\n")
    env = environment(target)
    del env[f"{PREFIX}C4C_PASSWORD"]
    env[f"{PREFIX}C4C_PASSWORD_FILE"] = str(secret)
    assert run_suite(tmp_path, env, "--target", "tenant", "--systems", "c4c", "-k", "service_document").code == OK


@pytest.mark.long
def test_a_password_that_is_refused_is_sent_once_and_never_again(
    tenant: LabTenant, target: ProbeTarget, tmp_path: Path
) -> None:
    env = environment(replace(target, cmi_password="not the one " * 2, c4c_password="nor is this"))
    run = run_suite(tmp_path, env, "--target", "tenant")
    assert run.code == FAILED
    assert (refused_passwords(tenant, "cmi"), refused_passwords(tenant, "c4c")) == (1, 1)
    assert "Stopped at once, so as not to lock the user" in run.text
    assert run.report["refuted"] == {}


@pytest.mark.long
def test_nothing_of_credentials_or_customers_is_printed_even_when_a_tenant_differs(
    tenant: LabTenant, tmp_path: Path
) -> None:
    switches: dict[str, dict[str, Any]] = {
        "cmi": {"unknown_chat": "empty_200", "attachment_size_listed": False},
        "c4c": {"error_innererror": True},
    }
    with tenant.lab.tenant(TenantOptions(dialects=switches), check=False, judge=False) as other:
        to = other.lab.stack.clients
        target = rehearsal_target(to, other.names, *prepare_rehearsal(to, other.names))
        run = run_suite(tmp_path, environment(target), "--target", "tenant")
    assert run.code == FAILED
    expected = {
        "cmi.dialect.unknown_chat",
        "cmi.dialect.attachment_size_listed",
        "c4c.error_innererror",
    }
    assert run.report["refuted"].keys() == expected
    said = [*target.guarded().values(), *CUSTOMER.values(), SAYING, *(name for name, _ in FILES)]  # type: ignore[misc]
    assert [text for text in said if str(text) in run.text] == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "2"], "one request at a time"),
        (["--showlocals"], "would print credentials"),
        (["--systems", "cmi,sap"], "write some of cmi, c4c, token, endpoint"),
        (["--allow-wrong-password", "cmi", "--systems", "c4c"], "this run does not probe that system"),
    ],
)
def test_a_use_that_cannot_be_safe_is_refused(
    target: ProbeTarget, tmp_path: Path, arguments: list[str], message: str
) -> None:
    run = run_suite(tmp_path, environment(target), "--target", "tenant", *arguments)
    assert (run.code, message in run.text) == (WRONG_USE, True), run.text


@pytest.mark.long
def test_writes_need_one_named_activity(target: ProbeTarget, tmp_path: Path) -> None:
    env = environment(replace(target, test_activity=""))
    run = run_suite(tmp_path, env, "--target", "tenant", "--allow-writes")
    assert run.code == WRONG_USE
    assert "--allow-writes needs one named test activity" in run.text
