"""Ports, egress, commands, logs and processes of the stack."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from attachment_lab.errors import StackFailed, StackPortTaken, WrongUse
from attachment_lab.stack import commands, egress
from attachment_lab.stack.ports import OFFSETS, Ports
from attachment_lab.stack.processes import Command, StackProcesses, clean_environment, exit_words, listeners, tail
from attachment_lab.tenant.credentials import default_tenant

PORTS = Ports.fixed(8100)


def test_the_fixed_layout_is_the_documented_one() -> None:
    mains = (PORTS.console, PORTS.orchestration, PORTS.cmi, PORTS.c4c, PORTS.service, PORTS.worker_health)
    assert mains == (8100, 8101, 8102, 8103, 8104, 8105)
    assert (PORTS.orchestration_fault_proxy, PORTS.cmi_fault_proxy, PORTS.c4c_fault_proxy) == (8111, 8112, 8113)


@pytest.mark.parametrize("base", [-1, 80, 65530, 99999])
def test_a_port_base_that_does_not_fit_is_wrong_use(base: int) -> None:
    with pytest.raises(WrongUse, match="choose 0"):
        Ports.fixed(base)


def test_free_ports_are_all_different_and_the_worker_sits_behind_the_service() -> None:
    ports = Ports.free()
    assert len({getattr(ports, name) for name in OFFSETS}) == len(OFFSETS)
    assert ports.worker_health == ports.service + 1


def test_a_taken_port_is_named_with_its_remedy() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = Ports(**{name: port if name == "cmi" else 0 for name in OFFSETS})
        with pytest.raises(StackPortTaken, match=rf"port {port} \(wanted by cmi\).*--port-base 0"):
            taken.check()


def test_every_name_leads_to_the_edge_proxy() -> None:
    assert egress.everything(PORTS) == "*=http://127.0.0.1:8116"


def test_the_edge_proxy_passes_on_to_the_mocks_and_the_service() -> None:
    assert egress.edge_targets(PORTS, fault_proxy=False) == {
        "orchestration": "http://127.0.0.1:8101",
        "cmi": "http://127.0.0.1:8102",
        "c4c": "http://127.0.0.1:8103",
        "service": "http://127.0.0.1:8104",
    }


def test_with_fault_proxies_the_mocks_are_reached_through_them() -> None:
    assert egress.edge_targets(PORTS, fault_proxy=True) == {
        "orchestration": "http://127.0.0.1:8111",
        "cmi": "http://127.0.0.1:8112",
        "c4c": "http://127.0.0.1:8113",
        "service": "http://127.0.0.1:8104",
    }


def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    key = "k1:not-to-be-seen"
    service = commands.service(
        PORTS,
        tmp_path,
        clock_file=tmp_path / "clock.json",
        sealing_key=key,
        extra={},
    )
    console = commands.console(PORTS, {}, default_tenant(), {})
    mocks = [commands.mock(name, PORTS, tmp_path) for name in ("orchestration", "cmi", "c4c")]
    assert [list(each.arguments) for each in (service, console)] == [
        ["run"],
        ["--host", "127.0.0.1", "--port", "8100"],
    ]
    assert all(not each.environment for each in mocks)
    assert (service.environment or {})["ATTACHMENT_TRANSFER_SEALING_KEYS"] == key


def test_a_child_inherits_no_proxy_and_no_service_setting() -> None:
    ours = {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://proxy",
        "no_proxy": "*",
        "DATABASE_URL": "postgresql://production",
        "ATTACHMENT_TRANSFER_PORT": "1",
    }
    assert clean_environment(ours) == {"PATH": "/bin", "PYTHONUNBUFFERED": "1"}


def test_the_tail_of_a_log_is_its_end_under_its_path(tmp_path: Path) -> None:
    log = tmp_path / "cmi.log"
    log.write_text("\n".join(f"line {n}" for n in range(100)))
    shown = tail(log, 2)
    assert shown == f"Last lines of {log}:\n  | line 98\n  | line 99"


def test_a_missing_log_is_said_to_be_missing(tmp_path: Path) -> None:
    assert "no log" in tail(tmp_path / "none.log")


def test_an_exit_by_signal_is_reported_by_its_name() -> None:
    assert (exit_words(-9), exit_words(3)) == ("by SIGKILL", "with exit code 3")


def test_a_process_that_dies_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    processes = StackProcesses(tmp_path)
    try:
        process = processes.start(Command(name="cmi", module="no_such_module_at_all"))
        with pytest.raises(StackFailed, match=r"(?s)cmi ended with exit code 1.*no_such_module_at_all"):
            processes.wait_until(lambda: False, process=process, status=lambda: "unused")
    finally:
        processes.stop()


def test_a_process_that_never_answers_is_reported_with_its_last_answer(tmp_path: Path) -> None:
    processes = StackProcesses(tmp_path)
    try:
        process = processes.start(Command(name="slow", module="http.server", arguments=["0"]))
        with pytest.raises(StackFailed, match=r"slow is not ready after .* it says 503"):
            processes.wait_until(lambda: False, process=process, status=lambda: "it says 503", stalled_s=0)
    finally:
        processes.stop()


def test_stopping_ends_the_whole_process_group(tmp_path: Path) -> None:
    processes = StackProcesses(tmp_path)
    process = processes.start(Command(name="server", module="http.server", arguments=["0"]))
    processes.stop()
    assert process.exit_code is not None
    assert not Path(f"/proc/{process.pid}").exists()


def test_the_process_behind_a_port_is_found() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert listeners(server.getsockname()[1])[0] > 0


def test_a_port_without_a_listener_has_no_process() -> None:
    assert listeners(1) == []


def test_the_lab_does_not_load_its_own_weight_into_every_pytest_run() -> None:
    code = """
import sys, attachment_lab.pytest_plugin
print(sorted({"httpx", "flask", "rich", "PIL", "click"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
