"""The self-test of the harness: each planted defect applies, and one that is not caught is reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import changes
import planted
import pytest

SPECS = planted.read_defects()
GOOD = """
[[defect]]
id = "one"
title = "One"
file = "core/rounds.py"
find = "class RunNow:"
replace = "class RunNever:"
outside = "demo --json"
message = ["hop"]
inside = ["service/tests/core"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.toml").write_text(GOOD)
    return tmp_path


def test_there_are_at_least_thirty_defects() -> None:
    assert len(SPECS) >= 30


@pytest.mark.parametrize("defect", SPECS, ids=lambda each: each.id)
def test_a_defect_applies_to_the_service_as_it_is(defect: planted.Defect) -> None:
    text = defect.planted()
    compile(text, defect.file, "exec")
    assert text != (planted.PACKAGE / defect.file).read_text()


@pytest.mark.parametrize("defect", SPECS, ids=lambda each: each.id)
def test_the_tests_that_a_defect_names_exist(defect: planted.Defect) -> None:
    for name in defect.inside:
        path, _, test = name.partition("::")
        text = (changes.ROOT / path).read_text()
        assert not test or f"def {test.partition('[')[0]}(" in text, f"{name}: there is no such test"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("class RunNow:", "class RunNow"), "occurs 2 times"),
        (("class RunNow:", "class Gone:"), "occurs 0 times"),
        (("core/rounds.py", "core/gone.py"), "there is no service/attachment_transfer/core/gone.py"),
    ],
)
def test_a_defect_that_no_longer_applies_is_refused_in_words(folder: Path, change: tuple[str, str], words: str) -> None:
    text = (folder / "one.toml").read_text()
    (folder / "one.toml").write_text(text.replace(f'"{change[0]}"', f'"{change[1]}"', 1))
    (defect,) = planted.read_defects(folder)
    if "2 times" in words:
        defect = replace(defect, find="@dataclass(frozen=True)\nclass Run")
    with pytest.raises(changes.BadSpec, match=words):
        defect.planted()


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ('colour = "red"\n', "members must be"),
        (GOOD, "the id is taken"),
        (GOOD.replace('"one"', '"two"').replace('["hop"]', "[]"), "name at least one"),
    ],
    ids=["unknown member", "two of one id", "no message"],
)
def test_an_entry_that_is_wrong_is_refused_in_words(folder: Path, extra: str, words: str) -> None:
    with (folder / "one.toml").open("a") as sink:
        sink.write(extra)
    with pytest.raises(changes.BadSpec, match=words):
        planted.read_defects(folder)


def test_a_copy_with_a_defect_is_what_the_tests_of_the_service_import() -> None:
    (defect,) = [each for each in SPECS if each.id == "retry-after-not-honoured"]
    with changes.copy_with(planted.PACKAGE, planted.PACKAGE / defect.file, defect.planted()) as environment:
        found = changes.from_inside(defect.inside, environment)
    assert found.caught, found.seen
    assert "test_retry_policy" in found.seen


def test_a_defect_that_no_test_notices_is_reported() -> None:
    (defect,) = [each for each in SPECS if each.id == "retry-after-not-honoured"]
    with changes.copy_with(planted.PACKAGE, None, "") as environment:
        found = changes.from_inside(defect.inside, environment)
    assert not found.caught
    assert "no test fails" in found.seen


def test_a_command_that_stays_green_is_reported() -> None:
    with changes.copy_with(planted.PACKAGE, None, "") as environment:
        found = planted.from_outside("scenario list", ["anything"], environment)
    assert not found.caught
    assert "ended with 0" in found.seen


def test_an_unknown_name_is_wrong_use_and_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert planted.main(["no-such-defect"]) == 2
    assert "byte-lost" in capsys.readouterr().out
