"""The stack as real processes: it comes up, carries, notices, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil
import pytest

from attachment_lab.errors import NotSettled, StackFailed, WrongUse
from attachment_lab.stack.process_cleanup import members
from attachment_lab.stack.processes import listeners
from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.testing.lab import FaultHasNoEffect, Lab, LabTenant

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

LAB = [sys.executable, "-m", "attachment_lab"]
PHOTO = ("photo.jpg", b"\xff\xd8\xff\xe0" + b"a photo " * 5000)
NOTE = ("note.txt", b"see you on Monday\n")


def wait_for(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Poll until it holds; the condition decides, the time is only a way out."""
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.05)):
        if condition():
            return
        pause.wait(0.05)
    pytest.fail("it never happened")


def test_a_chats_files_arrive_and_the_invariants_hold(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[PHOTO, NOTE])
    chat.end()
    tenant.wait_until_settled()
    stored = sorted((each.name, each.sha256) for each in tenant.stored())
    assert stored == sorted((each.name, each.sha256) for each in chat.files)
    assert tenant.verdict().ok


@pytest.mark.no_reconciliation(reason="the test breaks an invariant on purpose")
def test_the_reconciliation_notices_a_byte_that_changed_on_the_way(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[PHOTO])
    tenant.fault(mock="cmi", kind="flip_byte", path=f"*/attachments/{chat.files[0].id}*", offset=7)
    chat.end()
    tenant.wait_until_settled()
    [violation] = tenant.verdict().violations
    assert violation.invariant == "integrity"
    assert violation.sentence.startswith(
        f"CMI → service: photo.jpg: C4C holds {len(PHOTO[1]):,} bytes image/jpeg (sha256 "
    )
    with pytest.raises(AssertionError, match="CMI's answer was changed by the planned fault flip_byte"):
        tenant.assert_invariants_hold()


@pytest.mark.no_reconciliation(reason="the test breaks an invariant on purpose")
def test_wrong_bytes_are_found_although_the_service_and_c4c_agree_on_their_digest(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[PHOTO])
    fault = tenant.fault(mock="cmi", kind="flip_byte", path=f"*/attachments/{chat.files[0].id}*", offset=7)
    chat.end()
    [transfer] = tenant.wait_until_settled()
    fault.remove()
    [carried], [stored] = transfer.attachments, tenant.stored()
    assert carried.sha256 == stored.sha256 != chat.files[0].sha256
    [violation] = tenant.verdict().violations
    assert (violation.invariant, violation.hop) == ("integrity", "CMI → service")
    assert violation.fact.endswith("CMI's answer was changed by the planned fault flip_byte")


def test_two_tenants_do_not_see_each_other(tenant: LabTenant) -> None:
    tenant.chat(files=[NOTE]).end()
    tenant.wait_until_settled()
    with tenant.lab.tenant() as other:
        assert other.stored() == []
        assert other.transfers() == []


def test_a_chat_whose_event_is_not_fired_leaves_no_trace_in_c4c(tenant: LabTenant) -> None:
    tenant.chat(files=[NOTE]).end(fire=False)
    assert tenant.wait_until_settled() == []
    assert tenant.stored() == []


def test_the_clock_of_a_shared_stack_cannot_be_moved(tenant: LabTenant) -> None:
    with pytest.raises(WrongUse, match="own_stack"):
        tenant.clock.advance(minutes=1)


@pytest.mark.long
@pytest.mark.own_stack
def test_the_clock_of_an_own_stack_moves_mocks_and_service_together(tenant: LabTenant) -> None:
    tenant.clock.advance(hours=2)
    tenant.chat(files=[NOTE]).end()  # a token of a clock two hours ahead must be good for the service
    tenant.wait_until_settled()
    assert [each.name for each in tenant.stored()] == ["note.txt"]


def test_a_chain_that_does_not_come_to_rest_says_what_is_still_moving(tenant: LabTenant) -> None:
    fault = tenant.fault(mock="c4c", kind="status", path="*", times=None, status=503)
    chat = tenant.chat(files=[NOTE])
    chat.end()
    with pytest.raises(NotSettled, match=r"transfer .* is (waiting|running|queued)|not delivered yet"):
        tenant.wait_until_settled(timeout_s=0)
    fault.remove()
    tenant.wait_until_settled(timeout_s=120)


def test_a_stack_without_fault_proxies_says_that_a_wire_fault_has_no_effect(tenant: LabTenant) -> None:
    with pytest.warns(FaultHasNoEffect, match="attachment-lab up --fault-proxy"):
        fault = tenant.fault(mock="cmi", kind="cut", path="*/attachments/*", after_bytes=10)
    assert fault.warning
    tenant.chat(files=[NOTE]).end()
    tenant.wait_until_settled()
    (text,) = tenant.mock("cmi").get("/_mock/faults", tenant=tenant.name)["faults"]
    assert (text["applied"], text["warning"]) == (0, fault.warning)


def test_a_stack_leaves_no_process_and_no_folder_behind() -> None:
    with open_stack() as stack:
        pids = [each.pid for each in stack.processes.all]
        run_dir = stack.run_dir
        assert all(members(pid) for pid in pids)
    assert [members(pid) for pid in pids] == [[]] * len(pids)
    assert not run_dir.exists()


@pytest.mark.long
def test_a_process_that_dies_is_noticed_at_once() -> None:
    with open_stack() as stack:
        victim = next(each for each in stack.processes.all if each.name == "c4c")
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait(10)
        with pytest.raises(StackFailed, match="c4c ended by SIGKILL"):
            stack.check_alive()


@pytest.mark.long
def test_a_service_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    broken = StackOptions(run_dir=tmp_path, service_environment={"ATTACHMENT_TRANSFER_SEALING_KEYS": "nonsense"})
    with pytest.raises(StackFailed, match=r"(?s)service ended with exit code.*Last lines of"), open_stack(broken):
        pytest.fail("it started")


def stack_up(tmp_path: Path) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """``attachment-lab up`` on free ports, ready."""
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [*LAB, "up", "--port-base", "0", "--ready-file", str(ready)],
        cwd=tmp_path,
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_for(lambda: ready.exists() or process.poll() is not None, 90)
    assert process.poll() is None, process.communicate()[0]
    assert stat.S_IMODE(ready.stat().st_mode) == 0o600
    return process, json.loads(ready.read_text())


def answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=15, trust_env=False)
    except httpx.TransportError:
        return False
    return True


@pytest.mark.long
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)], ids=str)
def test_however_up_ends_the_stack_goes_with_it(tmp_path: Path, how: signal.Signals, code: int) -> None:
    process, ready = stack_up(tmp_path)
    urls = dict(ready["urls"])
    assert all(answers(url) for url in urls.values())
    started = {pid for url in urls.values() for pid in listeners(httpx.URL(url).port or 0)}
    process.send_signal(how)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == code
    assert "Traceback" not in said
    assert len(started) >= len(urls)
    # By process and not by port: another stack may have been given a port of this one meanwhile.
    wait_for(lambda: not any(lives(pid) for pid in started))


def lives(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.long
def test_other_commands_find_the_stack_and_reset_sets_it_back(tmp_path: Path) -> None:
    process, was = stack_up(tmp_path)

    def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*LAB, *arguments],
            cwd=tmp_path,
            env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    try:
        (tmp_path / "a.txt").write_text("hello")
        chat = lab("chat", "--file", "a.txt", "--end", "--json")
        assert chat.returncode == 0, chat.stderr
        assert [each["outcome"] for each in json.loads(chat.stdout)["attachments"]] == ["stored"]
        assert lab("reset").returncode == 0
        reconciliation = json.loads(lab("reconcile", "--json").stdout)
        assert reconciliation["reconciliation"] == {"ok": True, "violations": []}
        assert {each["outcome"] for each in reconciliation["attachments"]} == {"no_transfer"}
        # The ready file that programs outside rely on has followed: its secrets open the new tenant.
        ready = json.loads((tmp_path / "ready.json").read_text())
        assert ready["tenants"]["acme"]["oauth"]["client_id"] != was["tenants"]["acme"]["oauth"]["client_id"]
        assert ready["tenants"]["acme"]["contact_id"] != was["tenants"]["acme"]["contact_id"]
        assert lab("reconcile", "--ready-file", "ready.json").returncode == 0
        # The console's button asks the stack's owner, so the files that programs outside rely on follow again.
        pressed = httpx.post(f"{ready['urls']['console']}/api/tenants/acme/reset", json={}, timeout=60, trust_env=False)
        assert pressed.status_code == 204, pressed.text
        again = json.loads((tmp_path / "ready.json").read_text())
        assert again["tenants"]["acme"]["oauth"]["client_id"] != ready["tenants"]["acme"]["oauth"]["client_id"]
        assert lab("reconcile").returncode == 0
        assert json.loads(lab("reset", "--full", "--json").stdout)["full"] is True
        # The service has forgotten the chat, and takes one more.
        assert (
            json.loads(lab("chat", "--file", "a.txt", "--end", "--json").stdout)["attachments"][0]["outcome"]
            == "stored"
        )
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.long
def test_the_demo_prints_one_json_document_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    done = subprocess.run(
        [*LAB, "demo", "--json", "--file", "a.txt"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    shape = json.loads(done.stdout)
    assert [each["outcome"] for each in shape["attachments"]] == ["stored"]
    assert shape["reconciliation"] == {"ok": True, "violations": []}


@pytest.mark.long
@pytest.mark.parametrize("fault", ["packed", "sign-in-page", "short-file", "redirect"])
def test_the_demo_brings_the_customers_bytes_whatever_cmi_answers_first(fault: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    done = subprocess.run(
        [*LAB, "demo", "--file", "a.txt", "--fault", fault, "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    message = json.loads(done.stdout)
    assert [each["outcome"] for each in message["attachments"]] == ["stored"]
    assert message["attachments"][0]["c4c_sha256"] == hashlib.sha256(b"hello").hexdigest()
    assert message["reconciliation"]["ok"]


@pytest.mark.long
def test_the_demo_fails_when_a_byte_changed_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    done = subprocess.run(
        [*LAB, "demo", "--file", "a.txt", "--fault", "flip-byte"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    message = " ".join(done.stdout.split())
    assert "CMI → service: a.txt: C4C holds 5 bytes" in message
    assert "CMI's answer was changed by the planned fault flip_byte" in message


def chat_whose_service_is_killed() -> None:
    """A stack of its own, and kill -9 to its service while files are on their way."""
    with open_stack() as stack, Lab(stack, is_own=True).tenant() as tenant:
        tenant.fault(mock="c4c", kind="latency", path="*", times=None, delay_s=1.0)
        tenant.chat(files=[NOTE]).end()
        service = next(each for each in stack.processes.all if each.name == "service")
        for process in members(service.pid):
            process.kill()
        tenant.wait_until_settled()


@pytest.mark.long
def test_a_service_that_dies_in_the_middle_is_reported_with_its_exit_code_and_last_log_lines() -> None:
    with pytest.raises(StackFailed) as failed:
        chat_whose_service_is_killed()
    message = str(failed.value)
    assert message.startswith("service ended by SIGKILL.\nLast lines of ")
    assert "service.log:\n  | " in message


@pytest.mark.long
def test_the_demo_skips_the_services_waits_and_hits_the_file_that_is_named() -> None:
    command = [*LAB, "demo", "--fault", "lost-answer", "--on", "note.txt", "--json", "--timeout", "90"]
    with TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in ("photo.jpg", "note.txt")}
        files["photo.jpg"].write_bytes(PHOTO[1])
        files["note.txt"].write_bytes(NOTE[1])
        sent = [part for path in files.values() for part in ("--file", str(path))]
        done = subprocess.run(
            [*command, *sent, "--run-dir", f"{folder}/run"], check=False, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        message = json.loads(done.stdout)
        assert [each["outcome"] for each in message["attachments"]] == ["stored", "stored"]
        offset_s = json.loads((Path(folder) / "run" / "clock.json").read_text())["offset_s"]
    assert offset_s > 25  # the settle time was waited out by the clock, not by the wall
