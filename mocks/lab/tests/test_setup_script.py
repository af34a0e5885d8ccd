"""Set-up installs Debian packages by fresh lists, and by those there are where no mirror answers."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

APT = Path(__file__).parents[3] / "requirements" / "apt.sh"
#: A stand-in for apt-get that writes down its first word and ends as the test wants.
APT_GET = """#!/bin/sh
echo "$1" >>"$RECORD"
echo "Reading package lists..." >&2
case $1 in
update) [ "$UPDATE" = 0 ] || echo "E: Some index files failed to download." >&2; exit "$UPDATE" ;;
install) [ "$INSTALL" = 0 ] || echo "E: Unable to locate package chromium" >&2; exit "$INSTALL" ;;
esac
"""


@dataclass(frozen=True)
class SetUp:
    """A set-up's result: exit code, apt-get's commands in their order, and the output."""

    code: int
    asked: list[str]
    said: str


def set_up(folder: Path, *, update: int = 0, install: int = 0, user_id: int = 0, twice: bool = False) -> SetUp:
    """Install a package as ``user_id``, with an apt-get whose two acts end with these codes."""
    programs, record = folder / "bin", folder / "record"
    programs.mkdir()
    for name, text in (("apt-get", APT_GET), ("id", f"#!/bin/sh\necho {user_id}\n")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    record.touch()
    lines = ["set -eu", 'say() { printf "setup: %s\\n" "$*" >&2; }', f". {APT}", "apt_install chromium"]
    script = "\n".join([*lines, "apt_install fonts-liberation"] if twice else lines)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "RECORD": str(record), "UPDATE": str(update), "INSTALL": str(install)}
    done = subprocess.run(
        ["sh", "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == ""
    return SetUp(done.returncode, record.read_text().split(), done.stderr)


def test_the_package_lists_are_refreshed_before_a_browser_is_installed(tmp_path: Path) -> None:
    done = set_up(tmp_path)
    assert (done.code, done.asked) == (0, ["update", "install"])
    assert done.said == "setup: installing Debian package(s): chromium\n"


def test_they_are_refreshed_once_in_a_set_up(tmp_path: Path) -> None:
    assert set_up(tmp_path, twice=True).asked == ["update", "install", "install"]


def test_where_no_mirror_answers_the_lists_that_are_there_are_used_and_that_is_said(tmp_path: Path) -> None:
    done = set_up(tmp_path, update=100)
    assert (done.code, done.asked) == (0, ["update", "install"])
    assert (
        "could not be refreshed; those that are there are used (E: Some index files failed to download.)" in done.said
    )


def test_a_package_that_cannot_be_installed_fails_with_the_reason(tmp_path: Path) -> None:
    done = set_up(tmp_path, install=100)
    assert done.code == 1
    assert "apt-get could not install them (E: Unable to locate package chromium)" in done.said


@pytest.mark.parametrize("user_id", [1, 1000])
def test_who_is_not_root_is_left_alone(tmp_path: Path, user_id: int) -> None:
    done = set_up(tmp_path, user_id=user_id)
    assert (done.code, done.asked, done.said) == (1, [], "")


@pytest.mark.parametrize(("arguments", "level"), [("", "lab"), ("--tour --headless", "test")])
def test_the_demo_sets_up_a_browser_only_for_the_tour(arguments: str, level: str) -> None:
    command = ["make", "-n", "demo", f"ARGS={arguments}"]
    # Without what a `make test` around this test hands down to a make of its own.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(command, cwd=APT.parents[1], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == f"requirements/install.sh {level}"
