"""Scenarios about what starts a transfer and who may: several chats, several legs, bad tokens, refused passwords."""

from __future__ import annotations

from attachment_lab.reconciliation.invariants.matched import CONTACT_PRO_TO_SERVICE
from attachment_lab.scenarios import checks as see
from attachment_lab.scenarios import steps as do
from attachment_lab.scenarios.checks import FILES
from attachment_lab.scenarios.model import Scenario

#: Tokens that are signed, issued or dated wrongly; each is one event.
BAD_TOKENS = (
    "token_expired",
    "token_of_other_issuer",
    "token_for_other_audience",
    "token_signed_by_other_key",
    "token_unsigned",
)
#: Longer than a refused credential is left alone.
BEYOND_THE_REFUSAL_S = 1_900

EVENTS_AND_ACCESS: tuple[Scenario, ...] = (
    Scenario(
        id="two-chats",
        title="Two chats end at once, and a third one later",
        happens="Customers of one tenant send files, some of the same name and one the same file; two chats end at the "
        "same moment, the third when they are done.",
        expected="Each file is in the activity of its own chat, once; nothing of one customer is in another’s.",
        steps=(
            do.customer_sends(),
            do.another_customer_sends(),
            do.all_chats_end("Both chats end; Contact Pro delivers their events at once"),
            do.settled(),
            do.another_customer_sends(),
            do.all_chats_end("The third chat ends"),
            do.settled(),
        ),
        checks=(
            see.transfers(3),
            see.stored(FILES + 2 * do.OTHER_FILES),
            see.objects(FILES + 2 * do.OTHER_FILES),
            see.most_uploads(2),
            see.invariants_hold(),
        ),
    ),
    Scenario(
        id="two-legs",
        title="A chat ends twice, on two legs",
        happens="An agent transfers the chat; the event engine fires Ended for the first leg, and again for the "
        "second one, with another file in between.",
        expected="Both events belong to one conversation: one transfer, and every file is stored once.",
        steps=(do.customer_sends(), do.leg_ends(), do.customer_sends_one_more(), do.chat_ends(), do.settled()),
        checks=(
            see.deliveries("delivered", "delivered"),
            see.one_transfer(),
            see.stored(FILES + 1),
            see.objects(FILES + 1),
            see.most_uploads(1),
            see.invariants_hold(),
        ),
    ),
    Scenario(
        id="event-meanwhile",
        title="An event arrives while the service works",
        happens="CMI does not have the second file for a moment, so it is reported failed. While the service still "
        "uploads the others, the next event of the chat arrives, and CMI has the file again.",
        expected="The event is not forgotten: another round follows at once, and every file is stored once.",
        steps=(
            do.customer_sends(),
            do.slow_uploads(),
            do.fault_on_second_file(
                "The second file will be gone for a moment", "status", times=2, params={"status": 404}
            ),
            do.chat_ends(),
            do.a_file_is_parked(),
            do.event_again("The next event of the same chat"),
            do.settled(),
        ),
        checks=(
            see.fault_applied(3),
            see.deliveries("delivered", "delivered"),
            see.one_transfer(),
            see.rounds(2),
            *see.all_arrived(uploads_per_file=1),
        ),
    ),
    Scenario(
        id="tokens-refused",
        title="Events arrive with bad tokens",
        happens="Five events arrive, each with a token that is expired, foreign, for another audience, wrongly signed "
        "or unsigned.",
        expected="Each is answered 401, and nothing starts: the chat is not read, nothing is stored.",
        steps=(do.customer_sends(), *(do.event_with_bad_token(kind) for kind in BAD_TOKENS)),
        checks=(
            see.deliveries(*["failed"] * len(BAD_TOKENS)),
            see.answered(*[401] * len(BAD_TOKENS)),
            see.transfers(0),
            see.stored(0),
            see.objects(0),
            see.invariant_broken("delivered", len(BAD_TOKENS), CONTACT_PRO_TO_SERVICE),
        ),
    ),
    Scenario(
        id="password-refused",
        title="CMI refuses the password",
        happens="CMI answers 401 to everything. Another event arrives with the same password.",
        expected="The password is tried once, so that the user is not locked. It is left alone for half an hour; then "
        "an operator tries again, and every file arrives.",
        steps=(
            *do.one_chat(
                do.fault("CMI will refuse user and password", "cmi", "status", times=None, params={"status": 401}),
                end=do.parked(),
            ),
            do.event_again("Another event with the same password"),
            do.parked(),
            do.clock_moves("Half an hour passes", BEYOND_THE_REFUSAL_S),
            do.repaired("The password is put right; an operator presses Try again"),
            do.settled(),
        ),
        checks=(
            see.fault_applied_exactly(1),
            see.deliveries("delivered", "delivered"),
            see.one_transfer(),
            *see.all_arrived(uploads_per_file=1),
        ),
    ),
    Scenario(
        id="api-killed",
        title="The API is killed right after its 202",
        happens="kill -9 hits the service’s API and its worker as soon as the event is accepted.",
        expected="An accepted event is kept: both are started again, and every file is stored once.",
        steps=(
            *do.one_chat(
                do.fault(
                    "CMI takes 0.5 seconds more for each answer", "cmi", "latency", times=None, params={"delay_s": 0.5}
                ),
                end=do.api_dies(),
            ),
            do.time_passes(),
        ),
        checks=(see.killed(2), see.deliveries("delivered"), see.one_transfer(), *see.all_arrived()),
    ),
    Scenario(
        id="foreign-link",
        title="Downloads lead to a foreign host",
        happens="For every download CMI answers 302 with an address on a host that the customer does not have.",
        expected="The service sends nothing there, no credential above all; it reports the files failed and names the "
        "host.",
        steps=do.one_chat(
            do.fault(
                "Every download will be redirected to a foreign host",
                "download",
                "redirect",
                times=None,
                params={"to": "other_host"},
            )
        ),
        checks=(
            see.fault_applied(FILES),
            see.stored(0),
            see.failed(FILES, "destination-refused"),
            see.objects(0),
            see.outcome("failed"),
            see.invariants_hold(),
        ),
    ),
)
