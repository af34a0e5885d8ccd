"""The scenarios as one table: what happens, what is expected, the steps and the checks."""

from __future__ import annotations

from collections.abc import Mapping

from attachment_lab.errors import WrongUse
from attachment_lab.reconciliation.content_change import CMI_TO_SERVICE
from attachment_lab.scenarios import checks as see
from attachment_lab.scenarios import steps as do
from attachment_lab.scenarios.checks import FILES
from attachment_lab.scenarios.events_and_access import EVENTS_AND_ACCESS
from attachment_lab.scenarios.model import Scenario
from attachment_lab.scenarios.untrue_answers import UNTRUE_ANSWERS

TEN_MINUTES_S = 600
#: A token of Contact Pro's issuer lives for an hour.
BEYOND_THE_TOKEN_S = 3_700
#: C4C commits later than the longest first back-off of an upload of unknown outcome (5 seconds), and within the time
#: that the service allows for it (30): only one that waits that time finds the file.
SLOW_COMMIT_S = 20.0
BUSY = {"status": 503, "headers": {"Retry-After": "5"}}

_FAILURES: tuple[Scenario, ...] = (
    Scenario(
        id="c4c-down",
        title="C4C is down for ten minutes",
        happens="SAP Service Cloud answers 503 to everything for ten minutes of the stack’s time.",
        expected="The service waits longer and longer between rounds and stores every file once C4C is back. "
        "No operator is needed.",
        steps=do.one_chat(
            do.fault(
                "C4C goes down for ten minutes", "c4c", "status", times=None, expires_in_s=TEN_MINUTES_S, params=BUSY
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(2), see.passed(TEN_MINUTES_S - 60), see.rounds(3), *see.all_arrived()),
    ),
    Scenario(
        id="token-expires",
        title="The token expires in the middle",
        happens="Between two events of one chat, Contact Pro’s access token runs out.",
        expected="The event engine gets a new token; the second event starts another round, "
        "and no file is stored twice.",
        steps=(
            *do.one_chat(),
            do.clock_moves("An hour passes: the token has run out", BEYOND_THE_TOKEN_S),
            do.event_again("Another event of the same chat"),
            do.settled(),
        ),
        checks=(
            see.deliveries("delivered", "delivered"),
            see.fresh_token(),
            see.one_transfer(),
            see.rounds_exactly(2),
            *see.all_arrived(uploads_per_file=1),
        ),
    ),
    Scenario(
        id="answer-lost",
        title="The answer is lost after the upload",
        happens="C4C stores a file, but the service gets a 504 instead of the answer.",
        expected="The service checks C4C before it sends anything again, finds the file and adopts it: no second copy.",
        steps=do.one_chat(
            do.fault(
                "The answer to the first upload will be lost", "upload", "status", phase="after", params={"status": 504}
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(), *see.all_arrived(uploads_per_file=1)),
    ),
    Scenario(
        id="cmi-throttles",
        title="CMI throttles",
        happens="CMI answers 429 with Retry-After to the first download, as a gateway does at too many requests.",
        expected="The service respects Retry-After and transfers the file in a later round.",
        steps=do.one_chat(
            do.fault(
                "CMI will ask for 30 seconds of patience",
                "download",
                "status",
                params={"status": 429, "headers": {"Retry-After": "30"}},
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(), see.passed(25), see.rounds(2), see.retried(), *see.all_arrived()),
    ),
    Scenario(
        id="byte-changes",
        title="A byte changes on the way",
        happens="One byte of one file is changed on its way out of CMI.",
        expected="CMI gives no digest, so the service cannot see it. The reconciliation compares both ends, "
        "names the file and the hop.",
        steps=do.one_chat(
            do.fault_on_second_file("One byte of the second download will change", "flip_byte", params={"offset": 20})
        ),
        checks=(
            see.fault_applied(),
            see.stored(FILES - 1),
            see.changed(1),
            see.objects(),
            see.invariant_broken("integrity", 1, CMI_TO_SERVICE),
        ),
    ),
    Scenario(
        id="file-gone",
        title="A file is gone from CMI",
        happens="CMI lists a file but answers 404 when it is downloaded.",
        expected="The other files arrive; this one is reported failed with a reason and a remedy. "
        "Nothing is lost silently.",
        steps=do.one_chat(
            do.fault_on_second_file("The second file will be gone", "status", times=None, params={"status": 404})
        ),
        checks=(see.fault_applied(), *see.one_missing("attachment-gone")),
    ),
    Scenario(
        id="c4c-locked",
        title="C4C locks the activity",
        happens="A colleague is saving to the same activity; C4C refuses the service’s upload as locked.",
        expected="The service retries later and stores every file once.",
        steps=(*do.one_chat(do.colleague_saves(), end=do.colleague_done()), do.time_passes()),
        checks=(see.refused(), *see.all_arrived()),
    ),
    Scenario(
        id="worker-killed",
        title="The worker is killed half-way",
        happens="kill -9 hits the service’s worker while it uploads.",
        expected="The supervisor starts another, which continues where the first one stopped: nothing is lost, "
        "nothing is stored twice.",
        steps=(
            *do.one_chat(
                do.slow_uploads(),
                end=do.worker_dies(),
            ),
            do.time_passes(),
        ),
        checks=(see.killed(), *see.all_arrived()),
    ),
    Scenario(
        id="event-twice",
        title="Contact Pro delivers the event twice",
        happens="The event engine delivers the same event two times.",
        expected="Both are acknowledged, they make one transfer, and every file is stored once.",
        steps=(do.customer_sends(), do.chat_ends(copies=2), do.settled()),
        checks=(see.deliveries("delivered", "delivered"), see.one_transfer(), *see.all_arrived(uploads_per_file=1)),
    ),
    Scenario(
        id="late-commit",
        title="C4C commits late",
        happens="The answer to the only upload is lost, and C4C shows the file only twenty seconds later.",
        expected="The service gives C4C time to commit before it decides. It finds the file and adopts it.",
        steps=(
            do.customer_sends(1),
            do.switch("C4C will commit twenty seconds late", "c4c", commit_delay_s=SLOW_COMMIT_S),
            do.fault(
                "The answer to the upload will be lost", "upload", "status", phase="after", params={"status": 504}
            ),
            do.chat_ends(),
            do.time_passes(),
        ),
        checks=(
            see.fault_applied(),
            see.passed(int(SLOW_COMMIT_S)),
            see.stored(1),
            see.objects(1),
            see.most_uploads(1),
            see.invariants_hold(),
        ),
    ),
    Scenario(
        id="late-commit-next-event",
        title="C4C commits late, and another event arrives",
        happens="As before; while the service waits for C4C, another event of the chat starts a round at once.",
        expected="That round waits too: an upload of unknown outcome is not repeated before C4C had time to commit.",
        steps=(
            do.customer_sends(1),
            do.switch("C4C will commit twenty seconds late", "c4c", commit_delay_s=SLOW_COMMIT_S),
            do.fault(
                "The answer to the upload will be lost", "upload", "status", phase="after", params={"status": 504}
            ),
            do.chat_ends(),
            do.event_meanwhile("While the service waits, another event of the chat arrives"),
            do.time_passes(),
        ),
        checks=(
            see.fault_applied(),
            see.rounds(2),
            see.stored(1),
            see.objects(1),
            see.most_uploads(1),
            see.invariants_hold(),
        ),
    ),
    Scenario(
        id="refused-then-redriven",
        title="C4C refuses, an operator tries again",
        happens="C4C refuses every upload for good, as it does when a right is missing.",
        expected="The service stops and says why. An administrator grants the right, an operator presses “Try again”, "
        "and every file arrives.",
        steps=(
            *do.one_chat(
                do.fault("C4C will refuse every upload", "upload", "status", times=None, params={"status": 403}),
                end=do.parked(),
            ),
            do.repaired("The right is granted; an operator presses Try again"),
            do.settled(),
        ),
        checks=(
            see.fault_applied(),
            see.rounds(2),
            see.stored(),
            see.objects(),
            see.outcome("stored"),
            see.invariants_hold(),
        ),
    ),
    Scenario(
        id="event-lost",
        title="The event does not get through",
        happens="The service answers 503 when Contact Pro delivers the event; Contact Pro tries once only (assumed).",
        expected="Nothing is transferred until an administrator redelivers the event from the event log; "
        "then every file arrives.",
        steps=(
            *do.one_chat(
                do.fault("The service will be away for a moment", "delivery", "status", params={"status": 503}),
                end=do.redelivered(),
            ),
            do.settled(),
        ),
        checks=(see.fault_applied(), see.deliveries("failed", "delivered"), *see.all_arrived()),
    ),
    Scenario(
        id="download-cut",
        title="A download breaks off",
        happens="The connection to CMI closes in the middle of a file.",
        expected="The service detects that bytes are missing and downloads the file again. "
        "No incomplete file reaches C4C.",
        steps=do.one_chat(
            do.fault_on_second_file(
                "The second download will break off after 1000 bytes", "cut", params={"after_bytes": 1000}
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(), see.retried(), *see.all_arrived()),
    ),
    Scenario(
        id="connection-reset",
        title="The connection is reset after the upload",
        happens="C4C stores a file, then the TCP connection is reset before its answer.",
        expected="As with a lost answer: the service checks C4C first, adopts the file and makes no copy.",
        steps=do.one_chat(
            do.fault("The connection will be reset after the first upload", "upload", "lost_answer"),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(), *see.all_arrived(uploads_per_file=1)),
    ),
)
#: Order of the console's page: open failures first, then answers that look like success.
SCENARIOS: tuple[Scenario, ...] = (*_FAILURES, *UNTRUE_ANSWERS, *EVENTS_AND_ACCESS)
BY_ID: Mapping[str, Scenario] = {each.id: each for each in SCENARIOS}


def scenario(name: str) -> Scenario:
    """The scenario of that name. Raises WrongUse that lists all names."""
    if name not in BY_ID:
        raise WrongUse(f"no scenario is called {name!r}; the scenarios are: {', '.join(BY_ID)}")
    return BY_ID[name]
