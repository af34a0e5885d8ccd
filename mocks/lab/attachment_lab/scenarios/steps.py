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

#: Files that each further customer sends.
OTHER_FILES = 3
#: Only files up to this size are sent: scenarios are about faults, not about size.
SMALL_BYTES = 400 * 1024
#: By so much an upload is slower where a scenario needs time in the middle of the work.
UPLOAD_S = 0.7
CUSTOMER = {"name": "Alice Example", "email": "alice@example.com"}
OTHER_CUSTOMERS = (
    {"name": "Bert Example", "email": "bert@example.com"},
    {"name": "Carla Example", "email": "carla@example.com"},
)


def small_files() -> list[Sendable]:
    """The first of the customer's usual files that are small."""
    found = [each for each in default_files() if each.path.stat().st_size <= SMALL_BYTES]  # type: ignore[union-attr]  # all have a path
    return found[:FILES]


def customer_sends(count: int = FILES) -> Step:
    """A chat with files."""

    def do(run: ScenarioRun) -> None:
        chat = run.open_chat(CUSTOMER)
        chat.say("Hello! The boiler is broken, I am sending the papers.")
        chat.accept()
        for each in small_files()[:count]:
            chat.send(each)

    files = "one file" if count == 1 else f"{count} files"
    return Step(say=f"A customer sends {files}; an agent accepts the chat", do=do)


def another_customer_sends() -> Step:
    """One more chat: the first customer's first file, and files of this customer's own under common names."""

    def do(run: ScenarioRun) -> None:
        same, *_ = small_files()
        number = len(run.chats)
        chat = run.open_chat(OTHER_CUSTOMERS[number - 1])
        chat.accept()
        chat.send(same)
        for name in ("note.txt", "letter.txt"):
            chat.send((name, f"{name} of customer {number}\n".encode()))

    return Step(say=f"Another customer sends {OTHER_FILES} files in a chat of their own", do=do)


def all_chats_end(say: str) -> Step:
    """Every open chat ends, and their events are fired one right after the other."""

    def do(run: ScenarioRun) -> None:
        ending = [chat for chat in run.chats if not chat.fired]
        for chat in ending:
            chat.end(fire=False)
        for chat in ending:
            chat.fire("Ended")

    return Step(say=say, do=do)


def leg_ends() -> Step:
    """The agent transfers the chat: its first leg ends, and its event is fired while the chat goes on."""

    def do(run: ScenarioRun) -> None:
        run.chat.fire("Ended")
        run.chat.add_leg()

    return Step(say="The agent transfers the chat; Contact Pro fires Ended for the first leg", do=do)


def customer_sends_one_more() -> Step:
    """One more file, on the second leg."""

    def do(run: ScenarioRun) -> None:
        run.chat.send(("one-more.txt", b"This one was sent to the second agent.\n"))

    return Step(say="The customer sends one more file to the second agent", do=do)


def event_with_bad_token(kind: str) -> Step:
    """The event engine gets bad tokens of this kind from the issuer, and delivers the event with them."""

    def do(run: ScenarioRun) -> None:
        run.fire_with_bad_token(kind)

    return Step(say=f"An event arrives with a bad token ({kind.removeprefix('token_').replace('_', ' ')})", do=do)


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


def slow_uploads() -> Step:
    """Each upload takes long enough that something else can happen in the middle of the work."""
    say = f"C4C takes {UPLOAD_S} seconds more for each upload"
    return fault(say, "upload", "latency", times=None, params={"delay_s": UPLOAD_S})


def fault_on_second_file(say: str, kind: str, *, times: int | None = 1, **given: Any) -> Step:
    """Plan a fault for the download of the second file alone, by its id at CMI."""

    def do(run: ScenarioRun) -> None:
        run.plan("download", kind, path=f"*/attachments/{run.chat.sent[1].id}*", times=times, **given)

    return Step(say=say, do=do, needs=_proxy(kind))


def fault_on_later_pages(say: str) -> Step:
    """Plan one 503 for a page of the activity's list after the first: links to those have a slash at the end."""

    def do(run: ScenarioRun) -> None:
        run.plan("verify", "status", path="*/ChatActivityAttachment/", params={"status": 503})

    return Step(say=say, do=do)


def byte_changes_at_c4c() -> Step:
    """One byte of the second file changes where C4C keeps it."""

    def do(run: ScenarioRun) -> None:
        run.change_stored_byte(run.chat.sent[1].sha256)

    return Step(say="One byte of the second file changes in C4C", do=do)


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


def event_meanwhile(say: str) -> Step:
    """Fire one more event once the service waits; returns when its round is over."""

    def do(run: ScenarioRun) -> None:
        run.wait(lambda: _waits(run), "the service waits")
        before = run.transfer()
        run.chat.fire("Ended")
        run.wait(lambda: _is_later_round(run, before.rounds if before else 0), "the event's round is over")

    return Step(say=say, do=do)


def a_file_is_parked() -> Step:
    """Wait until the service has given up one file and goes on with the others."""

    def do(run: ScenarioRun) -> None:
        run.wait(lambda: _is_parked_half_way(run), "one file is parked, and the others are under way")

    return Step(say="The service reports one file failed and goes on with the next", do=do)


def worker_dies() -> Step:
    """Kill the worker when some files are stored and others are not."""

    def do(run: ScenarioRun) -> None:
        run.wait(lambda: _is_half_way(run), "the first file is stored")
        run.kill_worker()

    return Step(say="When the first file is stored, the worker is killed with kill -9", do=do, needs="worker")


def api_dies() -> Step:
    """Kill API and worker as soon as the event is accepted; wait until both are there again."""

    def do(run: ScenarioRun) -> None:
        run.wait(lambda: _is_accepted(run), "the event is accepted")
        run.kill_api()
        run.kill_worker()

    return Step(say="As soon as the event is accepted, API and worker are killed with kill -9", do=do, needs="worker")


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


def _is_parked_half_way(run: ScenarioRun) -> bool:
    transfer = run.transfer()
    states = {each.state for each in transfer.attachments} if transfer else set()
    return "parked" in states and not states <= {"parked", "stored"}


def _is_waiting(run: ScenarioRun) -> bool:
    transfer = run.transfer()
    return transfer is not None and (transfer.state == "waiting" or any(each.attempts for each in transfer.attachments))


def _has_failed(run: ScenarioRun) -> bool:
    return any(
        each.chat == run.chat.guid and each.state == "failed" for each in run.context.reconciliation.deliveries()
    )


def _is_accepted(run: ScenarioRun) -> bool:
    found = run.context.reconciliation.deliveries()
    return any(each.chat == run.chat.guid and each.state == "delivered" for each in found)


def _waits(run: ScenarioRun) -> bool:
    transfer = run.transfer()
    return transfer is not None and transfer.state == "waiting"


def _is_later_round(run: ScenarioRun, rounds: int) -> bool:
    transfer = run.transfer()
    return transfer is not None and transfer.rounds > rounds and transfer.state not in {"queued", "running"}
