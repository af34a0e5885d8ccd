"""The bundle: written from one engine, loaded and run by another that has no network whatsoever.

The second engine is a Docker daemon with its own data root in a network namespace without any interface but loopback:
whatever it or ``load.sh`` tried to fetch would fail. Needs root, a Docker engine and a base image (BASE_IMAGE, default
debian-python:local); skips with one line where they lack, unless REQUIRE_DOCKER=1.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from instrument.airgap import Engine, engine_without_network, skip_where_lacking

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600), pytest.mark.xdist_group("docker-bundle")]

BASE_IMAGE = os.environ.get("BASE_IMAGE", "debian-python:local")
LABEL = "attachment-transfer.test=bundle"

DOCKERFILE = f"""
FROM {BASE_IMAGE}
LABEL {LABEL}
USER 10001:10001
CMD ["python3", "-m", "http.server", "--directory", "/pages", "8080"]
"""

COMPOSE = """
services:
  pages:
    image: {image}
    profiles: [core]
    read_only: true
    volumes: ["./pages:/pages:ro"]
    ports: ["127.0.0.1:${{PAGES_PORT:-8190}}:8080"]
    healthcheck:
      test: [CMD, python3, -c, "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/', timeout=4)"]
      interval: 1s
      retries: 60
  once:
    image: {image}
    profiles: [core]
    command: ["true"]
    network_mode: none
  dashboards:
    image: never.invalid/pulled:1
    profiles: [observability]
"""


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    skip_where_lacking(BASE_IMAGE)
    name = f"bundle-test-{uuid.uuid4().hex[:12]}:1"
    subprocess.run(["docker", "build", "-q", "-t", name, "-"], input=DOCKERFILE, text=True, check=True)
    yield name
    docker("image", "rm", "-f", name, check=False)


@pytest.fixture(scope="module")
def project(image: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compose project of two services; a third, of another profile, has an image that nobody can get."""
    root = tmp_path_factory.mktemp("project")
    (root / "docker-compose.yml").write_text(COMPOSE.format(image=image), encoding="utf-8")
    (root / ".env").write_text(f"COMPOSE_PROFILES=core\nCOMPOSE_PROJECT_NAME={image[:-2]}\n", encoding="utf-8")
    (root / "pages").mkdir()
    (root / "pages" / "index.html").write_text("it travelled", encoding="utf-8")
    return root


def write_bundle(project: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "attachment_lab.bundle", "--out", str(out), "--json", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=project)


@pytest.fixture(scope="module")
def result(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = write_bundle(project, tmp_path_factory.mktemp("out") / "bundle.tar")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def unpacked(result: dict[str, Any], tmp_path: Path) -> Path:
    with tarfile.open(result["path"]) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "attachment-transfer-bundle"


@pytest.fixture
def offline_engine() -> Iterator[Engine]:
    with engine_without_network() as engine:
        yield engine


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_an_engine_without_network_loads_runs_and_removes_what_the_bundle_brings(
    unpacked: Path, offline_engine: Engine, result: dict[str, Any]
) -> None:
    interfaces = offline_engine.run("ip", "-4", "route", "show", "default")
    assert interfaces.stdout == "", "the engine has a way out"
    port = free_port()
    up = offline_engine.run("./load.sh", "up", cwd=unpacked, PAGES_PORT=port)
    assert up.returncode == 0, up.stderr
    assert f"http://127.0.0.1:{port}" in up.stdout
    page = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}/', timeout=9).read().decode())"
    assert offline_engine.run(sys.executable, "-c", page).stdout.strip() == "it travelled"
    images = offline_engine.run("docker", "image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    assert dict(line.split() for line in images.stdout.splitlines()) == result["images"]
    again = offline_engine.run("./load.sh", "up", cwd=unpacked, PAGES_PORT=port)
    assert again.returncode == 0, again.stderr
    assert "giving" not in again.stderr, "what is loaded is not loaded twice"
    down = offline_engine.run("./load.sh", "down", cwd=unpacked, PAGES_PORT=port)
    assert down.returncode == 0, down.stderr
    assert offline_engine.run("docker", "ps", "-aq").stdout == ""


def test_an_image_that_is_another_under_the_same_name_is_loaded_anew(
    unpacked: Path, offline_engine: Engine, image: str, result: dict[str, Any]
) -> None:
    imported = offline_engine.run("sh", "-c", f"tar -c load.sh | docker import - {image}", cwd=unpacked)
    assert imported.returncode == 0, imported.stderr
    up = offline_engine.run("./load.sh", "up", cwd=unpacked, PAGES_PORT=free_port())
    assert up.returncode == 0, up.stderr
    found = offline_engine.run("docker", "image", "inspect", "--format", "{{.Id}}", image).stdout.strip()
    assert found == result["images"][image]


@pytest.mark.parametrize("name", ["images.tar.gz", "stack/docker-compose.yml", "load.sh"])
def test_a_file_that_was_damaged_on_the_way_is_named_and_nothing_is_loaded(unpacked: Path, name: str) -> None:
    with (unpacked / name).open("ab") as file:
        file.write(b"\n")
    done = subprocess.run(["./load.sh", "verify"], capture_output=True, text=True, check=False, cwd=unpacked)
    assert done.returncode == 1
    assert f"{name}: FAILED" in done.stderr
    assert "remedy: copy the archive again" in done.stderr


def test_images_of_another_platform_are_refused_before_anything_is_loaded(unpacked: Path) -> None:
    listed = (unpacked / "images.txt").read_text(encoding="utf-8")
    (unpacked / "images.txt").write_text(listed.replace("linux/", "plan9/"), encoding="utf-8")
    done = subprocess.run(["./load.sh", "load"], capture_output=True, text=True, check=False, cwd=unpacked)
    assert done.returncode == 1
    assert "is for plan9/" in done.stderr


def test_only_the_chosen_profiles_images_travel(result: dict[str, Any], image: str) -> None:
    assert list(result["images"]) == [image]


def test_an_image_that_the_engine_lacks_is_named_with_a_remedy(project: Path, tmp_path: Path) -> None:
    done = write_bundle(project, tmp_path / "b.tar", "--profile", "observability")
    assert done.returncode == 1
    assert "never.invalid/pulled:1" in done.stderr
    assert "remedy: deploy/images/build.sh" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_image_with_the_build_networks_certificate_in_its_history_does_not_travel(
    project: Path, image: str, tmp_path: Path
) -> None:
    """As engine 20.10 does it: an argument of the last stage is written into the history of each later layer."""
    tainted = f"{image[:-2]}:tainted"
    dockerfile = f'FROM {image}\nARG EXTRA_CA=""\nRUN true\n'
    argument = "EXTRA_CA=-----BEGIN CERTIFICATE-----\nMIIF\n-----END CERTIFICATE-----"
    build = ["docker", "build", "-q", "--build-arg", argument, "-t", tainted, "-"]
    try:
        subprocess.run(build, input=dockerfile, text=True, check=True, capture_output=True)
        other = tmp_path / "other"
        shutil.copytree(project, other)
        (other / "docker-compose.yml").write_text(COMPOSE.format(image=tainted), encoding="utf-8")
        done = write_bundle(other, tmp_path / "b.tar")
    finally:
        docker("image", "rm", "-f", tainted, check=False)
    assert done.returncode == 1
    assert f"image {tainted}: its history holds a certificate" in done.stderr
    assert "MIIF" not in done.stderr
    assert not (tmp_path / "b.tar").exists()
