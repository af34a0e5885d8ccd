"""The wheel in other people's hands: installed into a fresh virtual environment, used from another project."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "attachment_contract",
    "attachment_lab",
    "attachment_transfer",
    "c4c_mock",
    "cmi_mock",
    "mock_kit",
    "orchestration_mock",
}
MIGRATIONS = Path("service/attachment_transfer/ledger/migrations")
THREE_LINES = """
def test_a_photo_arrives(tenant):
    tenant.chat(files=[("photo.jpg", b"not really a photo")]).end()
    assert tenant.wait_until_settled()[0].outcome == "stored"
"""

pytestmark = [pytest.mark.wheel, pytest.mark.sample, pytest.mark.timeout(600)]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def build_wheel(source: Path, target: Path) -> Path:
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        target,
        source,
        cwd=target,
    )
    (wheel,) = target.glob("*.whl")
    return wheel


def packages_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name.split("/")[0] for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_the_real_names_and_no_folder_names(tmp_path: Path) -> None:
    assert packages_in(build_wheel(ROOT, tmp_path)) == PACKAGES


def test_production_builds_from_the_service_and_the_contract_alone(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for part in ("service/attachment_transfer", "contract_tests/attachment_contract"):
        shutil.copytree(ROOT / part, source / part)
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, source / file)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel = build_wheel(source, wheels)
    assert packages_in(wheel) == {"attachment_contract", "attachment_transfer"}
    steps = {path.name for path in (source / MIGRATIONS / "versions").glob("step_*.py")}
    with zipfile.ZipFile(wheel) as archive:
        shipped = {Path(name) for name in archive.namelist()}
    folder = Path("attachment_transfer/ledger/migrations")
    assert steps
    assert shipped >= {folder / "env.py", *(folder / "versions" / name for name in steps)}


def test_another_project_uses_the_fixtures_after_one_install(tmp_path: Path) -> None:
    wheel = build_wheel(ROOT, tmp_path)
    project = tmp_path / "another-project"
    project.mkdir()
    (project / "test_photo.py").write_text(THREE_LINES, encoding="utf-8")
    run(sys.executable, "-m", "venv", project / ".venv", cwd=project)
    python = project / ".venv/bin/python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--require-hashes", "-r", ROOT / "requirements/lab.txt", cwd=project)
    run(*pip, "--no-deps", wheel, cwd=project)
    run(*pip, "-c", versions(tmp_path), "pytest", cwd=project)
    told = run(python, "-m", "pytest", "-q", cwd=project)
    assert "1 passed" in told


def versions(target: Path) -> Path:
    """The lock's versions as constraints, without hashes."""
    lines = (ROOT / "requirements/test.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line.split(" ")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))]
    file = target / "constraints.txt"
    file.write_text("\n".join(pinned), encoding="utf-8")
    return file
