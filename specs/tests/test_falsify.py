"""The guards are guarded: each can be switched off by an entry that applies, and its tests exist."""

from __future__ import annotations

from dataclasses import replace

import changes
import falsify
import pytest

SPECS = falsify.read_falsifications()


def test_every_guard_is_switched_off_by_an_entry() -> None:
    assert falsify.guards_without(SPECS) == []


@pytest.mark.parametrize("entry", SPECS, ids=lambda each: each.id)
def test_an_entry_applies_to_the_code_as_it_is(entry: falsify.Falsification) -> None:
    compile(entry.falsified(), entry.file, "exec")
    assert entry.package().is_dir()


@pytest.mark.parametrize("entry", SPECS, ids=lambda each: each.id)
def test_the_tests_that_an_entry_names_exist(entry: falsify.Falsification) -> None:
    assert entry.inside
    assert [name for name in entry.inside if not (changes.ROOT / name).exists()] == []


def test_a_guard_without_an_entry_and_a_name_that_is_no_guard_are_reported() -> None:
    entry = next(each for each in SPECS if each.guard == "lockout: CMI")
    others = [each for each in SPECS if each.guard != "lockout: CMI"]
    assert falsify.guards_without(others) == ["nothing switches off 'lockout: CMI'"]
    renamed = [*SPECS, replace(entry, id="x", guard="lockout: moon")]
    assert falsify.guards_without(renamed) == ["x: no guard is called 'lockout: moon'"]


def test_a_guard_that_is_off_turns_its_tests_red() -> None:
    found = falsify.judged(next(each for each in SPECS if each.id == "secrets-are-kept"))
    assert found.caught, found.seen


def test_an_unknown_name_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert falsify.main(["no-such-entry"]) == 2
    assert "secrets-are-kept" in capsys.readouterr().err
