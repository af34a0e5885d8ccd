"""What can be taken away: a command, an HTTP Archive, a pytest file; each is used by another tool here."""

from __future__ import annotations

import ast
import json
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode does not
from exchanges_sample import UPLOAD, body, delivery, exchange

from attachment_lab.exchanges.as_pytest import literal, source
from attachment_lab.exchanges.curl import as_curl, variables
from attachment_lab.exchanges.entry import from_delivery, from_exchange
from attachment_lab.exchanges.har import archive, decoded
from attachment_lab.exchanges.query import Query, read_query
from attachment_lab.exchanges.reader import JournalReader
from attachment_lab.exchanges.recording import RecordedFault, RecordedFile, Recording
from attachment_lab.testing.lab import LabTenant

SCHEMA = json.loads((Path(__file__).parent / "data" / "har-1.2.schema.json").read_text())


def test_masked_headers_become_variables_and_everything_else_is_quoted() -> None:
    full = exchange("/a?b=$(touch x)", request_headers={"Authorization": "***", "X-Api-Key": "***", "Accept": "it's"})
    command = as_curl("cmi", full, "http://127.0.0.1:1")
    words = shlex.split(command.replace("\\\n", " "))
    assert "http://127.0.0.1:1/a?b=$(touch x)" in words
    assert "Accept: it's" in words
    assert '-u "$CMI_USER:$CMI_PASSWORD"' in command
    assert variables(command) == ["CMI_USER", "CMI_PASSWORD", "CMI_API_KEY"]


def test_a_body_that_is_not_kept_whole_is_a_file_to_be_given() -> None:
    whole = as_curl("c4c", exchange(UPLOAD, method="POST", request=body('{"a": 1}')), "http://x")
    cut = as_curl("c4c", exchange(UPLOAD, method="POST", request=body('{"a', size_bytes=9000)), "http://x")
    masked = as_curl("c4c", exchange(UPLOAD, method="POST", request=body('{"password": "***"}')), "http://x")
    assert """--data-binary '{"a": 1}'""" in whole
    assert "--data-binary @body" in cut
    assert "--data-binary @body" in masked


def test_an_unknown_secret_header_gets_a_variable_of_its_own_name() -> None:
    assert variables(as_curl("cmi", exchange(request_headers={"X-My-Token": "***"}), "http://x")) == ["X_MY_TOKEN"]


def test_the_archive_is_valid_and_says_what_it_lacks() -> None:
    binary = body(size_bytes=3, head="", head_b64="AAEC", sniffed_type="image/png")
    both = [(from_delivery(row), row) for row in (delivery(), delivery(id="2", status=None, state="failed", error="x"))]
    pairs: list[tuple[Any, Any]] = [*both]
    for full in (exchange(), exchange(status=0), exchange(response=binary), exchange(UPLOAD, request=body("{}"))):
        pairs.append((from_exchange("cmi", full), full))
    har = archive(pairs, title="acme")
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(har)] == []
    assert decoded(har["log"]["entries"][4]["response"]["content"]) == b"\x00\x01\x02"
    assert {entry["pageref"] for entry in har["log"]["entries"]} == {page["id"] for page in har["log"]["pages"]}
    assert "masked" in har["log"]["entries"][0]["comment"]


def test_the_schema_of_the_archive_refuses_what_is_none() -> None:
    har = archive([(from_exchange("cmi", exchange()), exchange())], title="acme")
    del har["log"]["entries"][0]["timings"]
    assert list(Draft202012Validator(SCHEMA).iter_errors(har))


RECORDING = Recording(
    guid="5AB6E20342A6EE11B3ED58961D1810CC", tenant="acme", channel_sub_type="whatsapp", direct=False, accepted=True,
    further_legs=1, ended=True, wrapped_up=True,
    files=(RecordedFile(id="AB", name='"); import os; ("\n', size_bytes=3, by="customer"),),
    faults=(
        RecordedFault(mock="cmi", kind="cut", path="*/attachments/AB*", method="GET", phase="after",
                      params={"after_bytes": 1}, skip=2, times=1, on_the_wire=True),
    ),
    state="parked", outcome="failed", attachments=(("a", "parked"),), stored=(), deliveries=("delivered",),
    broken_invariants=("integrity",), fired=("Ended",), events=("Ended", "Closed"),
    dialects={"cmi": {"chat_shape": "B"}},
)  # fmt: skip


def test_no_file_name_can_become_code() -> None:
    tree = ast.parse(source(RECORDING))
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert RECORDING.files[0].name in strings
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import) and node.names[0].name == "os"]


def test_the_file_says_all_that_was_particular() -> None:
    text = source(RECORDING)
    for part in (
        "own_stack(fault_proxy=True)", "no_reconciliation", "chat.add_leg()",
        '"*/attachments/" + chat.files[0].id + "*"',
        "skip=2", "after_bytes=1", 'events=("Ended", "Closed")', '"chat_shape": "B"',
    ):  # fmt: skip
        assert part in text


def test_a_chat_that_nothing_came_of_is_asserted_too() -> None:
    text = source(replace(RECORDING, state=None, outcome=None, attachments=(), deliveries=("failed",)))
    assert "pytest.raises(LookupError)" in text
    ast.parse(text)


@pytest.fixture
def reader(tenant: LabTenant) -> JournalReader:
    """The journal of the test's own tenant."""
    return JournalReader(tenant.reconciliation, tenant.lab.urls)


def secrets_of(tenant: LabTenant) -> dict[str, str]:
    names = tenant.names
    return {
        "CMI_USER": names.cmi_user,
        "CMI_PASSWORD": names.cmi_password,
        "CMI_API_KEY": names.api_key,
        "C4C_USER": names.c4c_user,
        "C4C_PASSWORD": names.c4c_password,
        "OAUTH_CLIENT_ID": names.client_id,
        "OAUTH_CLIENT_SECRET": names.client_secret,
    }


@pytest.mark.stack
@pytest.mark.no_reconciliation(reason="a person has stored a second copy by hand")
def test_a_copied_command_does_the_same_again_once_the_variables_are_set(
    tenant: LabTenant, reader: JournalReader
) -> None:
    tenant.chat(files=[("photo.jpg", b"hello")]).end()
    tenant.wait_until_settled()
    for operation, expected in (("download", "200"), ("metadata", "200"), ("token", "200"), ("upload", "201")):
        entry = next(each for each in reader.index.entries() if each.operation == operation)
        detail = reader.detail(entry.key)
        assert detail is not None
        command = detail["curl"]["command"].replace("curl -sS", "curl -sS -o /dev/null -w '%{http_code}'", 1)
        environment = os.environ | secrets_of(tenant)
        done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
        assert (operation, done.stdout) == (operation, expected), done.stderr
        bare = subprocess.run(["bash", "-c", command], env=os.environ, capture_output=True, text=True, check=False)
        assert operation == "token" or bare.stdout in {"401", "403"}, "without the variables nothing may open"
    extra = [each for each in tenant.stored() if each.name == "photo.jpg"]
    assert len(extra) == 2, "the copied upload was carried out once more"
    tenant.mock("c4c").post("/_mock/reset", tenant=tenant.name)


@pytest.mark.stack
def test_the_journal_of_a_real_chat_is_a_valid_archive_without_a_secret(
    tenant: LabTenant, reader: JournalReader
) -> None:
    tenant.chat(files=[("photo.jpg", b"\xff\xd8\xff" * 900), ("ü.txt", b"hello")]).end()
    tenant.wait_until_settled()
    har = reader.har(Query(limit=500))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(har)] == []
    assert len(har["log"]["entries"]) == reader.page(Query())["total"] > 10
    text = json.dumps(har)
    assert [what for what, secret in tenant.names.guarded().items() if secret in text] == []


@pytest.mark.stack
def test_a_failure_is_explained_from_end_to_end(tenant: LabTenant, reader: JournalReader) -> None:
    chat = tenant.chat(files=[("a.txt", b"a"), ("b.txt", b"b")])
    tenant.fault(mock="cmi", kind="status", path=f"*{chat.files[1].id}*", method="GET", times=None, status=404)
    chat.end()
    tenant.wait_until_settled()
    failed, *_ = reader.page(read_query({"failed": "1", "hop": "cmi"}))["entries"]
    detail = reader.detail(failed["key"])
    assert detail is not None
    assert failed["words"] == "Reads b.txt"
    assert detail["why"]["because"][0].startswith("Planned fault f-1: the answer is 404")
    assert any(each.startswith("In the end b.txt was reported failed") for each in detail["why"]["then"])
    assert [each["id"] for each in detail["faults"]] == ["f-1"]
    assert reader.page(read_query({"about": chat.guid}))["matching"] > 5


@pytest.mark.stack
@pytest.mark.no_reconciliation(reason="the event is refused on purpose")
def test_an_integration_that_the_service_refuses_shows_the_gates_findings(
    tenant: LabTenant, reader: JournalReader
) -> None:
    path = f"/{tenant.names.tenant_path}/system-configurator/api/event-driven-integrations"
    form = tenant.mock("orchestration").get(path)[0]
    wrong = form["json"].replace("https://my", "http://my")
    tenant.mock("orchestration").send("PUT", f"{path}/{form['id']}", params={}, json=form | {"json": wrong})
    tenant.chat(files=[("a.txt", b"a")]).end()
    tenant.mock("orchestration").get("/_mock/deliveries", tenant=tenant.name, drain_s=10)
    (failed,) = reader.page(read_query({"hop": "delivery"}))["entries"]
    detail = reader.detail(failed["key"])
    assert detail is not None
    assert failed["failed"]
    assert "request.body.sap_v1.url" in [each["field"] for each in detail["why"]["points"]]


def run(file: Path) -> subprocess.CompletedProcess[str]:
    """pytest on one exported file, in a process of its own with a stack of its own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(file.parent), str(file)]
    return subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)


@pytest.mark.long
@pytest.mark.stack
def test_the_exported_test_passes_and_fails_when_the_end_is_another(
    tenant: LabTenant, reader: JournalReader, tmp_path: Path
) -> None:
    chat = tenant.chat(files=[("a b.txt", b"a"), ("gone.pdf", b"%PDF-1.4 x"), ("busy.jpg", b"\xff\xd8\xff" * 50)])
    tenant.fault(
        mock="cmi", kind="status", path=f"*/attachments/{chat.files[1].id}*", method="GET", times=None, status=404
    )
    tenant.fault(
        mock="c4c", kind="status", path="*Attachment", method="POST", status=503, skip=1, headers={"Retry-After": "1"}
    )
    chat.end()
    tenant.wait_until_settled()
    chat.wrap_up()
    text = reader.pytest_file(chat.guid)
    good = tmp_path / "test_good.py"
    good.write_text(text)
    done = run(good)
    assert done.returncode == 0, done.stdout
    other = tmp_path / "test_other.py"
    other.write_text(text.replace("*/attachments/", "*/nowhere/", 1))
    assert other.read_text() != text
    message = run(other)
    assert message.returncode == 1
    assert "AssertionError" in message.stdout or "assert" in message.stdout


@pytest.mark.stack
@pytest.mark.no_reconciliation(reason="the event is refused on purpose")
def test_the_exported_test_says_what_it_does_not_repeat(tenant: LabTenant, reader: JournalReader) -> None:
    contact_pro = tenant.mock("orchestration")
    plain = tenant.chat(files=[("a.txt", b"a")])
    assert " here " not in ast.get_docstring(ast.parse(reader.pytest_file(plain.guid)))  # type: ignore[operator]
    path = f"/{tenant.names.tenant_path}/system-configurator/api/event-driven-integrations"
    form = contact_pro.get(path)[0]
    other = form["json"].replace("{contact.guid}", "{contact.id}")
    contact_pro.send("PUT", f"{path}/{form['id']}", params={}, json=form | {"json": other})
    tenant.mock("c4c").post("/_mock/clock", {"advance_s": 90}, tenant=tenant.name)
    contact_pro.post("/_mock/oauth/failures", {"kind": "too_many_requests"}, tenant=tenant.name)
    chat = tenant.chat(files=[("a.txt", b"a")])
    tenant.mock("cmi").post(f"/_mock/chats/{chat.guid}/consult", {}, tenant=tenant.name)
    chat.end()
    contact_pro.get("/_mock/deliveries", tenant=tenant.name, drain_s=10)
    said = ast.get_docstring(ast.parse(reader.pytest_file(chat.guid)))
    assert said is not None
    for part in ("1 event-driven integration(s), not the documented", "c4c by 90 s", "too_many_requests", "consulted"):
        assert part in said


@pytest.mark.parametrize(
    "value", ["a", 'a"b', "a'b", "a\"'b\\", "\u202e\n", "", ("x",), ["a", 1], {"k": [None, True, 1.5]}]
)
def test_a_literal_reads_back_as_the_value_it_stands_for(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


def test_the_file_is_formatted_and_clean_as_it_comes(tmp_path: Path) -> None:
    file = tmp_path / "test_chat.py"
    file.write_text(source(replace(RECORDING, files=(replace(RECORDING.files[0], name="ü.pdf"),))))
    for command in (["format", "--check"], ["check", "--select", "E4,E7,E9,F,I"]):
        done = subprocess.run(
            ["ruff", *command, "--isolated", "--line-length", "120", str(file)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        )
        assert done.returncode == 0, done.stdout + done.stderr
