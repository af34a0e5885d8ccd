#!/usr/bin/env python3
"""Ask a vulnerability database about every locked package, with pip-audit. Never "clean" about what it could not ask.

    requirements/audit.py [--service osv|pypi] [--offline-ok] [LOCK…]

pip-audit itself says "No known vulnerabilities found" and 0 where the database knows none of the packages (a mirror
without advisories, for instance). So its report is read, and a package that was not audited counts as such.

Exit codes: 0 every package was audited and none is vulnerable; 1 at least one is; 3 not audited, wholly or in part, and
why (0 with --offline-ok, for machines without the internet: it still says NOT AUDITED).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parent / "service.txt"
_TIMEOUT_S = 600

#: Runs pip-audit on a lock; returns its JSON report, or None, and what it said on stderr.
Run = Callable[[Path, str], tuple[dict[str, Any] | None, str]]


@dataclass
class Findings:
    """What is known about one lock."""

    audited: int = 0
    vulnerable: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    trouble: str | None = None


def pip_audit(lock: Path, service: str) -> tuple[dict[str, Any] | None, str]:
    """Run pip-audit without pip: the lock is complete, so nothing has to be resolved or installed."""
    if importlib.util.find_spec("pip_audit") is None:
        return None, "pip-audit is not installed in this environment"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--requirement", str(lock), "--disable-pip", "--require-hashes", "--vulnerability-service", service]
        command = [sys.executable, "-m", "pip_audit", *options, "--format", "json", "--output", str(report)]
        try:
            done = subprocess.run(
                [*command, "--progress-spinner", "off"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return None, f"pip-audit did not end within {_TIMEOUT_S} s"
        if not report.exists() or not report.stat().st_size:
            return None, (done.stderr.strip().splitlines() or ["pip-audit left no report"])[-1]
        return json.loads(report.read_text(encoding="utf-8")), done.stderr


def judge(report: dict[str, Any] | None, said: str) -> Findings:
    """Read a report strictly: only a package with a list of advisories, be it empty, was audited."""
    if report is None:
        return Findings(trouble=said)
    found = Findings()
    for package in report.get("dependencies", []):
        if "vulns" not in package:
            found.skipped.append(package["name"])
            continue
        found.audited += 1
        for advisory in package["vulns"]:
            fixed = ", ".join(advisory.get("fix_versions", [])) or "no release yet"
            found.vulnerable.append(f"{package['name']} {package['version']}: {advisory['id']} (fixed in {fixed})")
    if found.audited + len(found.skipped) == 0:
        found.trouble = "the report names no package"
    return found


def report_findings(lock: Path, found: Findings) -> int:
    """Print what was found; return the exit code."""
    for line in found.vulnerable:
        print(f"VULNERABLE {line}")
    if found.trouble:
        print(f"NOT AUDITED {lock.name}: {found.trouble}")
    if found.skipped:
        few = ", ".join(found.skipped[:5]) + (" …" if len(found.skipped) > 5 else "")
        print(f"NOT AUDITED {lock.name}: the database does not know {len(found.skipped)} package(s): {few}")
    if found.vulnerable:
        print("remedy: raise the bound in pyproject.toml, then make lock")
        return 1
    if found.trouble or found.skipped:
        print("remedy: run this where the vulnerability database can be reached (api.osv.dev, or --service pypi)")
        return 3
    print(f"audited {lock.name}: {found.audited} packages, no known vulnerability")
    return 0


def main(arguments: list[str], run: Run = pip_audit) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Ask a vulnerability database about every locked package.")
    parser.add_argument("locks", nargs="*", type=Path, default=[LOCK], metavar="LOCK")
    parser.add_argument("--service", choices=("osv", "pypi"), default="osv")
    parser.add_argument("--offline-ok", action="store_true", help="end with 0 where the database cannot be reached")
    chosen = parser.parse_args(arguments)
    codes = [report_findings(lock, judge(*run(lock, chosen.service))) for lock in chosen.locks]
    if 1 in codes:
        return 1
    return 3 if 3 in codes and not chosen.offline_ok else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
