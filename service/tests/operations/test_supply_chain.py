"""The bill of materials says what the lock says, and the audit never calls clean what it could not ask about."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REQUIREMENTS = Path(__file__).parents[3] / "requirements"
LOCK = REQUIREMENTS / "service.txt"
A, B = "a" * 64, "b" * 64
SMALL = f"""\
alpha==1.0 \\
    --hash=sha256:{B} \\
    --hash=sha256:{A}
    # via
    #   attachment-transfer (service/pyproject.toml)
    #   beta
beta[extra]==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:{A}
    # via attachment-transfer (service/pyproject.toml)
"""


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"requirements_{name}", REQUIREMENTS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


sbom, audit = script("sbom"), script("audit")


BILL = REQUIREMENTS / "service.cdx.json"
TRANSFER, CONTRACT = (
    tomllib.loads((REQUIREMENTS.parent / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for folder in ("service", "contract_tests")
)


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    """The bill of the repository, which goes into the image."""
    document: dict[str, Any] = json.loads(BILL.read_text(encoding="utf-8"))
    return document


def locked() -> dict[str, Any]:
    return {package.name: package for package in sbom.read_lock(LOCK.read_text(encoding="utf-8"))}


def test_a_lock_is_read_package_by_package_with_every_hash() -> None:
    alpha, beta = sbom.read_lock(SMALL)
    assert (alpha.name, alpha.version, alpha.hashes) == ("alpha", "1.0", [B, A])
    assert (beta.name, beta.version, beta.hashes) == ("beta", "2.0", [A])
    text = LOCK.read_text(encoding="utf-8")
    assert [(package.name, package.version) for package in locked().values()] == re.findall(
        r"^([\w.-]+)(?:\[.*\])?==(\S+)", text, re.MULTILINE
    )
    assert sum(len(package.hashes) for package in locked().values()) == text.count("--hash=sha256:")


def test_every_locked_package_is_in_the_bill_with_its_version_hashes_and_licence(bill: dict[str, Any]) -> None:
    listed = {sbom.normalised(item["name"]): item for item in bill["components"]}
    assert len(listed) == len(bill["components"])
    assert {name: item["version"] for name, item in listed.items()} == {
        name: package.version for name, package in locked().items()
    }
    for name, item in listed.items():
        assert [each["content"] for each in item["hashes"]] == sorted(locked()[name].hashes)
        assert item["purl"] == f"pkg:pypi/{name}@{item['version']}"
        assert item["licenses"], name


def test_the_bill_says_who_needs_whom_and_every_reference_leads_somewhere(bill: dict[str, Any]) -> None:
    root = bill["metadata"]["component"]
    known = {item["bom-ref"] for item in bill["components"]} | {root["bom-ref"]}
    needs = {item["ref"]: set(item.get("dependsOn", ())) for item in bill["dependencies"]}
    assert needs.keys() == known
    assert set().union(*needs.values()) == known - {root["bom-ref"]}, "something in the lock is needed by nobody"
    direct = {sbom.normalised(reference.partition("==")[0]) for reference in needs[root["bom-ref"]]}
    named = {re.split(r"[\[><=]", name)[0] for name in TRANSFER["dependencies"] + CONTRACT["dependencies"]}
    assert direct == named - {CONTRACT["name"]}
    assert (root["name"], root["version"]) == (TRANSFER["name"], TRANSFER["version"])


def test_the_bill_holds_no_time_no_serial_number_and_no_address(bill: dict[str, Any]) -> None:
    assert bill["specVersion"] == "1.6"
    assert "serialNumber" not in bill
    assert "timestamp" not in bill["metadata"]
    assert "externalReferences" not in BILL.read_text(encoding="utf-8")
    [tool] = [tool for tool in bill["metadata"]["tools"]["components"] if tool["name"] == "cyclonedx-py"]
    assert tool["version"]


needs_generator = pytest.mark.skipif(
    importlib.util.find_spec("cyclonedx_py") is None,
    reason="cyclonedx-bom is not installed: requirements/install.sh test",
)


@needs_generator
def test_the_bill_is_what_the_generator_makes_of_the_lock(capsys: pytest.CaptureFixture[str]) -> None:
    assert sbom.main(["--check", str(BILL)]) == 0, capsys.readouterr().err


@needs_generator
def test_a_bill_that_is_out_of_date_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock, file = tmp_path / "one.txt", tmp_path / "bill.json"
    lock.write_text(f"click=={version('click')} \\\n    --hash=sha256:{A}\n", encoding="utf-8")
    assert sbom.main(["--lock", str(lock), "--write", str(file)]) == 0
    [component] = json.loads(file.read_text(encoding="utf-8"))["components"]
    assert (component["name"], component["hashes"]) == ("click", [{"alg": "SHA-256", "content": A}])
    file.write_text(file.read_text(encoding="utf-8").replace("click", "clock"), encoding="utf-8")
    assert sbom.main(["--lock", str(lock), "--check", str(file)]) == 1
    assert "remedy: make sbom" in capsys.readouterr().err


def test_a_lock_that_is_not_installed_is_no_bill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = tmp_path / "other.txt"
    lock.write_text(f"click==0.1 \\\n    --hash=sha256:{A}\n", encoding="utf-8")
    assert sbom.main(["--lock", str(lock)]) == 2
    assert "not installed as locked: click" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["alpha==1.0\n", "alpha>=1.0\n", f"{SMALL}gamma @ https://example.com/x\n"])
def test_a_lock_that_is_not_understood_is_no_bill(text: str) -> None:
    with pytest.raises(sbom.BadLock):
        sbom.read_lock(text)


def audited(report: dict[str, Any] | None, *options: str, said: str = "") -> int:
    code: int = audit.main([*options, "service.txt"], run=lambda _lock, _service: (report, said))
    return code


CLEAN = {"name": "flask", "version": "3", "vulns": []}
SKIPPED = {"name": "httpx", "skip_reason": "Dependency not found on PyPI and could not be audited"}
BAD = {"name": "dbos", "version": "3", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1"]}]}


def test_what_was_audited_and_is_clean_is_called_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert audited({"dependencies": [CLEAN]}) == 0
    assert capsys.readouterr().out == "audited service.txt: 1 packages, no known vulnerability\n"


def test_a_vulnerable_package_is_named_with_its_remedy_even_offline(capsys: pytest.CaptureFixture[str]) -> None:
    assert audited({"dependencies": [CLEAN, BAD, SKIPPED]}, "--offline-ok") == 1
    said = capsys.readouterr().out
    assert "VULNERABLE dbos 3: PYSEC-1 (fixed in 3.1)" in said
    assert "make lock" in said


@pytest.mark.parametrize(
    ("report", "said", "why"),
    [
        (None, "Failed to resolve 'api.osv.dev'", "Failed to resolve"),
        ({"dependencies": [CLEAN, SKIPPED]}, "", "does not know 1 package(s): httpx"),
        ({"dependencies": []}, "", "names no package"),
    ],
)
def test_what_was_not_audited_is_never_called_clean(
    report: dict[str, Any] | None, said: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(report, said=said) == 3
    assert audited(report, "--offline-ok", said=said) == 0
    printed = capsys.readouterr().out
    assert printed.count("NOT AUDITED") == 2
    assert why in printed
    assert "no known vulnerability" not in printed


def test_without_pip_audit_nothing_was_audited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert audit.pip_audit(LOCK, "osv") == (None, "pip-audit is not installed in this environment")


def test_the_report_of_pip_audit_is_read_as_it_writes_it() -> None:
    """Recorded from pip-audit 2.10.1 against an index without advisories, where it ends with 0."""
    report = json.loads('{"dependencies": [{"name": "anyio", "skip_reason": "Dependency not found"}], "fixes": []}')
    assert audit.judge(report, "No known vulnerabilities found").skipped == ["anyio"]
