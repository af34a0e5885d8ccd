"""The production image: the service alone, not root, on a read-only root file system, without capabilities.

Needs a Docker engine and a base image (BASE_IMAGE, default debian-python:local); skips with one line where they lack,
unless REQUIRE_DOCKER=1.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from instrument.building import extra_ca

from attachment_lab.tenant.credentials import sealing_key

ROOT = Path(__file__).resolve().parents[2]
BASE_IMAGE = os.environ.get("BASE_IMAGE", "debian-python:local")
IMAGE = "attachment-transfer:test"
LEAST = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp"]

pytestmark = [pytest.mark.stack, pytest.mark.docker, pytest.mark.timeout(900), pytest.mark.xdist_group("docker")]


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def image() -> str:
    """Build the image once. The machine's own CA bundle goes in as the extra one, as on a company network."""
    try:
        lacking = subprocess.run(
            ["docker", "image", "inspect", BASE_IMAGE], capture_output=True, check=False
        ).returncode
    except OSError:
        lacking = 1
    if lacking:
        what = f"no Docker engine answers, or there is no image {BASE_IMAGE} (docker import a debootstrap of Debian)"
        if os.environ.get("REQUIRE_DOCKER") == "1":
            pytest.fail(what, pytrace=False)
        pytest.skip(what)
    docker(
        "build", "-q", "--network", "host", "-f", "service/Dockerfile", "--build-arg", f"BASE_IMAGE={BASE_IMAGE}",
        "--build-arg", f"EXTRA_CA={extra_ca()}", "-t", IMAGE, str(ROOT),
    )  # fmt: skip
    return IMAGE


@pytest.fixture
def container(image: str) -> Iterator[str]:
    """A running service; removed at the end, whatever happened."""
    name = f"attachment-transfer-{uuid.uuid4().hex[:12]}"
    docker(
        "run", "-d", "--name", name, *LEAST, "-v", "/data", "--network", "none",
        "-e", f"ATTACHMENT_TRANSFER_SEALING_KEYS={sealing_key()}", image,
    )  # fmt: skip
    try:
        yield name
    finally:
        docker("rm", "-f", "-v", name, check=False)


def inside(container: str, code: str) -> str:
    return docker("exec", container, "python3", "-c", code).strip()


def test_the_image_runs_with_least_privilege(container: str) -> None:
    ready = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}/readyz', timeout=4).status)"
    pause = threading.Event()
    for _ in range(240):
        answers = [
            docker("exec", container, "python3", "-c", ready.format(port=port), check=False) for port in (8104, 8105)
        ]
        if [answer.strip() for answer in answers] == ["200", "200"]:
            break
        pause.wait(0.25)
    else:
        pytest.fail(docker("logs", container, check=False)[-3000:] or "never ready")
    assert inside(container, "import os; print(os.getuid(), os.getgid())") == "10001 10001"
    assert "CapEff:\t0000000000000000" in inside(container, "print(open('/proc/self/status').read())")
    tried = "import pathlib\ntry:\n pathlib.Path('/opt/x').write_text('')\nexcept OSError as e:\n print(e.errno)"
    assert inside(container, tried) == "30"  # EROFS
    docker("stop", "-t", "40", container)
    assert json.loads(docker("inspect", container))[0]["State"]["ExitCode"] == 0


def test_no_mock_and_no_package_manager_is_in_the_image(image: str) -> None:
    names = ["mock_kit", "c4c_mock", "cmi_mock", "orchestration_mock", "attachment_lab", "pytest", "flask", "pip"]
    code = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])"
    found = docker(
        "run", "--rm", "--network", "none", "--entrypoint", "/opt/attachment-transfer/bin/python", image, "-c", code
    )
    assert found.strip() == "['flask']"


def test_nothing_of_the_build_network_is_left_in_the_image(image: str) -> None:
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    assert "BEGIN CERTIFICATE" not in history
    assert "EXTRA_CA" not in history
