#!/usr/bin/env python3
"""Write the service's software bill of materials: CycloneDX 1.6 JSON by cyclonedx-py, from exactly what is locked.

    requirements/sbom.py                    print it
    requirements/sbom.py --write FILE       write it
    requirements/sbom.py --check FILE       exit 1 if FILE is not what the lock says

cyclonedx-py (the package cyclonedx-bom, kept by the OWASP CycloneDX project) describes an installed environment, with
licences and who needs whom. This one also holds the lab and the tests, so it is shown a view: an empty environment with
links to the metadata of the locked packages. What the generator cannot know is added: the hashes that the lock accepts.
What is an address of others is left out. The same lock and generator give the same bytes: no time, no serial number.
Source: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import venv
from dataclasses import dataclass, field
from importlib.metadata import Distribution, distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "service.txt"
#: What is in the image besides the locked packages: attachment-transfer, and attachment-contract within it.
PROJECTS = (ROOT / "service" / "pyproject.toml", ROOT / "contract_tests" / "pyproject.toml")
_PACKAGE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class BadLock(Exception):
    """The lock is not what ``uv pip compile --generate-hashes`` writes, or not what is installed."""


@dataclass
class Package:
    """One locked package; ``name`` in PyPI's one spelling (PEP 503)."""

    name: str
    version: str
    hashes: list[str] = field(default_factory=list)


def normalised(name: str) -> str:
    """The one spelling of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(text: str) -> list[Package]:
    """Read every package of a lock. Raises :class:`BadLock` for a line or a package that it does not understand."""
    packages: list[Package] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _PACKAGE.match(line):
            packages.append(Package(normalised(match["name"]), match["version"]))
        elif line.strip() and not packages:
            raise BadLock(f"line {number}: {line[:60]!r} before the first package")
        elif packages and "--hash=" in line:
            packages[-1].hashes += _HASH.findall(line)
        elif line.strip() and not re.match(r"\s*#", line):
            raise BadLock(f"line {number}: {line[:60]!r} is no package, hash or comment")
    if unhashed := [package.name for package in packages if not package.hashes]:
        raise BadLock(f"without hashes: {', '.join(unhashed)}")
    return packages


def installed() -> dict[str, Distribution]:
    """What this environment holds, by normalised name."""
    return {normalised(found.metadata["Name"]): found for found in distributions()}


def bill(packages: list[Package], *, validate: bool) -> dict[str, Any]:
    """The document. Raises :class:`BadLock` where another version is installed, or none."""
    here = installed()
    other = [p.name for p in packages if p.name not in here or here[p.name].version != p.version]
    if other:
        raise BadLock(f"not installed as locked: {', '.join(other)}; remedy: requirements/install.sh test")
    if find_spec("cyclonedx_py") is None:
        raise BadLock("cyclonedx-bom is not installed; remedy: requirements/install.sh test")
    with tempfile.TemporaryDirectory() as folder:
        python = _view(Path(folder), [here[package.name] for package in packages])
        command = [sys.executable, "-m", "cyclonedx_py", "environment", str(python), "--pyproject", str(PROJECTS[0])]
        options = ["--mc-type", "application", "--spec-version", "1.6", "--output-reproducible", "-o", "-"]
        options.append("--validate" if validate else "--no-validate")  # by the format's schema; takes seconds
        made = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode:
        raise BadLock(f"cyclonedx-py failed: {made.stderr.strip()[-400:]}")
    return _completed(json.loads(made.stdout), packages)


def _view(folder: Path, found: list[Distribution]) -> Path:
    """An environment that holds the metadata of ``found`` and nothing else; its interpreter."""
    venv.create(folder, with_pip=False, symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}, scheme="venv"))
    for each in found:
        metadata = Path(str(each.locate_file(""))) / Path(str(each._path)).name  # type: ignore[attr-defined]
        (site / metadata.name).symlink_to(metadata)
    return folder / "bin" / "python"


def _needed() -> set[str]:
    """The packages of others that our two distributions name, without their extras."""
    projects = [tomllib.loads(file.read_text(encoding="utf-8"))["project"] for file in PROJECTS]
    named = {normalised(re.split(r"[^A-Za-z0-9._-]", name)[0]) for each in projects for name in each["dependencies"]}
    return named - {each["name"] for each in projects}


def _completed(document: dict[str, Any], packages: list[Package]) -> dict[str, Any]:
    """With the lock's hashes and what our two need without their extras; without the addresses of others."""
    needed = _needed()
    root = document["metadata"]["component"]["bom-ref"]
    for entry in document["dependencies"]:
        if entry["ref"] == root:
            found = [item["bom-ref"] for item in document["components"] if normalised(item["name"]) in needed]
            entry["dependsOn"] = sorted(found)
    hashes = {package.name: sorted(package.hashes) for package in packages}
    for tool in document["metadata"].get("tools", {}).get("components", []):
        tool.pop("externalReferences", None)
    for component in document["components"]:
        component.pop("externalReferences", None)
        accepted = hashes[normalised(component["name"])]
        component["hashes"] = [{"alg": "SHA-256", "content": content} for content in accepted]
    return document


def text_of(lock: Path, *, validate: bool = True) -> str:
    """The bill of ``lock`` as the bytes that are written."""
    return json.dumps(bill(read_lock(lock.read_text(encoding="utf-8")), validate=validate), indent=1) + "\n"


def main(arguments: list[str]) -> int:
    """The command. Exit codes: 0 good, 1 out of date, 2 wrong use or an unreadable lock."""
    parser = argparse.ArgumentParser(description="The service's bill of materials (CycloneDX 1.6) from its lock.")
    parser.add_argument("--lock", type=Path, default=LOCK, metavar="FILE", help="default: requirements/service.txt")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--write", type=Path, metavar="FILE", help="write it there")
    where.add_argument("--check", type=Path, metavar="FILE", help="compare with this file")
    chosen = parser.parse_args(arguments)
    try:
        text = text_of(chosen.lock, validate=chosen.check is None)
    except (BadLock, OSError) as exc:
        print(f"sbom: {chosen.lock}: {exc}", file=sys.stderr)
        return 2
    if chosen.write:
        chosen.write.parent.mkdir(parents=True, exist_ok=True)
        chosen.write.write_text(text, encoding="utf-8")
    elif chosen.check:
        if not chosen.check.exists() or chosen.check.read_text(encoding="utf-8") != text:
            print(f"sbom: {chosen.check} does not say what {chosen.lock.name} says; remedy: make sbom", file=sys.stderr)
            return 1
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
