"""Runs a pattern over a text with all alternatives side by side: no backtracking, so no pattern runs long.

(Pike's machine: a list of threads in order of preference, each with the places of its groups.)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from orchestration_mock.model.conditions.patterns import (
    BadPattern,
    Either,
    Group,
    Node,
    One,
    Pattern,
    Place,
    Repeat,
    Series,
    Test,
)

MAX_PROGRAM = 2000


@dataclass
class Step:
    """One instruction: ``one`` tests a character, ``fork`` goes to ``x`` or else ``y``, ``save`` notes a place."""

    kind: str
    fits: Test = str.isalnum
    x: int = 0
    y: int = 0
    what: str = ""


def compiled(pattern: Pattern) -> list[Step]:
    """The program of a pattern. Raises ``BadPattern`` when it is too long."""
    program: list[Step] = []
    _emit(Group(pattern.node, 0), program)
    program.append(Step("match"))
    return program


def _emit(node: Node, program: list[Step]) -> None:
    if len(program) > MAX_PROGRAM:
        raise BadPattern("a pattern of so many repetitions", lacking=True)
    match node:
        case One():
            program.append(Step("one", fits=node.fits))
        case Place():
            program.append(Step("place", what=node.kind))
        case Series():
            for each in node.nodes:
                _emit(each, program)
        case Group():
            program.append(Step("save", x=2 * node.number))
            _emit(node.node, program)
            program.append(Step("save", x=2 * node.number + 1))
        case Either():
            _emit_either(node.nodes, program)
        case Repeat():
            _emit_repeat(node, program)


def _emit_either(nodes: tuple[Node, ...], program: list[Step]) -> None:
    jumps = []
    for each in nodes[:-1]:
        fork = Step("fork", x=len(program) + 1)
        program.append(fork)
        _emit(each, program)
        jumps.append(Step("jump"))
        program.append(jumps[-1])
        fork.y = len(program)
    _emit(nodes[-1], program)
    for jump in jumps:
        jump.x = len(program)


def _emit_repeat(node: Repeat, program: list[Step]) -> None:
    for _ in range(node.least):
        _emit(node.node, program)
    forks = []
    for _ in range(1 if node.most is None else node.most - node.least):
        start = len(program)
        fork = Step("fork", x=start + 1)
        program.append(fork)
        _emit(node.node, program)
        if node.most is None:
            program.append(Step("jump", x=start))
        forks.append(fork)
    for fork in forks:
        fork.y = len(program)
        if not node.greedy:
            fork.x, fork.y = fork.y, fork.x


@dataclass(frozen=True)
class Match:
    """What a pattern found, as Python's match object shows it."""

    text: str
    spans: tuple[tuple[int, int] | None, ...]
    names: dict[str, int]

    def group(self, *which: int | str) -> str | tuple[str | None, ...] | None:
        """One group's text, or several; without argument the whole."""
        found = tuple(self._text(each) for each in which or (0,))
        return found[0] if len(found) == 1 else found

    def groups(self) -> tuple[str | None, ...]:
        """All groups' texts but the whole."""
        return tuple(self._text(number) for number in range(1, len(self.spans)))

    def groupdict(self) -> dict[str, str | None]:
        """The named groups' texts."""
        return {name: self._text(number) for name, number in self.names.items()}

    def span(self, which: int | str = 0) -> tuple[int, int]:
        """Where a group lies; (-1, -1) when it took no part."""
        return self.spans[self._number(which)] or (-1, -1)

    def start(self, which: int | str = 0) -> int:
        """Where a group begins."""
        return self.span(which)[0]

    def end(self, which: int | str = 0) -> int:
        """Where a group ends."""
        return self.span(which)[1]

    def _number(self, which: int | str) -> int:
        number = self.names[which] if isinstance(which, str) else which
        if not 0 <= number < len(self.spans):
            raise IndexError("no such group")
        return number

    def _text(self, which: int | str) -> str | None:
        span = self.spans[self._number(which)]
        return None if span is None else self.text[slice(*span)]


_Saved = tuple[int, ...]


@dataclass
class _Threads:
    """The threads at one place of the text, in order of preference; ``seen`` are the steps they came by."""

    waiting: dict[int, _Saved] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)


class Machine:
    """A compiled pattern. ``spend`` is told how many steps were taken; it raises to stop the run."""

    def __init__(self, pattern: Pattern, spend: Callable[[int], None]) -> None:
        self._program = compiled(pattern)
        self._pattern = pattern
        self._spend = spend

    def run(
        self, text: str, start: int = 0, *, anchored: bool = True, to_end: bool = False, not_at: int = -1
    ) -> Match | None:
        """The preferred match from ``start`` on; not ``anchored``: or from any later place.

        ``to_end``: it ends where the text ends. ``not_at``: it does not end there.
        """
        threads = _Threads()
        best: _Saved | None = None
        empty = (-1,) * (2 * self._pattern.groups + 2)
        for at in range(start, len(text) + 1):
            if best is None and (at == start or not anchored):
                self._follow(0, empty, text, at, threads)
            if not threads.waiting and (anchored or best is not None):
                break
            may_end = at != not_at and (not to_end or at == len(text))
            threads, done = self._advance(threads, text, at, may_end=may_end)
            best = done or best
        return None if best is None else self._found(text, best)

    def find_all(self, text: str) -> list[Match]:
        """All matches that do not overlap; an empty one may follow another, but not at the same place."""
        found: list[Match] = []
        at, not_at = 0, -1
        while (match := self.run(text, at, anchored=False, not_at=not_at)) is not None:
            found.append(match)
            start, at = match.span()
            not_at = at if start == at else -1
        return found

    def _advance(self, threads: _Threads, text: str, at: int, *, may_end: bool) -> tuple[_Threads, _Saved | None]:
        """All threads one character on; the first that is done cuts off those of lesser preference."""
        following = _Threads()
        self._spend(len(threads.waiting))
        for pc, saved in threads.waiting.items():
            step = self._program[pc]
            if step.kind == "match":
                if may_end:
                    return following, saved
            elif at < len(text) and step.fits(text[at]):
                self._follow(pc + 1, saved, text, at + 1, following)
        return following, None

    def _follow(self, pc: int, saved: _Saved, text: str, at: int, threads: _Threads) -> None:
        """Add the threads that stand before a character or at the end, from ``pc`` on, in order."""
        stack = [(pc, saved)]
        while stack:
            pc, saved = stack.pop()
            if pc in threads.seen:
                continue
            threads.seen.add(pc)
            self._spend(1)
            step = self._program[pc]
            if step.kind == "jump":
                stack.append((step.x, saved))
            elif step.kind == "fork":
                stack += [(step.y, saved), (step.x, saved)]
            elif step.kind == "save":
                stack.append((pc + 1, (*saved[: step.x], at, *saved[step.x + 1 :])))
            elif step.kind == "place":
                if _at_place(step.what, text, at, self._pattern.flags):
                    stack.append((pc + 1, saved))
            else:
                threads.waiting[pc] = saved

    def _found(self, text: str, saved: _Saved) -> Match:
        pairs = list(zip(saved[::2], saved[1::2], strict=True))
        spans = tuple((start, end) if start >= 0 and end >= 0 else None for start, end in pairs)
        return Match(text, spans, self._pattern.names)


def _at_place(kind: str, text: str, at: int, flags: int) -> bool:
    lines = bool(flags & re.MULTILINE)
    if kind == "^":
        return at == 0 or (lines and text[at - 1] == "\n")
    if kind == "$":
        return at == len(text) or (text[at] == "\n" and (lines or at == len(text) - 1))
    if kind in "AZ":
        return at == (0 if kind == "A" else len(text))
    if not text:
        return False
    before, after = (0 <= i < len(text) and (text[i].isalnum() or text[i] == "_") for i in (at - 1, at))
    return (before != after) is (kind == "b")
