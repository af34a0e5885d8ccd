"""The stack's own bundle, as `make bundle` writes it, on a machine without network: it runs, and carries a chat.

The machine is an empty Docker engine in a network namespace that has loopback alone (``instrument.airgap``). Needs
root, a Docker engine and the images; skips with one line where they lack, unless REQUIRE_DOCKER=1.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from instrument.airgap import Engine, engine_without_network, skip_where_lacking

from attachment_lab.containers.compose_stack import IMAGES

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200), pytest.mark.xdist_group("docker-bundle")]

ROOT = Path(__file__).resolve().parents[2]
ALONE = ["unshare", "--net", "sh", "-c"]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Written by the very command of the Makefile, into another place."""
    skip_where_lacking("attachment-transfer-lab:local")
    recipe = subprocess.run(
        ["make", "--dry-run", "bundle"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    (command,) = [line for line in recipe.replace("\\\n", " ").splitlines() if "attachment_lab.bundle" in line]
    words = [sys.executable, *shlex.split(command)[1:]]
    out = tmp_path_factory.mktemp("bundle") / "bundle.tar"
    done = subprocess.run([*words, "--out", str(out), "--json"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def unpacked(result: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(result["path"]) as archive:
        archive.extractall(folder, filter="data")
    Path(result["path"]).unlink()
    return folder / "attachment-transfer-bundle"


@pytest.fixture(scope="module")
def machine() -> Iterator[Engine]:
    with engine_without_network() as engine:
        yield engine


def test_the_bundle_brings_every_image_of_the_stack(result: dict[str, Any]) -> None:
    assert sorted(result["images"]) == sorted(f"{image}:local" for image in IMAGES)


def test_a_machine_without_network_runs_the_stack_and_carries_a_chat(unpacked: Path, machine: Engine) -> None:
    up = machine.run("./load.sh", "up", cwd=unpacked)
    assert up.returncode == 0, up.stderr
    assert "http://127.0.0.1:8100" in up.stdout
    page = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8100/', timeout=30).status)"
    assert machine.run(sys.executable, "-c", page).stdout.strip() == "200"
    check = machine.run("stack/deploy/compose_stack.sh", "check", cwd=unpacked)
    assert check.returncode == 0, check.stderr
    assert "2 file(s) in C4C; the reconciliation's invariants hold" in check.stdout
    # The stack's own script works from the bundle, too: nothing there is to be built.
    again = machine.run("stack/deploy/compose_stack.sh", "up", cwd=unpacked)
    assert again.returncode == 0, again.stderr
    down = machine.run("./load.sh", "down", cwd=unpacked)
    assert down.returncode == 0, down.stderr
    assert machine.run("docker", "ps", "-aq").stdout == ""
    assert machine.run("docker", "volume", "ls", "-q").stdout == ""


def test_without_docker_and_without_network_the_wheels_alone_play_the_demo(unpacked: Path, tmp_path: Path) -> None:
    made = subprocess.run(
        [*ALONE, f"ip link set lo up && ./load.sh python {tmp_path}/venv"],
        cwd=unpacked, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    demo = subprocess.run(
        [*ALONE, f"ip link set lo up && {tmp_path}/venv/bin/attachment-lab demo"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert demo.returncode == 0, demo.stdout + demo.stderr
