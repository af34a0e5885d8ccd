"""The bill of materials says what the lock says, and the audit never calls clean what it could not ask about."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
LOCK = REQUIREMENTS / "service.txt"
A, B = "a" * 64, "b" * 64
SMALL = f"""\
alpha==1.0 \\
    --hash=sha256:{B} \\
    --hash=sha256:{A}
    # via
    #   attachment-transfer (pyproject.toml)
    #   beta
beta[extra]==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:{A}
    # via attachment-transfer (pyproject.toml)
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


def small_bill() -> dict[str, Any]:
    document: dict[str, Any] = sbom.bill(SMALL, name="attachment-transfer", version="9")
    return document


def test_every_locked_package_is_in_the_bill_with_its_version_and_hashes() -> None:
    document = sbom.bill(LOCK.read_text(encoding="utf-8"), name="attachment-transfer", version="1")
    locked = re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    assert [(item["name"], item["version"]) for item in document["components"]] == locked
    hashes = sum(len(item["hashes"]) for item in document["components"])
    assert hashes == LOCK.read_text(encoding="utf-8").count("--hash=sha256:")


def test_a_component_has_name_version_purl_hashes_and_marker() -> None:
    alpha, beta = small_bill()["components"]
    assert (alpha["name"], alpha["version"], alpha["purl"]) == ("alpha", "1.0", "pkg:pypi/alpha@1.0")
    assert [item["content"] for item in alpha["hashes"]] == [A, B]
    assert "properties" not in alpha
    assert beta["properties"] == [{"name": "python:marker", "value": "sys_platform == 'win32'"}]


def test_the_bill_says_who_needs_whom() -> None:
    needs = {item["ref"]: item["dependsOn"] for item in small_bill()["dependencies"]}
    assert needs == {
        "pkg:pypi/attachment-transfer@9": ["pkg:pypi/alpha@1.0", "pkg:pypi/beta@2.0"],
        "pkg:pypi/beta@2.0": ["pkg:pypi/alpha@1.0"],
        "pkg:pypi/alpha@1.0": [],
    }


def test_every_reference_of_the_real_bill_is_a_component_or_the_service() -> None:
    document = sbom.bill(LOCK.read_text(encoding="utf-8"), name="attachment-transfer", version="1")
    known = {item["bom-ref"] for item in document["components"]} | {document["metadata"]["component"]["bom-ref"]}
    assert {item["ref"] for item in document["dependencies"]} == known
    assert {needed for item in document["dependencies"] for needed in item["dependsOn"]} < known


def test_the_same_lock_gives_the_same_bytes_and_another_lock_another_serial_number() -> None:
    assert small_bill() == small_bill()
    other = sbom.bill(SMALL.replace("1.0", "1.1"), name="attachment-transfer", version="9")
    assert other["serialNumber"] != small_bill()["serialNumber"]


@pytest.mark.parametrize("text", ["alpha==1.0\n", "alpha>=1.0\n", f"{SMALL}gamma @ https://example.com/x\n"])
def test_a_lock_that_is_not_understood_is_no_bill(text: str) -> None:
    with pytest.raises(sbom.BadLock):
        sbom.bill(text, name="x", version="1")


def test_a_bill_that_is_out_of_date_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bill.json"
    assert sbom.main(["--check", str(file)]) == 1
    assert sbom.main(["--write", str(file)]) == 0
    assert sbom.main(["--check", str(file)]) == 0
    file.write_text(file.read_text(encoding="utf-8").replace("flask", "flusk"), encoding="utf-8")
    assert sbom.main(["--check", str(file)]) == 1
    assert "remedy: make sbom" in capsys.readouterr().err


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
    told = capsys.readouterr().out
    assert told.count("NOT AUDITED") == 2
    assert why in told
    assert "no known vulnerability" not in told


def test_without_pip_audit_nothing_was_audited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert audit.pip_audit(LOCK, "osv") == (None, "pip-audit is not installed in this environment")


def test_the_report_of_pip_audit_is_read_as_it_writes_it() -> None:
    """Recorded from pip-audit 2.10.1 against an index without advisories, where it ends with 0."""
    report = json.loads('{"dependencies": [{"name": "anyio", "skip_reason": "Dependency not found"}], "fixes": []}')
    assert audit.judge(report, "No known vulnerabilities found").skipped == ["anyio"]
