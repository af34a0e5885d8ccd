"""``attachment-lab tenant``, and ``--tenant`` of the commands that work on one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from attachment_lab.__main__ import run
from attachment_lab.shared_files import replace_json
from attachment_lab.stack import ready_file
from attachment_lab.stack.ready_file import RunningStack
from attachment_lab.testing.lab import Lab, LabTenant

pytestmark = pytest.mark.stack


@pytest.fixture
def stack_path(lab: Lab, tenant: LabTenant, tmp_path: Path) -> Path:
    """A stack file whose default tenant is the test's own, as ``up`` would have written it."""
    path = tmp_path / "stack.json"
    stack = RunningStack(
        urls=dict.fromkeys(ready_file.URL_NAMES, "http://127.0.0.1:1") | dict(lab.urls),
        tenants={tenant.name: tenant.names},
        default=tenant.name,
        run_dir=lab.stack.run_dir,
        clock_file=lab.stack.clock_file,
        pid=os.getpid(),
    )
    replace_json(path, ready_file.stack_json(stack))
    return path


def result(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, object]:
    """The JSON that a command prints; it must end well."""
    code = run([*map(str, arguments), "--json"])
    said = capsys.readouterr()
    assert code == 0, said.err
    found: dict[str, object] = json.loads(said.out)
    return found


def test_a_tenant_is_opened_used_reset_and_closed(
    tenant: LabTenant, stack_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--stack", stack_path)
    opened = result(capsys, "tenant", "open", *given)
    name = str(opened.pop("tenant"))
    assert set(opened) == {"cmi", "c4c", "oauth", "contact_id", "loopback"}
    (tmp_path / "a.txt").write_text("hello")
    chat = result(capsys, "chat", "--file", tmp_path / "a.txt", "--end", "--tenant", name, *given)
    assert [each["outcome"] for each in chat["attachments"]] == ["stored"]  # type: ignore[attr-defined]
    assert len(result(capsys, "reconcile", "--tenant", name, *given)["attachments"]) == 1  # type: ignore[arg-type]
    assert result(capsys, "reconcile", *given)["attachments"] == []
    listed = result(capsys, "tenant", "list", *given)
    assert {tenant.name, name} <= {each["tenant"] for each in listed["tenants"]}  # type: ignore[attr-defined]
    assert listed["default"] == tenant.name
    ours = next(each for each in listed["tenants"] if each["tenant"] == name)  # type: ignore[attr-defined]
    assert ours["loopback"]["c4c"] == opened["loopback"]["c4c_url"]  # type: ignore[index]
    assert result(capsys, "reset", "--tenant", name, *given)["status"] == "reset"
    assert result(capsys, "reconcile", "--tenant", name, *given)["attachments"] == []
    assert result(capsys, "tenant", "close", name, *given) == {"status": "closed", "tenant": name}
    assert run(["reconcile", "--tenant", name, "--stack", str(stack_path)]) == 2
    assert f"no tenant is called '{name}'" in capsys.readouterr().err


def test_a_name_that_is_taken_and_the_default_tenant_are_refused(
    tenant: LabTenant, stack_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tenant", "open", "--tenant", tenant.name, "--stack", str(stack_path)]) == 2
    assert "choose another name" in capsys.readouterr().err
    assert run(["tenant", "close", tenant.name, "--stack", str(stack_path)]) == 2
    assert "default tenant" in capsys.readouterr().err


def test_full_reset_is_for_the_default_tenant_alone(
    tenant: LabTenant, stack_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = str(result(capsys, "tenant", "open", "--stack", stack_path)["tenant"])
    assert run(["reset", "--full", "--tenant", name, "--stack", str(stack_path)]) == 2
    assert "restarts the service for every tenant" in capsys.readouterr().err
    result(capsys, "tenant", "close", name, "--stack", stack_path)
