"""The wheels in other people's hands: installed into fresh virtual environments, used from another project."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "contract": {"attachment_contract"},
    "transfer": {"attachment_transfer"},
    "lab": {"attachment_lab", "c4c_mock", "cmi_mock", "mock_kit", "orchestration_mock"},
}
MIGRATIONS = Path("attachment_transfer/ledger/migrations")
THREE_LINES = """
def test_a_photo_arrives(tenant):
    tenant.chat(files=[("photo.jpg", b"not really a photo")]).end()
    assert tenant.wait_until_settled()[0].outcome == "stored"
"""

pytestmark = [
    pytest.mark.long,
    pytest.mark.wheel,
    pytest.mark.timeout(900),
]


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command as on another machine: without the paths into this repository. Returns its standard output."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def make_dist(to: Path, **environment: str) -> Path:
    """The very script of `make dist`."""
    run(ROOT / "requirements/dist.sh", to, sys.executable, cwd=ROOT, **environment)
    return to


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dist(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def constraints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lock's versions as constraints, without hashes."""
    lines = (ROOT / "requirements/test.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line.split(" ")[0].split("[")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))]
    file = tmp_path_factory.mktemp("constraints") / "constraints.txt"
    file.write_text("\n".join(pinned), encoding="utf-8")
    return file


def wheel(dist: Path, name: str) -> Path:
    (found,) = dist.glob(f"attachment_{name}-*.whl")
    return found


def packages_in(file: Path) -> set[str]:
    with zipfile.ZipFile(file) as archive:
        return {name.split("/")[0] for name in archive.namelist() if ".dist-info/" not in name}


def install(dist: Path, names: tuple[str, ...], constraints: Path, to: Path, *more: str) -> Path:
    """Install wheel files, as INSTALL.txt says, into a fresh virtual environment. Returns its folder of commands."""
    run(sys.executable, "-m", "venv", to, cwd=dist)
    files = [f"./{wheel(dist, name).name}" for name in names]
    pip = (to / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--constraint", constraints, *files, *more, cwd=dist)
    return to / "bin"


@pytest.mark.parametrize("name", PACKAGES)
def test_a_wheel_holds_its_packages_and_no_folder_names(dist: Path, name: str) -> None:
    assert packages_in(wheel(dist, name)) == PACKAGES[name]


def test_the_checksums_hold_and_the_install_lines_name_files_that_are_there(dist: Path) -> None:
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=dist)
    listed = {line.split("  ")[1] for line in (dist / "SHA256SUMS").read_text(encoding="utf-8").splitlines()}
    assert listed == {
        *(file.name for file in dist.glob("*.whl")),
        *(f"requirements/{name}.txt" for name in ("contract", "service", "lab")),
    }
    lines = [line.split() for line in (dist / "INSTALL.txt").read_text(encoding="utf-8").splitlines() if "pip" in line]
    named = [word for line in lines for word in line if word.startswith(("./", "requirements/"))]
    assert len(named) == 1 + 2 + 3 + 1 + 1
    assert all((dist / word).is_file() for word in named)


def test_the_same_commit_gives_the_same_wheels(dist: Path, tmp_path: Path) -> None:
    again = make_dist(tmp_path / "again", TZ="Asia/Tokyo", LC_ALL="C")
    for name in PACKAGES:
        first, second = (hashlib.sha256(wheel(folder, name).read_bytes()).hexdigest() for folder in (dist, again))
        assert first == second, name


def test_production_builds_from_its_own_folder_alone(tmp_path: Path) -> None:
    source = tmp_path / "service"
    shutil.copytree(ROOT / "service/attachment_transfer", source / "attachment_transfer")
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / "service" / file, source / file)
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(*pip, "--wheel-dir", tmp_path, source, cwd=tmp_path)
    with zipfile.ZipFile(wheel(tmp_path, "transfer")) as archive:
        shipped = {Path(name) for name in archive.namelist()}
    steps = {path.name for path in (source / MIGRATIONS / "versions").glob("step_*.py")}
    assert steps
    assert shipped >= {MIGRATIONS / "env.py", *(MIGRATIONS / "versions" / name for name in steps)}


@pytest.mark.parametrize(
    ("names", "absent"),
    [(("contract",), "attachment_transfer, attachment_lab"), (("contract", "transfer"), "attachment_lab, mock_kit")],
)
def test_a_plain_install_is_enough_for_the_command(
    dist: Path, constraints: Path, tmp_path: Path, names: tuple[str, ...], absent: str
) -> None:
    # Byte code is for what starts more than once; --help is not worth the seconds.
    commands = install(dist, names, constraints, tmp_path / "venv", "--no-compile")
    empty = tmp_path / "empty"
    empty.mkdir()
    for name in names:
        assert f"Usage: attachment-{name}" in run(commands / f"attachment-{name}", "--help", cwd=empty)
    for module in absent.split(", "):
        missing = f"import importlib.util; assert importlib.util.find_spec('{module}') is None"
        run(commands / "python", "-c", missing, cwd=empty)
    run(commands / "python", "-m", "pip", "check", cwd=empty)


def test_another_project_uses_the_fixtures_and_plays_the_demo_after_one_install(
    dist: Path, constraints: Path, tmp_path: Path
) -> None:
    project = tmp_path / "another-project"
    project.mkdir()
    commands = install(dist, ("contract", "transfer", "lab"), constraints, project / ".venv", "pytest")
    assert "Usage: attachment-lab" in run(commands / "attachment-lab", "--help", cwd=project)
    run(commands / "attachment-lab", "demo", cwd=project)
    (project / "test_photo.py").write_text(THREE_LINES, encoding="utf-8")
    assert "1 passed" in run(commands / "python", "-m", "pytest", "-q", cwd=project)
