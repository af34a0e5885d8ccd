#!/usr/bin/env python3
"""Write the service's software bill of materials: CycloneDX 1.6 JSON from the lock, standard library only.

    requirements/sbom.py                    print it
    requirements/sbom.py --write FILE       write it
    requirements/sbom.py --check FILE       exit 1 if FILE is not what the lock says

The same lock gives the same bytes: no time, and a serial number made from the lock's content. Each package has its
version, its package URL, the hashes of every file that the lock accepts, and what needs it.
Source: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "service.txt"
_PACKAGE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)\s*(;\s*(?P<marker>[^\\]+))?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_NEEDED_BY = re.compile(r"^\s+#\s+(?:via\s+)?(?P<name>\S+)(?P<ours>\s+\(.*pyproject\.toml.*\))?\s*$")


class BadLock(Exception):
    """The lock is not what ``uv pip compile --generate-hashes`` writes."""


@dataclass
class Package:
    """One locked package. ``needed_by`` are names; the empty name is the service itself."""

    name: str
    version: str
    marker: str | None
    hashes: list[str] = field(default_factory=list)
    needed_by: list[str] = field(default_factory=list)

    @property
    def purl(self) -> str:
        """Its package URL, which is its reference, too."""
        return f"pkg:pypi/{self.name.lower().replace('_', '-')}@{self.version}"


def read_lock(text: str) -> list[Package]:
    """Read every package of a lock. Raises :class:`BadLock` for a line or a package that it does not understand."""
    packages: list[Package] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _PACKAGE.match(line):
            marker = match["marker"]
            packages.append(Package(match["name"], match["version"], marker.strip() if marker else None))
        elif line.strip() and not packages:
            raise BadLock(f"line {number}: {line[:60]!r} before the first package")
        elif packages and "--hash=" in line:
            packages[-1].hashes += _HASH.findall(line)
        elif packages and (needed := _NEEDED_BY.match(line)) and needed["name"] != "via":
            packages[-1].needed_by.append("" if needed["ours"] else needed["name"])
        elif line.strip() and not re.match(r"\s+#", line):
            raise BadLock(f"line {number}: {line[:60]!r} is no package, hash or comment")
    if unhashed := [package.name for package in packages if not package.hashes]:
        raise BadLock(f"without hashes: {', '.join(unhashed)}")
    return packages


def bill(lock_text: str, *, name: str, version: str) -> dict[str, Any]:
    """The document."""
    packages = read_lock(lock_text)
    root = f"pkg:pypi/{name}@{version}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{root} {lock_text}')}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": root, "name": name, "version": version, "purl": root},
            "lifecycles": [{"phase": "build"}],
        },
        "components": [_component(package) for package in packages],
        "dependencies": _dependencies(root, packages),
    }


def _component(package: Package) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "hashes": [{"alg": "SHA-256", "content": content} for content in sorted(package.hashes)],
    }
    if package.marker:
        component["properties"] = [{"name": "python:marker", "value": package.marker}]
    return component


def _dependencies(root: str, packages: list[Package]) -> list[dict[str, Any]]:
    """Who needs whom, from the lock's own "via" comments."""
    of = {package.name: package.purl for package in packages} | {"": root}
    needs: dict[str, set[str]] = {reference: set() for reference in of.values()}
    for package in packages:
        for name in package.needed_by:
            if name not in of:
                raise BadLock(f"{package.name} is needed by {name}, which is not in the lock")
            needs[of[name]].add(package.purl)
    return [{"ref": reference, "dependsOn": sorted(needed)} for reference, needed in sorted(needs.items())]


def text_of(lock: Path) -> str:
    """The bill of ``lock`` as the bytes that are written."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    document = bill(lock.read_text(encoding="utf-8"), name=project["name"], version=project["version"])
    return json.dumps(document, indent=1) + "\n"


def main(arguments: list[str]) -> int:
    """The command. Exit codes: 0 good, 1 out of date, 2 wrong use or an unreadable lock."""
    parser = argparse.ArgumentParser(description="The service's bill of materials (CycloneDX 1.6) from its lock.")
    parser.add_argument("--lock", type=Path, default=LOCK, metavar="FILE", help="default: requirements/service.txt")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--write", type=Path, metavar="FILE", help="write it there")
    where.add_argument("--check", type=Path, metavar="FILE", help="compare with this file")
    chosen = parser.parse_args(arguments)
    try:
        text = text_of(chosen.lock)
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
