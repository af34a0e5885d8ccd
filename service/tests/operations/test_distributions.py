"""The three distributions: each names all that it imports, one version, and nothing of ours under another version."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = {"attachment-contract": "contract_tests", "attachment-transfer": "service", "attachment-lab": "mocks"}
PROJECTS: dict[str, dict[str, Any]] = {
    name: tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))
    for name, folder in FOLDERS.items()
}
#: Which distribution a package of ours belongs to.
OURS = {
    Path(package).name: name
    for name, project in PROJECTS.items()
    for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
}
#: Packages that come with a named one by its own documentation.
PART_OF = {"httpcore": "httpx", "jinja2": "flask", "markupsafe": "flask", "werkzeug": "flask"}
#: Imported by a type checker or inside pytest alone.
NEVER_ALONE = {"_typeshed", "pytest"}
#: An extra's packages: what imports them says what to install where they are missing.
OPTIONAL = {
    "attachment-contract": set[str](),
    "attachment-transfer": {"opentelemetry"},
    "attachment-lab": {"docker", "playwright", "testcontainers"},
}


def needed(name: str) -> set[str]:
    """The distributions that one of ours names, normalised, without versions and extras."""
    return {normalised(re.split(r"[\[><=]", each)[0]) for each in PROJECTS[name]["project"]["dependencies"]}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(name: str) -> dict[str, str]:
    """Top-level name → a file that imports it; the standard library and its own packages left out."""
    found: dict[str, str] = {}
    own = {package for package, owner in OURS.items() if owner == name}
    for package in PROJECTS[name]["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        for file in sorted((ROOT / FOLDERS[name] / package).rglob("*.py")):
            for each in _names(ast.parse(file.read_text(encoding="utf-8"))):
                found.setdefault(each.partition(".")[0], str(file.relative_to(ROOT)))
    skipped = {*sys.stdlib_module_names, *own, *NEVER_ALONE}
    return {each: file for each, file in found.items() if each not in skipped}


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("name", FOLDERS)
def test_a_distribution_names_every_package_that_it_imports(name: str) -> None:
    owners = packages_distributions()
    for package, file in imported(name).items():
        if package in OPTIONAL[name]:
            continue
        brings = (
            {OURS[package]} if package in OURS else {PART_OF.get(package, normalised(each)) for each in owners[package]}
        )
        assert brings & needed(name), f"{file} imports {package}: name it in {FOLDERS[name]}/pyproject.toml"


@pytest.mark.parametrize("name", FOLDERS)
def test_what_is_optional_is_an_extra_and_never_a_plain_dependency(name: str) -> None:
    owners = packages_distributions()
    plain = {normalised(each) for package in OPTIONAL[name] for each in owners.get(package, ())} & needed(name)
    assert not plain


def test_production_needs_no_mock_and_no_lab() -> None:
    ours = {name: needed(name) & FOLDERS.keys() for name in FOLDERS}
    assert ours == {
        "attachment-contract": set(),
        "attachment-transfer": {"attachment-contract"},
        "attachment-lab": {"attachment-contract", "attachment-transfer"},
    }


def test_the_three_have_one_version_and_need_exactly_it() -> None:
    root = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (version,) = {each["project"]["version"] for each in (root, *PROJECTS.values())}
    for project in PROJECTS.values():
        for dependency in project["project"]["dependencies"]:
            if dependency.startswith("attachment-"):
                assert dependency.partition("==")[2] == version
    for file in ("docs/ci/action.yml", "docs/ci/gitlab-ci.yml", "docs/ci/README.md"):
        wheels = re.findall(r"attachment_contract-(\S+)-py3-none-any\.whl", (ROOT / file).read_text(encoding="utf-8"))
        assert set(wheels) == {version}, file


@pytest.mark.parametrize("lock", ["contract", "service", "lab", "test"])
def test_no_lock_fetches_one_of_the_three_by_name(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    assert not [line for line in text.splitlines() if re.match(r"\s*attachment[-_]", line)]


def test_no_page_has_a_reader_install_one_of_the_three_by_name() -> None:
    """The names are not registered on any index: pip would install what a stranger registers there."""
    folders = ("contract_tests", "deploy", "docs", "e2e", "mocks", "service")
    pages = [page for folder in folders for page in (ROOT / folder).rglob("*.md")]
    files = [ROOT / "README.md", *pages, *(ROOT / "docs/ci").glob("*.yml")]
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            _, found, arguments = line.partition("pip install ")
            words = {word.strip("`'\"").partition("[")[0] for word in arguments.partition(" #")[0].split()}
            assert not found or not words & {*FOLDERS, *OURS}, f"{file.relative_to(ROOT)}: {line}"
