"""The slope test of the soak: what grows is found, what is noisy, falls or settles in the warm-up is not."""

from __future__ import annotations

import random

import pytest

from attachment_lab.soak.flatness import Allowance, judge

NARROW = Allowance(least=2.0, share=0.02)


def series(values: list[float]) -> list[tuple[float, float]]:
    return [(10.0 * number, value) for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "is_flat"),
    [
        ([100.0] * 30, True),
        ([100.0 + number for number in range(30)], False),
        ([200.0 - number for number in range(30)], True),
        ([60.0 + 4 * number for number in range(10)] + [100.0] * 20, True),
        ([100.0] * 29 + [500.0], True),
        ([100.0] * 10 + [100.0 + 0.5 * number for number in range(20)], False),
    ],
    ids=["constant", "growing", "falling", "warm-up", "one outlier", "slowly growing"],
)
def test_growth_is_found_and_nothing_else(values: list[float], is_flat: bool) -> None:
    assert judge("memory", "MB", series(values), NARROW).ok is is_flat


def test_noise_is_flat() -> None:
    chance = random.Random(7)
    assert judge("memory", "MB", series([100 + chance.uniform(-5, 5) for _ in range(45)]), NARROW).ok


def test_too_few_samples_are_never_flat() -> None:
    assert not judge("memory", "MB", series([1.0] * 6), NARROW).ok
    assert not judge("memory", "MB", [], NARROW).ok


def test_the_larger_allowance_counts() -> None:
    found = judge("memory", "MB", series([1000.0 + number for number in range(30)]), Allowance(least=2.0, share=0.1))
    assert found.allowed == pytest.approx(101.9, abs=2)
    assert found.ok
