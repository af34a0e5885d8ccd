"""``up --run-dir`` a second time continues where the stack ended; ``up --snapshot`` begins in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from attachment_lab.__main__ import run
from attachment_lab.snapshots import continued
from attachment_lab.stack.processes import Command, StackProcess, StackProcesses
from attachment_lab.tenant.credentials import default_tenant

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


class Lab:
    """``attachment-lab`` with folders of this test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ready_file = folder / "ready.json"
        self.environment = {"XDG_RUNTIME_DIR": str(folder), "XDG_DATA_HOME": str(folder / "data")}
        (folder / "a.txt").write_text("hello")

    @contextmanager
    def up(self, *arguments: str) -> Iterator[StackProcess]:
        """``up`` on free ports, ready; it ends at the latest with the block."""
        self.ready_file.unlink(missing_ok=True)
        given = ["up", "--port-base", "0", "--ready-file", str(self.ready_file), *arguments]
        processes = StackProcesses(self.folder)
        try:
            command = Command(name="up", module="attachment_lab", arguments=given, environment=self.environment)
            process = processes.start(command)
            processes.wait_until(self.ready_file.exists, process=process, status=lambda: "starting")
            yield process
        finally:
            processes.stop()

    def ready(self) -> Any:
        return json.loads(self.ready_file.read_text())

    def call(self, *arguments: str) -> Any:
        """The JSON that a command prints; it must end well."""
        done = subprocess.run(
            [sys.executable, "-m", "attachment_lab", *arguments, "--json"],
            cwd=self.folder,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.mark.long
def test_up_with_the_same_run_directory_continues_where_it_was_ended(tmp_path: Path) -> None:
    lab, run_dir = Lab(tmp_path), tmp_path / "run"
    with lab.up("--run-dir", str(run_dir)) as process:
        first = lab.ready()
        lab.call("chat", "--file", "a.txt", "--end")
        begun = lab.call("chat", "--file", "a.txt")["contact_id"]
        other = lab.call("tenant", "open")["tenant"]
        lab.call("clock", "advance", "1h")
        before = lab.call("reconcile")
        lab.call("snapshot", "save", "middle")
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(60)
    assert f"`attachment-lab up --run-dir {run_dir}` continues here." in (tmp_path / "up.log").read_text()
    assert (run_dir / "continue" / "tenants.json").stat().st_mode & 0o777 == 0o600

    with lab.up("--run-dir", str(run_dir)) as process:
        again = lab.ready()["tenants"]["acme"]
        ports = {name: again[name] for name in ("oauth", "loopback")}  # their addresses have other ports
        assert lab.ready()["tenants"] == first["tenants"] | {"acme": first["tenants"]["acme"] | ports}
        assert lab.call("reconcile") == before
        assert {"acme", other} <= {each["tenant"] for each in lab.call("tenant", "list")["tenants"]}
        assert lab.call("clock", "show")["offset_s"]["service"] >= 3600
        assert [each["outcome"] for each in lab.call("chat", "--end", begun)["attachments"]] == ["stored"]
        # What was kept is older than the database now: a stack that is killed does not continue from it.
        assert continued.read(run_dir) is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)

    with lab.up("--run-dir", str(run_dir), "--snapshot", "middle"):
        assert lab.call("reconcile")["attachments"] == before["attachments"]
        assert lab.ready()["tenants"]["acme"]["contact_id"] == first["tenants"]["acme"]["contact_id"]
        assert lab.call("reset")["status"] == "reset"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--edi", "x.json"), "--edi: {run} continues with acme; open it by `attachment-lab tenant open`"),
        (("--tenant", "nowhere"), "--tenant nowhere: {run} continues with acme; name one of them"),
    ],
)
def test_what_contradicts_the_kept_stack_is_wrong_use_before_anything_starts(
    arguments: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "run" / "continue"
    kept.mkdir(parents=True)
    document = {
        "format": continued.FORMAT,
        "default": "acme",
        "tenants": {"acme": _names()},
        "dialects": {"acme": {}},
        "offset_s": 0,
        "sealing_key": "k1:x",
    }
    (kept / continued.DOCUMENT).write_text(json.dumps(document))
    assert run(["up", "--port-base", "0", "--run-dir", str(tmp_path / "run"), *arguments]) == 2
    assert words.format(run=tmp_path / "run") in capsys.readouterr().err


def test_a_kept_stack_that_cannot_be_read_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "continue"
    kept.mkdir()
    (kept / continued.DOCUMENT).write_text('{"format": "another"}')
    assert run(["up", "--port-base", "0", "--run-dir", str(tmp_path)]) == 2
    assert "remove it to start empty" in capsys.readouterr().err


def test_an_unknown_snapshot_is_wrong_use_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert run(["up", "--snapshot", "none"]) == 2
    assert "there is no snapshot" in capsys.readouterr().err


def _names() -> dict[str, Any]:
    return default_tenant().to_json()
