"""The mutants' runner: survivors are explained by entries that are read with care."""

from __future__ import annotations

import fnmatch
from pathlib import Path

import changes
import mutants
import pytest


def test_every_explanation_is_about_a_file_that_is_mutated() -> None:
    files = {
        path.relative_to(changes.ROOT / mutants.PACKAGE).as_posix()
        for group in mutants.GROUPS.values()
        for pattern in group
        for path in (changes.ROOT / mutants.PACKAGE).glob(pattern)
    }
    for each in mutants.read_explanations():
        assert fnmatch.filter(files, each.file), each
        assert each.why


def test_an_explanation_is_for_its_file_and_its_change_alone() -> None:
    entry = mutants.Explanation(
        file="clients/*", change=r'"accept".*"ACCEPT"', equivalent=True, why="HTTP ignores case"
    )
    assert entry.covers("clients/c4c/client.py", 'x("accept") -> x("ACCEPT")')
    assert not entry.covers("worker/carry.py", 'x("accept") -> x("ACCEPT")')
    assert not entry.covers("clients/c4c/client.py", 'x("accept") -> x(None)')


def test_an_entry_with_another_member_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "survivors.toml"
    path.write_text('[[survivor]]\nfile = "a"\nchange = "b"\nequivalent = true\nwhy = "c"\ncolour = "red"\n')
    with pytest.raises(changes.BadSpec, match="colour"):
        mutants.read_explanations(path)


def test_the_copied_tree_has_the_package_where_mutmut_looks_for_it(tmp_path: Path) -> None:
    mutants.copied_tree(tmp_path)
    assert (tmp_path / "src" / "attachment_transfer" / "worker" / "carry.py").is_file()
    assert not (tmp_path / "service" / "attachment_transfer").exists()
    assert "[tool.mutmut]" in (tmp_path / "pyproject.toml").read_text()
