"""Chats, faults, kills, clock moves and redrives together, by chance, on one real stack; a failure shrinks to a script.

The script is written to ``test-results/state-machine.json``; ``attachment-lab matrix replay FILE`` plays it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from attachment_lab.__main__ import run as lab
from attachment_lab.matrix.runner import stack_options
from attachment_lab.matrix.script import ReplayScript, ScriptPlayer, script_player
from attachment_lab.matrix.strikes import STRIKE
from attachment_lab.stack.running import Stack, open_stack

SCRIPT = Path("test-results/state-machine.json")
HOPS = ("event", "cmi-list", "cmi-download", "c4c-lookup", "c4c-metadata", "c4c-list", "c4c-upload", "c4c-verify")
#: Faults that exist at every one of these hops, and after which everything must arrive.
FAULTS = ("status-500", "status-503", "status-504-after", "status-403", "status-401", "latency")
WIRE = ("reset", "lost-answer", "garbage-after", "cut")

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with open_stack(stack_options()) as running:
        yield running


class Chain(RuleBasedStateMachine):
    """Each example has a tenant of its own on the one stack."""

    stack: ClassVar[Stack]
    planted: ClassVar[bool] = False
    script: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.player: ScriptPlayer = self.open.enter_context(script_player(self.stack))

    def step(self, **parts: Any) -> None:
        self.player.do(parts)

    @initialize(files=st.integers(1, 3))
    def first_chat(self, files: int) -> None:
        self.step(do="chat", files=files)

    @precondition(lambda self: len(self.player.chats) < 3)
    @rule(files=st.integers(1, 3))
    def chat(self, files: int) -> None:
        self.step(do="chat", files=files)

    @precondition(lambda self: len(self.player.ended) < len(self.player.chats))
    @rule(copies=st.sampled_from([1, 1, 2]))
    def end(self, copies: int) -> None:
        number = next(n for n in range(len(self.player.chats)) if n not in self.player.ended)
        self.step(do="end", chat=number, copies=copies)

    @precondition(lambda self: self.player.ended)
    @rule(data=st.data())
    def event_again(self, data: st.DataObject) -> None:
        self.step(do="event", chat=data.draw(st.sampled_from(sorted(self.player.ended))))

    @precondition(lambda self: not self.planted)
    @rule(hop=st.sampled_from(HOPS), fault=st.sampled_from(FAULTS), times=st.integers(1, 3))
    def fault(self, hop: str, fault: str, times: int) -> None:
        self.step(do="fault", hop=hop, fault=fault, times=times)

    @precondition(lambda self: not self.planted)
    @rule(hop=st.sampled_from(HOPS[1:]), fault=st.sampled_from(WIRE), times=st.integers(1, 3))
    def wire_fault(self, hop: str, fault: str, times: int) -> None:
        self.step(do="fault", hop=hop, fault=fault, times=times)

    @precondition(lambda self: self.planted)
    @rule()
    def damage(self) -> None:
        self.step(do="fault", hop="cmi-download", fault="flip-byte", times=1)

    @precondition(lambda self: not self.planted)
    @rule(process=st.sampled_from(["worker", "api"]))
    def kill(self, process: str) -> None:
        self.step(do="kill", process=process)

    @rule(seconds=st.sampled_from([10.0, 600.0, 7200.0]))
    def clock(self, seconds: float) -> None:
        self.step(do="clock", seconds=seconds)

    @precondition(lambda self: self.player.ended)
    @rule(data=st.data())
    def redrive(self, data: st.DataObject) -> None:
        self.step(do="redrive", chat=data.draw(st.sampled_from(sorted(self.player.ended))))

    def teardown(self) -> None:
        with self.open:
            steps = list(self.player.played)
            found = self.player.violations()
            if found:
                ReplayScript(steps=tuple(steps)).save(self.script)
            assert found == [], "\n".join([*found, f"the script is in {self.script}"])


def play(stack: Stack, script: Path, *, examples: int, steps: int, planted: bool = False) -> None:
    machine = type("Played", (Chain,), {"stack": stack, "planted": planted, "script": script})
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
    )
    run_state_machine_as_test(machine, settings=how)


def test_whatever_comes_together_every_file_arrives_once(stack: Stack) -> None:
    play(stack, SCRIPT.absolute(), examples=8, steps=8)


def test_a_planted_failure_shrinks_to_a_script_that_replays(stack: Stack, tmp_path: Path) -> None:
    script = tmp_path / "planted.json"
    with pytest.raises(AssertionError, match="lost"):
        play(stack, script, examples=20, steps=4, planted=True)
    steps = ReplayScript.load(script).steps
    assert len(steps) <= 3, steps
    assert {"do": "fault", "hop": "cmi-download", "fault": "flip-byte", "times": 1} in steps
    assert lab(["matrix", "replay", str(script)]) == 1


def test_the_faults_of_the_machine_exist() -> None:
    assert set(FAULTS) | set(WIRE) <= set(STRIKE)
