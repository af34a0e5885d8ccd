"""Bounds for working out a condition: steps, text lengths, list lengths, sizes of numbers.

A condition has no variables and no loops, so sizes only add up, but for the few operations that multiply
(`'a' * n`, `join`, `replace`, powers, shifts): those ask here before they are carried out.
"""

from __future__ import annotations

MAX_STEPS = 200_000
MAX_TEXT_CHARS = 100_000
MAX_ITEMS = 10_000
MAX_NUMBER_BITS = 4096


class ConditionFailed(Exception):
    """The condition is well-formed but could not be worked out for this conversation."""


class Budget:
    """The steps left for one evaluation."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self._steps = steps
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Use up some steps. Raises ``ConditionFailed`` when none are left."""
        self._left -= steps
        if self._left < 0:
            raise ConditionFailed(f"it takes more than {self._steps} steps")

    def text(self, chars: int) -> None:
        """A text of that many characters is about to be made. Raises ``ConditionFailed`` if too long."""
        self.spend(1 + chars // 100)
        if chars > MAX_TEXT_CHARS:
            raise ConditionFailed(f"a text of more than {MAX_TEXT_CHARS} characters")

    def items(self, count: int) -> None:
        """A list of that many items is about to be made or gone through."""
        self.spend(1 + count)
        if count > MAX_ITEMS:
            raise ConditionFailed(f"a list of more than {MAX_ITEMS} items")

    def bits(self, count: int) -> None:
        """A whole number of that many bits is about to be made."""
        self.spend(1 + count // 100)
        if count > MAX_NUMBER_BITS:
            raise ConditionFailed(f"a number of more than {MAX_NUMBER_BITS} bits")
