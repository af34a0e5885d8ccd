"""Bounds for the evaluation of a condition: steps, text lengths, list lengths, sizes of numbers.

A condition has no variables and no loops, so sizes only add up, except in the few operations that multiply
(`'a' * n`, `join`, `replace`, powers, shifts). Every operation is charged here before it runs: for the size of its
operands (``weigh``), and for the product of two sizes where Python may compare each part of one with each part of
the other (``pairs``: a text searched in a text, a set of values whose hashes are equal).
"""

from __future__ import annotations

MAX_STEPS = 200_000
MAX_TEXT_CHARS = 100_000
MAX_ITEMS = 10_000
MAX_NUMBER_BITS = 4096
#: Characters that Python reads, or pairs of them that it compares, in one step.
CHARS_PER_STEP = 100
PAIRS_PER_STEP = 1000


class ConditionFailed(Exception):
    """The condition is well-formed but its evaluation failed for this conversation."""


class Budget:
    """The steps left for one evaluation."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self._steps = steps
        self._left = steps

    @property
    def spent(self) -> int:
        """The steps used so far."""
        return self._steps - self._left

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
        """A list of that many items is about to be made or read."""
        self.spend(1 + count)
        if count > MAX_ITEMS:
            raise ConditionFailed(f"a list of more than {MAX_ITEMS} items")

    def pairs(self, left: int, right: int) -> None:
        """Each part of one value is about to be compared with each part of another, in the worst case."""
        self.spend(1 + left * right // PAIRS_PER_STEP)

    def weigh(self, value: object) -> int:
        """A value is about to be read: charge for its parts, at any depth. Returns its weight in characters."""
        weight, stack = 0, [value]
        while stack:
            each = stack.pop()
            if isinstance(each, dict):
                stack += [*each.keys(), *each.values()]
            elif isinstance(each, list | tuple | set):
                stack += each
            self.spend(0 if each is value else 1)
            weight += 1 + (len(each) if isinstance(each, str) else 0)
        self.spend(1 + weight // CHARS_PER_STEP)
        return weight

    def bits(self, count: int) -> None:
        """A whole number of that many bits is about to be made."""
        self.spend(1 + count // 100)
        if count > MAX_NUMBER_BITS:
            raise ConditionFailed(f"a number of more than {MAX_NUMBER_BITS} bits")
