"""The snippets for pipelines: each of their commands is run unchanged."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "contract_tests" / "corpus"
GOOD, BAD, WARNED = (
    CORPUS / part for part in ("sound/plain.json", "broken/AC402_leg_id.json", "documented/chat_attachments.json")
)


def snippet(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def bash(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """As a runner does it: bash with -eo pipefail, python from this virtual environment first in the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one configuration that is right."""
    (tmp_path / "integrations").mkdir()
    (tmp_path / "integrations" / "a.json").write_bytes(GOOD.read_bytes())
    return tmp_path


def spoil(project: Path, file: Path = BAD) -> None:
    (project / "integrations" / "b.json").write_bytes(file.read_bytes())


# --- pre-commit -----------------------------------------------------------------------------------------------------


def hook(name: str) -> Any:
    (found,) = [each for each in snippet(".pre-commit-hooks.yaml") if each["id"] == name]
    return found


def test_the_pre_commit_hook_checks_the_files_it_is_given(project: Path) -> None:
    entry = hook("attachment-contract")["entry"]
    assert bash(f"{entry} integrations/a.json", project).returncode == 0
    spoil(project)
    done = bash(f"{entry} integrations/a.json integrations/b.json", project)
    assert done.returncode == 1
    assert "integrations/b.json:20:22 error AC402" in done.stdout


def test_the_correcting_hook_changes_the_file_so_that_pre_commit_fails(project: Path) -> None:
    spoil(project)
    assert bash(f"{hook('attachment-contract-fix')['entry']} integrations/b.json", project).returncode == 0
    assert (project / "integrations" / "b.json").read_bytes() == GOOD.read_bytes()


@pytest.mark.parametrize("name", ["attachment-contract", "attachment-contract-fix"])
def test_a_hook_has_what_pre_commit_wants(name: str) -> None:
    found = hook(name)
    assert found["language"] == "python"
    assert found["types"] == ["json"]
    assert found["name"]
    # pre-commit hands over no shell: the entry is split into words
    assert shlex.split(found["entry"])[:2] == ["attachment-contract", "check"]
    # pre-commit installs `.` and these, in a clone of this repository
    (folder,) = found["additional_dependencies"]
    assert (ROOT / folder / "pyproject.toml").is_file()


# --- GitHub ---------------------------------------------------------------------------------------------------------


def action_step(name: str, **inputs: str) -> tuple[str, dict[str, str]]:
    """The script of a step of the action, and its environment with the inputs filled in."""
    action = snippet("docs/ci/action.yml")
    (step,) = [step for step in action["runs"]["steps"] if step["name"] == name]
    values = {key: str(each["default"]) for key, each in action["inputs"].items()} | inputs
    fill = {
        key: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda m: values[m[1]], text) for key, text in step["env"].items()
    }
    assert "${{" not in step["run"], "an expression in a script is an injection"
    assert step["shell"] == "bash"
    return step["run"], fill


def test_the_github_action_annotates_what_is_wrong_and_fails(project: Path) -> None:
    script, environment = action_step("Check")
    assert bash(script, project, **environment).returncode == 0
    spoil(project)
    done = bash(script, project, **environment)
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=integrations/b.json,line=20,")


@pytest.mark.parametrize(("strict", "code"), [("false", 0), ("true", 1)])
def test_the_github_action_can_be_strict(project: Path, strict: str, code: int) -> None:
    spoil(project, WARNED)
    script, environment = action_step("Check", strict=strict, paths="integrations/a.json integrations/b.json")
    assert bash(script, project, **environment).returncode == code


def test_the_github_workflow_uses_the_action_with_inputs_that_it_has_and_uploads_sarif(project: Path) -> None:
    steps = snippet("docs/ci/workflow.yml")["jobs"]["contract"]["steps"]
    (used,) = [step for step in steps if step.get("uses", "").endswith("attachment-contract")]
    assert set(used["with"]) <= set(snippet("docs/ci/action.yml")["inputs"])
    (step,) = [step for step in steps if "run" in step]
    (upload,) = [step for step in steps if "upload-sarif" in step.get("uses", "")]
    spoil(project)
    assert bash(step["run"], project).returncode == 0
    document = json.loads((project / upload["with"]["sarif_file"]).read_text())
    assert [result["ruleId"] for result in document["runs"][0]["results"]] == ["AC402"]
    (project / "integrations" / "c.json").symlink_to("c.json")
    assert bash(step["run"].replace(" integrations ", " no-such-folder "), project).returncode != 0


# --- GitLab ---------------------------------------------------------------------------------------------------------


def test_the_gitlab_job_leaves_a_test_report_and_fails(project: Path) -> None:
    job = snippet("docs/ci/gitlab-ci.yml")["attachment-contract"]
    (script,) = job["script"]
    report = project / job["artifacts"]["reports"]["junit"]
    assert bash(script, project, **job["variables"]).returncode == 0
    assert len(ET.parse(report).findall(".//testcase")) == 1
    spoil(project)
    assert bash(script, project, **job["variables"]).returncode == 1
    assert [case.get("name") for case in ET.parse(report).findall(".//testcase[failure]")] == ["integrations/b.json"]


# --- what they install ----------------------------------------------------------------------------------------------

#: Offline: what the wheel needs is taken from this environment, which counts as installed.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_IGNORE_INSTALLED": "0", "PIP_NO_BUILD_ISOLATION": "0"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the gate's wheel and its lock."""
    folder = tmp_path_factory.mktemp("built")
    pip = f"{sys.executable} -m pip wheel --quiet --no-deps --no-build-isolation -w ."
    assert bash(f"{pip} {shlex.quote(str(ROOT))}/contract_tests", folder).returncode == 0
    shutil.copy(ROOT / "requirements/contract.txt", folder)
    return folder


@pytest.fixture
def fresh(project: Path, built: Path) -> dict[str, str]:
    """Put wheel and lock into ci/; variables of an environment that has what the gate needs, but not the gate."""
    shutil.copytree(built, project / "ci")
    assert bash(f"{sys.executable} -m venv --without-pip fresh", project).returncode == 0
    libraries = next(part for part in sys.path if part.endswith("site-packages"))
    return {**OFFLINE, "PATH": f"{project / 'fresh' / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": libraries}


def the_gate_works(project: Path, fresh: dict[str, str]) -> None:
    command = f"{project}/fresh/bin/attachment-contract check integrations"
    done = bash(command, project, **fresh)
    assert done.returncode == 0, done.stderr
    spoil(project)
    assert bash(command, project, **fresh).returncode == 1


@pytest.mark.long
@pytest.mark.wheel
@pytest.mark.timeout(300)
@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_what_the_snippets_install_brings_the_gate_along(project: Path, fresh: dict[str, str], system: str) -> None:
    """The step that installs, run unchanged with its own default: the wheel that `make dist` builds, in ci/."""
    if system == "github":
        script, names = action_step("Install the gate")
    else:
        job = snippet("docs/ci/gitlab-ci.yml")["attachment-contract"]
        (script,), names = job["before_script"], job["variables"]
    done = bash(script, project, **fresh, **names)
    assert done.returncode == 0, done.stderr
    the_gate_works(project, fresh)


@pytest.mark.long
@pytest.mark.wheel
@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [0, 1], ids=["plain", "locked"])
def test_the_install_lines_of_the_page_bring_the_gate_along(project: Path, fresh: dict[str, str], number: int) -> None:
    page = (ROOT / "docs/ci/README.md").read_text(encoding="utf-8")
    block = re.findall(r"```sh\n(python3 -m pip .*?)```", page, re.DOTALL)[number]
    done = bash(block, project, **fresh)
    assert done.returncode == 0, done.stderr
    the_gate_works(project, fresh)


@pytest.mark.long
@pytest.mark.wheel
@pytest.mark.timeout(300)
def test_what_pre_commit_installs_brings_the_gate_along(project: Path, fresh: dict[str, str]) -> None:
    """As pre-commit does it: in the repository, `.` and the hook's own dependencies."""
    dependencies = shlex.join([".", *hook("attachment-contract")["additional_dependencies"]])
    done = bash(f"cd {shlex.quote(str(ROOT))} && python -m pip install --quiet {dependencies}", project, **fresh)
    assert done.returncode == 0, done.stderr
    the_gate_works(project, fresh)
