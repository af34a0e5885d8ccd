"""A command finds the running stack from any folder; with several, the choice is the person's."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from attachment_lab.errors import WrongUse
from attachment_lab.shared_files import replace_json
from attachment_lab.stack import known_stacks, ready_file
from attachment_lab.stack.ready_file import RunningStack
from attachment_lab.tenant.credentials import default_tenant

TENANT = default_tenant()
STACK = RunningStack(
    urls={name: f"http://127.0.0.1:{port}" for port, name in enumerate(ready_file.URL_NAMES, 8100)},
    tenants={"acme": TENANT},
    default="acme",
    pid=os.getpid(),
)
#: The first process of the system: it always runs, and it is not this one.
ANOTHER = 1


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stacks of this test announce themselves."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "attachment-lab"


def announced(path: Path, **changes: object) -> Path:
    replace_json(path, ready_file.stack_json(replace(STACK, **changes)))  # type: ignore[arg-type]
    return path


def test_stacks_are_announced_in_the_runtime_folder_if_there_is_one(tmp_path: Path) -> None:
    assert known_stacks.folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path / "attachment-lab"


def test_without_a_runtime_folder_they_are_announced_in_the_users_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = known_stacks.folder({})
    assert found.is_absolute()
    assert found.name == "attachment-lab"


def test_the_running_stack_is_found_from_any_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = announced(folder / "stack.json")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert known_stacks.running_path() == path


def test_of_several_running_stacks_the_error_names_each_and_how_to_choose(folder: Path) -> None:
    first, second = announced(folder / "stack.json"), announced(folder / "stack-1.json", pid=ANOTHER)
    with pytest.raises(WrongUse, match="2 stacks are running; choose one") as refused:
        known_stacks.running_path()
    for path in (first, second):
        assert f"--stack {path}" in str(refused.value)
    assert "http://127.0.0.1:8100" in str(refused.value)


def test_a_stack_whose_owner_was_killed_is_not_running(folder: Path, ended_pid: int) -> None:
    announced(folder / "stack.json", pid=ended_pid)
    with pytest.raises(WrongUse, match="start one with `attachment-lab up`"):
        known_stacks.running_path()
    assert known_stacks.own_path() == folder / "stack.json"


def test_a_second_stack_leaves_the_file_of_the_first_alone(folder: Path) -> None:
    assert known_stacks.own_path() == folder / "stack.json"
    announced(folder / "stack.json", pid=ANOTHER)
    assert known_stacks.own_path() == folder / f"stack-{os.getpid()}.json"


@pytest.fixture
def ended_pid() -> int:
    """The number of a process that has ended."""
    child = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(child, 0)
    return child
