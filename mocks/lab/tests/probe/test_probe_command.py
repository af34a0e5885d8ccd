"""``attachment-lab probe`` as its user runs it, against a stack that stands in for the tenant."""

from __future__ import annotations

import json
import os
import re
import stat
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
    pytest.mark.stack,
    pytest.mark.timeout(180),
    pytest.mark.off_contract(reason="asks on purpose for what no contract knows"),
]
GOOD, DIFFERS, WRONG_USE = 0, 1, 2
NO_LEDGER = pytest.mark.no_reconciliation(reason="the probe stores and deletes files that came from no chat")


@dataclass(frozen=True)
class Run:
    """How the command ended."""

    code: int
    out: str
    err: str


def probe(folder: Path, env: Mapping[str, str], *arguments: str) -> Run:
    """Run the command in a process of its own."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | {"COLUMNS": "160"}
    answer = subprocess.run(
        [sys.executable, "-m", "attachment_lab", "probe", "--out", str(folder), *arguments],
        env=ours | dict(env),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Run(answer.returncode, answer.stdout, answer.stderr)


@pytest.fixture
def target(tenant: LabTenant) -> ProbeTarget:
    """This test's tenant as a tenant."""
    to = tenant.lab.stack.clients
    return rehearsal_target(to, tenant.names, *prepare_rehearsal(to, tenant.names))


def sent(tenant: LabTenant, mock: Any) -> list[dict[str, Any]]:
    """What a mock's journal has."""
    return [each for each in tenant.journal(mock) if "/_mock/" not in each["url"]]


def test_a_read_only_run_confirms_what_is_assumed_and_changes_nothing(
    tenant: LabTenant, target: ProbeTarget, tmp_path: Path
) -> None:
    run = probe(tmp_path / "run", environment(target), "--json")
    assert run.code == GOOD, run.err
    report = json.loads(run.out)
    words = {row["id"]: row["verdict"] for row in report["assumptions"]}
    assert words["cmi.dialect.chat_shape"] == words["c4c.quirk-a"] == "confirmed"
    assert words["c4c.delete_status"] == words["cmi.dialect.lock_minutes"] == "not seen"
    assert "refuted" not in words.values()
    asked = [*sent(tenant, "cmi"), *sent(tenant, "c4c")]
    assert {each["method"] for each in asked} == {"GET", "HEAD"}
    assert len(asked) == report["exchanges"]
    refused = [each for each in asked if each["status"] == 401 and "Authorization" in each["request_headers"]]
    assert refused == []


@NO_LEDGER
def test_what_has_changed_since_an_earlier_run_is_moved(tenant: LabTenant, target: ProbeTarget, tmp_path: Path) -> None:
    first = probe(tmp_path / "first", environment(target), "--passes", "2", "--json")
    assert first.code == GOOD, first.err
    assert json.loads(first.out)["passes"] == 2
    tenant.lab.stack.clients.cmi.post("/_mock/dialect", {"unknown_chat": "empty_200"}, tenant=tenant.name)
    second = probe(tmp_path / "second", environment(target), "--since", str(tmp_path / "first"), "--json")
    assert second.code == DIFFERS, second.err
    words = {row["id"]: row["verdict"] for row in json.loads(second.out)["assumptions"]}
    assert words["cmi.dialect.unknown_chat"] == "moved"
    assert words["cmi.dialect.chat_shape"] == "confirmed"


def test_gaps_are_listed_without_any_address(tmp_path: Path) -> None:
    run = probe(tmp_path / "run", {}, "--gaps", "--json")
    assert run.code == GOOD, run.err
    assert json.loads(run.out)[0]["settles"] == "whether a file could be lost"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("text", [None, "{}", "[]", "no JSON"])
def test_a_folder_without_a_report_is_refused_in_words(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    run = probe(tmp_path / "run", {}, "--gaps", "--since", str(tmp_path))
    assert run.code == WRONG_USE
    assert "no report of a probe" in run.err


@pytest.mark.long
@NO_LEDGER
def test_what_the_run_sent_is_what_its_index_says(tenant: LabTenant, target: ProbeTarget, tmp_path: Path) -> None:
    probe(tmp_path / "run", environment(target), "--allow-writes", "--clean-up")
    index = json.loads((tmp_path / "run" / "index.json").read_text())
    methods = [each["request"].split()[0] for each in index]
    asked = [*sent(tenant, "cmi"), *sent(tenant, "c4c")]
    assert sorted(methods) == sorted(each["method"] for each in asked)
    assert all((tmp_path / "run" / each["file"]).is_file() for each in index)


@pytest.mark.long
@NO_LEDGER
def test_writes_go_to_the_test_activity_alone_and_are_cleaned_up_when_asked(
    tenant: LabTenant, target: ProbeTarget, tmp_path: Path
) -> None:
    kept = probe(tmp_path / "kept", environment(target), "--allow-writes")
    assert kept.code == GOOD, kept.err
    stored = tenant.stored()
    assert stored
    [reference] = {each.external_reference for each in stored}  # of one activity, and not the contact's
    assert reference != target.contact_id
    assert f"{len(stored)} test files stay in the test activity" in kept.out
    cleaned = probe(tmp_path / "cleaned", environment(target), "--allow-writes", "--clean-up")
    assert cleaned.code == GOOD, cleaned.err
    assert {each.object_id for each in tenant.stored()} == {each.object_id for each in stored}


@pytest.mark.long
def test_one_wrong_password_is_tried_when_allowed_and_the_account_still_works(
    tenant: LabTenant, target: ProbeTarget, tmp_path: Path
) -> None:
    run = probe(tmp_path / "run", environment(target), "--allow-wrong-password", "cmi")
    assert run.code == GOOD, run.err
    refused = [
        each
        for mock in ("cmi", "c4c")
        for each in sent(tenant, mock)
        if each["status"] == 401 and "Authorization" in each["request_headers"]
    ]
    assert len(refused) == 1


@pytest.mark.long
@NO_LEDGER
def test_no_file_and_no_line_names_a_customer_a_secret_or_the_tenant(
    tenant: LabTenant, target: ProbeTarget, tmp_path: Path
) -> None:
    full = replace(target, systems=("cmi", "c4c", "token"))
    systems = [part for system in full.systems for part in ("--system", system)]
    run = probe(tmp_path / "run", environment(full), *systems, "--allow-writes", "--clean-up", "--all")
    assert run.code == GOOD, run.err
    names = tenant.names
    hidden = [*target.guarded().values(), *CUSTOMER.values(), SAYING, *(each[0] for each in FILES)]  # type: ignore[index]
    hidden += [
        *names.guarded().values(),
        names.cmi_host,
        names.c4c_host,
        f"/{names.tenant_path}/",
        "Wilhelmina",
        "passport",
    ]
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert len(files) > 60
    for path in files:
        text = path.read_text().casefold()
        assert [what for what in hidden if str(what).casefold() in text] == [], path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said = (run.out + run.err).casefold()
    assert [what for what in hidden if str(what).casefold() in said] == []


@pytest.mark.long
def test_a_tenant_that_differs_is_shown_in_a_table_with_exit_code_1(tenant: LabTenant, tmp_path: Path) -> None:
    with tenant.lab.tenant(
        TenantOptions(dialects={"c4c": {"root_without_slash": 200}}), check=False, judge=False
    ) as other:
        to = other.lab.stack.clients
        target = rehearsal_target(to, other.names, *prepare_rehearsal(to, other.names))
        run = probe(tmp_path / "run", environment(target), "--system", "c4c")
    assert run.code == DIFFERS, run.err
    row = next(line for line in run.out.splitlines() if "c4c.root_without_slash" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][1:4] == ["refuted", "404", "200"]
    assert "1 refuted" in run.out
    assert "A rehearsal" in run.out


def test_a_host_that_is_not_listed_is_refused_before_anything_is_sent(
    tenant: LabTenant, target: ProbeTarget, tmp_path: Path
) -> None:
    before = len(sent(tenant, "cmi")) + len(sent(tenant, "c4c"))
    env = environment(replace(target, test_hosts=("*", "crm.cloud.sap", target.site("cmi").partition("/")[0])))
    run = probe(tmp_path / "run", env)
    assert run.code == WRONG_USE
    assert f"counts as production: {target.site('cmi')} (cmi), {target.site('c4c')} (c4c)" in run.err
    assert len(sent(tenant, "cmi")) + len(sent(tenant, "c4c")) == before
    assert not (tmp_path / "run").exists()
    assert probe(tmp_path / "forced", env, "--force-production").code == GOOD


def test_a_folder_that_holds_something_is_not_written_to(target: ProbeTarget, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    run = probe(tmp_path, environment(target))
    assert (run.code, "name a new folder with --out" in run.err) == (WRONG_USE, True)


def test_missing_variables_are_listed_at_once_with_remedies(tmp_path: Path) -> None:
    run = probe(tmp_path / "run", {}, "--system", "token")
    assert run.code == WRONG_USE
    for name, remedy in (("TOKEN_URL", "access_token_url of the secret"), ("CLIENT_SECRET", "client_secret of that")):
        assert f"{PREFIX}{name} (or {PREFIX}{name}_FILE) is not set: {remedy}" in run.err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--allow-writes", "--test-activity", ""], "needs one named test activity"),
        (["--clean-up"], "give both"),
        (["--allow-wrong-password", "cmi", "--system", "c4c"], "does not probe that system"),
    ],
)
def test_permits_that_make_no_sense_are_wrong_use(
    target: ProbeTarget, tmp_path: Path, arguments: list[str], text: str
) -> None:
    run = probe(tmp_path / "run", environment(replace(target, test_activity="")), *arguments)
    assert (run.code, text in run.err) == (WRONG_USE, True), run.err


def test_a_loopback_map_leads_to_this_machine_only(target: ProbeTarget, tmp_path: Path) -> None:
    env = environment(target) | {f"{PREFIX}LOOPBACK_MAP": f"{target.site('c4c')}=http://192.0.2.1:80"}
    run = probe(tmp_path / "run", env)
    assert (run.code, "LOOPBACK_MAP" in run.err) == (WRONG_USE, True), run.err


@pytest.mark.long
@NO_LEDGER
def test_the_documentation_lists_every_request_and_none_besides(tenant: LabTenant, tmp_path: Path) -> None:
    """Three tenants between them answer so that every question is asked."""
    page = (Path(__file__).parents[4] / "docs" / "probe.md").read_text()
    listed = set(re.findall(r"`((?:cmi|c4c|token)\.[a-z_.]+)`", page)) - {"c4c.md"}
    asked: set[str] = set()
    tenants: list[dict[str, dict[str, Any]]] = [
        {},
        {"cmi": {"chat_shape": "B", "attachment_url": "rich_content"}},
        {"c4c": {"csrf_for_technical_users": True, "attachment_title_creatable": False}},
    ]
    for number, dialects in enumerate(tenants):
        with tenant.lab.tenant(TenantOptions(dialects=dialects), check=False, judge=False) as other:
            to = other.lab.stack.clients
            contact, activity = prepare_rehearsal(to, other.names)
            chat = other.chat(files=[("a.txt", b"stored before the probe comes")])
            chat.end()
            other.wait_until_settled()
            target = rehearsal_target(to, other.names, chat.guid if number == 0 else contact, activity)
            target = replace(target, outbound_contact_id=contact)
            arguments = ["--system", "cmi", "--system", "c4c", "--system", "token", "--allow-writes", "--clean-up"]
            account = "cmi" if number else "c4c"
            probe(tmp_path / str(number), environment(target), *arguments, "--allow-wrong-password", account)
        index = json.loads((tmp_path / str(number) / "index.json").read_text())
        asked |= {re.sub(r"\.\d+$", "", each["what"]) for each in index}
    assert asked == listed
