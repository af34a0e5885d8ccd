"""The steps of scenarios: each has a description and an action."""

from __future__ import annotations

from typing import Any

from attachment_lab.demo.run import default_files
from attachment_lab.scenarios.checks import FILES
from attachment_lab.scenarios.colleague import Colleague
from attachment_lab.scenarios.model import Need, Step
from attachment_lab.scenarios.run import ScenarioRun
from attachment_lab.tenant.conversation import Sendable
from mock_kit.faults.kinds import KINDS

#: Only files up to this size are sent: scenarios are about faults, not about size.
SMALL_BYTES = 400 * 1024
CUSTOMER = {"name": "Alice Example", "email": "alice@example.com"}


def small_files() -> list[Sendable]:
    """The first of the customer's usual files that are small."""
    found = [each for each in default_files() if each.path.stat().st_size <= SMALL_BYTES]  # type: ignore[union-attr]  # all have a path
    return found[:FILES]


def customer_sends() -> Step:
    """A chat with files."""

    def do(run: ScenarioRun) -> None:
        chat = run.open_chat(CUSTOMER)
        chat.say("Hello! The boiler is broken, I am sending the papers.")
        chat.accept()
        for each in small_files():
            chat.send(each)

    return Step(say=f"A customer sends {FILES} files; an agent accepts the chat", do=do)


def chat_ends(copies: int = 1) -> Step:
    """The chat ends and its event is fired."""

    def do(run: ScenarioRun) -> None:
        run.chat.end(fire=False)
        run.chat.fire("Ended", copies=copies)
        run.chat.wrap_up(fire=False)

    times = "" if copies == 1 else f" {copies} times"
    return Step(say=f"The chat ends; Contact Pro delivers its event{times}", do=do)


def one_chat(*broken: Step, end: Step | None = None) -> tuple[Step, ...]:
    """A customer sends files, something is broken, the chat ends, the stack comes to rest (or ``end`` happens)."""
    return (customer_sends(), *broken, chat_ends(), end or settled())


def fault(say: str, location: str, kind: str, **given: Any) -> Step:
    """Plan a fault (see ``ScenarioRun.plan``)."""

    def do(run: ScenarioRun) -> None:
        run.plan(location, kind, **given)

    return Step(say=say, do=do, needs=_proxy(kind))


def fault_on_second_file(say: str, kind: str, *, times: int | None = 1, **given: Any) -> Step:
    """Plan a fault for the download of the second file alone, by its id at CMI."""

    def do(run: ScenarioRun) -> None:
        run.plan("download", kind, path=f"*/attachments/{run.chat.sent[1].id}*", times=times, **given)

    return Step(say=say, do=do, needs=_proxy(kind))


def switch(say: str, mock: str, **dialect: Any) -> Step:
    """Set a mock's switches for this run."""
    return Step(say=say, do=lambda run: run.switch(mock, **dialect))


def settled() -> Step:
    """Wait for the end."""
    return Step(say="The stack comes to rest", do=lambda run: run.settle())


def time_passes() -> Step:
    """Skip every wait of the service by moving the clock."""
    say = "The stack’s clock runs ahead whenever the service waits"
    return Step(say=say, do=lambda run: run.skip_waits(), needs="clock")


def clock_moves(say: str, seconds: float) -> Step:
    """Advance the clocks."""
    return Step(say=say, do=lambda run: run.advance(seconds), needs="clock")


def event_again(say: str) -> Step:
    """Fire one more event of this chat."""

    def do(run: ScenarioRun) -> None:
        run.chat.fire("Ended")

    return Step(say=say, do=do)


def worker_dies() -> Step:
    """Kill the worker when some files are stored and others are not."""

    def do(run: ScenarioRun) -> None:
        run.wait(lambda: _is_half_way(run), "the first file is stored")
        run.kill_worker()

    return Step(say="When the first file is stored, the worker is killed with kill -9", do=do, needs="worker")


def colleague_saves() -> Step:
    """A colleague holds the activity's lock until the service has been refused."""

    def do(run: ScenarioRun) -> None:
        colleague = Colleague(run.context.reconciliation, run.chat.guid)
        run.undo.append(colleague.release)
        colleague.hold()

    return Step(say="A colleague is saving a long file to the same activity: C4C locks it", do=do)


def colleague_done() -> Step:
    """Wait until the service has met the lock, then release it."""

    def do(run: ScenarioRun) -> None:
        run.wait(lambda: _is_waiting(run), "the service is refused because of the lock")
        while run.undo:
            run.undo.pop()()

    return Step(say="The service is refused; then the colleague has finished", do=do)


def parked() -> Step:
    """Wait for a transfer that needs an operator."""
    return Step(say="The service reports it and stops", do=lambda run: run.settle())


def repaired(say: str) -> Step:
    """The cause is removed, and an operator retries."""

    def do(run: ScenarioRun) -> None:
        run.remove_faults()
        run.retry()

    return Step(say=say, do=do)


def redelivered() -> Step:
    """The failed delivery is sent again by hand."""

    def do(run: ScenarioRun) -> None:
        run.wait(lambda: _has_failed(run), "the delivery fails")
        run.redeliver_failed()

    return Step(say="An administrator sends the failed delivery again from the event log", do=do)


def _proxy(kind: str) -> Need | None:
    return "fault_proxy" if KINDS[kind].layer == "wire" else None


def _is_half_way(run: ScenarioRun) -> bool:
    transfer = run.transfer()
    states = [each.state for each in transfer.attachments] if transfer else []
    return "stored" in states and set(states) != {"stored"}


def _is_waiting(run: ScenarioRun) -> bool:
    transfer = run.transfer()
    return transfer is not None and (transfer.state == "waiting" or any(each.attempts for each in transfer.attachments))


def _has_failed(run: ScenarioRun) -> bool:
    return any(
        each.chat == run.chat.guid and each.state == "failed" for each in run.context.reconciliation.deliveries()
    )
