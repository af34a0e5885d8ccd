"""The bundle's parts that need no engine: what may travel, which files do, and an archive that repeats itself."""

from __future__ import annotations

import hashlib
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from attachment_lab.bundle.archive import collect_wheels, write_archive
from attachment_lab.bundle.contents import BuildTraceFound, build_traces, read_contents, refuse_build_traces
from attachment_lab.bundle.engine import Image, inspect
from attachment_lab.containers.engine import ContainersFailed, NoEngine, compose_command
from attachment_lab.errors import WrongUse

CLEAN = Image(
    name="clean:1",
    image_id="sha256:1",
    platform="linux/amd64",
    size_bytes=1,
    environment=("PATH=/usr/bin", "DATABASE_URL=sqlite:////data/x.db"),
    labels={"org.opencontainers.image.title": "clean"},
    commands=("CMD [run]", "ARG EXTRA_CA=", "|1 EXTRA_CA= /bin/sh -c true", "|1 PIP_INDEX_URL= /bin/sh -c true"),
)


def test_an_image_built_with_empty_arguments_is_clean() -> None:
    assert list(build_traces(CLEAN)) == []


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("|1 EXTRA_CA=-----BEGIN CERTIFICATE-----\nMII /bin/sh -c true", "a certificate"),
        ("COPY -----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("|1 PIP_INDEX_URL=https://mirror.example/simple /bin/sh -c true", "a setting of the build's network"),
        ("|1 HTTP_PROXY=http://proxy.example:3128 /bin/sh -c true", "a setting of the build's network"),
        ("RUN pip install -i https://user:Word-1618@mirror.example/simple x", "an address with a password"),
    ],
)
def test_what_a_build_argument_leaves_in_the_history_is_reported_without_repeating_it(command: str, what: str) -> None:
    with pytest.raises(BuildTraceFound, match=f"image clean:1: its history holds {what}") as caught:
        refuse_build_traces((replace(CLEAN, commands=(command,)),))
    for secret in ("MII", "Word-1618", "example"):
        assert secret not in str(caught.value)


def test_environment_and_labels_are_looked_at_too() -> None:
    tainted = replace(CLEAN, environment=("https_proxy=http://p:1",), labels={"built": "https://u:w@host/x"})
    assert list(build_traces(tainted)) == [
        "image clean:1: its environment holds a setting of the build's network",
        "image clean:1: its labels holds an address with a password",
    ]


def a_folder(parent: Path) -> Path:
    folder = parent / "bundle"
    (folder / "stack").mkdir(parents=True)
    (folder / "load.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "load.sh").chmod(0o755)
    (folder / "stack" / "b.yml").write_text("b", encoding="utf-8")
    return folder


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    first = write_archive(a_folder(tmp_path / "one"), tmp_path / "one.tar")
    second = write_archive(a_folder(tmp_path / "two"), tmp_path / "two.tar")
    assert first.sha256 == second.sha256 == hashlib.sha256((tmp_path / "two.tar").read_bytes()).hexdigest()


def test_every_file_of_the_archive_but_the_sums_has_its_sum(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    write_archive(folder, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as archive:
        members = {member.name: member for member in archive.getmembers()}
    listed = [line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
    assert {f"bundle/{name}" for name in [*listed, "SHA256SUMS"]} == set(members)
    assert members["bundle/load.sh"].mode == 0o755
    assert members["bundle/stack/b.yml"].mode == 0o644


def test_an_archive_that_cannot_be_written_leaves_no_half_of_it(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"--out .*: .*Remedy"):
        write_archive(a_folder(tmp_path), tmp_path / "absent" / "b.tar")
    assert list(tmp_path.rglob("*.part")) == []


def test_a_missing_compose_file_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="there is no such file"):
        read_contents(tmp_path / "docker-compose.yml")


def test_a_lock_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="--lock"):
        collect_wheels(tmp_path, [tmp_path / "absent.txt"], tmp_path / "wheels")


def test_without_a_docker_command_the_remedy_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoEngine, match=r"remedy: install docker\.io and start dockerd"):
        inspect("any:1")
    with pytest.raises(NoEngine, match="apt-get install docker-compose"):
        compose_command()


@pytest.fixture
def compose_file(tmp_path: Path) -> Path:
    try:
        compose_command()
    except NoEngine as exc:
        pytest.skip(str(exc))
    file = tmp_path / "docker-compose.yml"
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.html").write_text("a", encoding="utf-8")
    file.write_text(
        "services:\n"
        "  a: {image: 'b:${TAG:-1}', profiles: [core], volumes: ['./pages:/pages:ro', 'data:/data']}\n"
        "  c: {image: 'c:1'}\n"
        "  d: {image: 'd:1', profiles: [demo]}\n"
        "volumes: {data: {}}\n",
        encoding="utf-8",
    )
    return file


@pytest.mark.long
def test_images_of_the_chosen_profiles_and_files_that_are_mounted_travel(compose_file: Path) -> None:
    (compose_file.parent / ".env").write_text("TAG=2\nCOMPOSE_PROFILES=core\n", encoding="utf-8")
    stack = read_contents(compose_file)
    assert stack.images == ("b:2", "c:1")
    assert stack.profiles == ("core",)
    assert [str(path) for path in stack.files] == [".env", "docker-compose.yml", "pages/a.html"]
    assert read_contents(compose_file, profiles=["demo"]).images == ("c:1", "d:1")


def test_a_mount_from_outside_the_project_cannot_travel(compose_file: Path) -> None:
    text = compose_file.read_text(encoding="utf-8").replace("./pages", "/etc/hostname")
    compose_file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match="/etc/hostname: it is outside"):
        read_contents(compose_file, profiles=["core"])


def test_a_compose_file_that_compose_refuses_is_reported_in_its_words(compose_file: Path) -> None:
    compose_file.write_text("services: {a: {imagee: b}}\n", encoding="utf-8")
    with pytest.raises(ContainersFailed, match="imagee"):
        read_contents(compose_file)
