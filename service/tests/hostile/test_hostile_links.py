"""Links of others: whatever CMI lists or redirects to and C4C pages on to, credentials go to their own host alone.

The real clients over the real way out; only name resolution and the socket are the attacker's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa
from fakes import HandClock
from hostile.links import INNER, LEAST_CALLS, LINKS
from hostile.wire import C4C, CMI, NEXT_ENDPOINT, PUBLIC, SIGNED, Call, Net, answer, json_answer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_kit import CALLER, CONTACT, SECRET_TEXTS, SECRETS, Queue, a_request
from worker_kit import governor

from attachment_transfer.clients.c4c.metadata import AttachmentNavigation
from attachment_transfer.clients.outbound.transport import OutboundPolicy, OutboundTransport
from attachment_transfer.core.dialect import read_dialect
from attachment_transfer.core.errors import TransferError
from attachment_transfer.core.hosts import covered, parse_patterns
from attachment_transfer.core.model import ActivityRef, Transfer
from attachment_transfer.ledger.accept import accept, load_transfer
from attachment_transfer.ledger.refusals import Refusals
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.runtime.settings import shipped_dialect
from attachment_transfer.worker.calls import CredentialWatch
from attachment_transfer.worker.neighbours import ClientFactory, Limits, NeighbourClients

pytestmark = pytest.mark.off_contract(reason="links lead where no hop of the contract is")
#: At least so many; docs/security.md names how many there are.
LEAST_LINKS = 53
POLICY = OutboundPolicy(allowed=parse_patterns(f"*.execute-api.*.amazonaws.com,*.crm.cloud.sap,{SIGNED}"))
DIALECT = read_dialect(shipped_dialect())
NAVIGATION = AttachmentNavigation(
    navigation="ChatActivityAttachment",
    entity_set="ChatActivityAttachmentCollection",
    properties=frozenset({"ObjectID", "Name"}),
    creatable=frozenset({"Name"}),
)
CHAT = ActivityRef(service="chatactivity", entity_set="ChatActivityCollection", object_id="00163EAAAA")


@pytest.fixture(scope="module")
def transfer_maker() -> Callable[[sa.Engine, KeyRing], Transfer]:
    def make(engine: sa.Engine, keys: KeyRing) -> Transfer:
        accepted = accept(
            engine, a_request(), caller=CALLER, keys=keys, enqueue=Queue(), now_s=1.8e9, new_id=lambda: "f" * 32
        )
        with engine.connect() as connection:
            return load_transfer(connection, accepted.transfer_id)

    return make


class Attack:
    """A worker's clients with credentials, over a network that belongs to the attacker."""

    def __init__(self, engine: sa.Engine, transfer: Transfer, clock: HandClock) -> None:
        self.net = Net(lambda _call: answer(404), names=INNER)
        self.refused = 0
        self.transfer = transfer
        # Without a pace to wait for, and without breakers: each link is tried.
        self._client_factory = ClientFactory(
            lambda: OutboundTransport(POLICY, resolve=self.net.resolve),
            dialect=DIALECT,
            limits=Limits(),
            governor=governor(clock),
            watch=CredentialWatch(Refusals(engine, key=b"k" * 32, now_s=clock.now_s, park_s=1_800.0)),
            now_s=clock.now_s,
            hosts_of=lambda _caller: POLICY.allowed,
        )

    @contextmanager
    def neighbours(self) -> Iterator[NeighbourClients]:
        yield self._client_factory.open(self.transfer, SECRETS)

    def listed(self, link: str, *, redirects: tuple[tuple[int, str], ...] = ()) -> None:
        """CMI lists ``link``; what answers to a download redirects in turn."""
        left = list(redirects)

        def handle(call: Call) -> bytes:
            if call.tls_name == CMI and "/chats/" in call.path and "/attachments/" not in call.path:
                item = {"id": "1", "name": "a.png", "content_type": "image/png", "size": 5, "url": link}
                return json_answer({"messages": [{"originator_type": "customer", "attachments": [item]}]})
            if left:
                status, location = left.pop(0)
                return answer(status, headers=[("Location", _on_one_line(location))])
            return answer(200, b"hello", [("Content-Type", "image/png"), ("Set-Cookie", "s=1; Domain=evil.example")])

        self.net.handler = handle
        with self.neighbours() as neighbours, self._counted():
            for source in neighbours.cmi.conversation(CONTACT).attachments:
                with neighbours.cmi.open(source) as opened:
                    b"".join(opened.pieces)

    def paged(self, link: str) -> None:
        """C4C's list goes on at ``link``."""
        pages = iter([{"results": [], "__next": link}, {"results": []}])
        self.net.handler = lambda _call: json_answer({"d": next(pages, {"results": []})})
        with self.neighbours() as neighbours, self._counted():
            neighbours.c4c.attachments(CHAT, NAVIGATION)

    def redirected_document(self, link: str) -> None:
        """CMI's chat document and C4C's list are answered with a redirect."""
        self.net.handler = lambda _call: answer(302, headers=[("Location", _on_one_line(link))])
        with self.neighbours() as neighbours:
            with self._counted():
                neighbours.cmi.conversation(CONTACT)
            with self._counted():
                neighbours.c4c.attachments(CHAT, NAVIGATION)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Every refusal is one of ours, in words; anything else is a defect."""
        try:
            yield
        except TransferError as exc:
            self.refused += 1
            if not exc.message or any(text in exc.message for text in SECRET_TEXTS):
                pytest.fail(f"not in words, or a secret in it: {exc.message!r}")


def _on_one_line(location: str) -> str:
    """A header's value ends at its line; what would follow is another header of the attacker's own answer."""
    return location.replace("\r", "").replace("\n", "")


@pytest.fixture
def attack(
    engine: sa.Engine,
    keys: KeyRing,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    transfer_maker: Callable[[sa.Engine, KeyRing], Transfer],
) -> Attack:
    made = Attack(engine, transfer_maker(engine, keys), clock)
    made.net.under(monkeypatch)
    return made


def all_ways(attack: Attack, link: str) -> None:
    """Every way by which a neighbour can hand us an address."""
    own = "/acme/cmi/v2/chats/attachments/1"
    attack.listed(link)
    for status in (301, 302, 303, 307, 308):
        attack.listed(own, redirects=((status, link),))
    attack.listed(own, redirects=((302, f"https://{SIGNED}/a"), (302, link)))
    attack.listed(own, redirects=((302, link), (302, own)))
    attack.listed(link, redirects=((302, f"https://{CMI}/acme/cmi/a"),))
    attack.paged(link)
    attack.redirected_document(link)


def assert_credentials_stay(attack: Attack) -> None:
    elsewhere = attack.net.sent_elsewhere(CMI, C4C)
    assert elsewhere == []
    crossed = [
        call
        for call in attack.net.calls
        if (call.tls_name == C4C and b"Key-of-CMI" in call.head) or (call.tls_name == CMI and "odata" in call.path)
    ]
    assert [call for call in crossed if call.credentials] == []
    assert [call.tls_name for call in attack.net.calls if not covered(call.tls_name, POLICY.allowed)] == []
    assert set(attack.net.connected) <= {PUBLIC}
    assert all(b"\r\nX-Evil:" not in call.head for call in attack.net.calls)


@pytest.mark.parametrize("link", LINKS)
def test_a_hostile_link_gets_no_credential_and_reaches_no_inner_address(attack: Attack, link: str) -> None:
    all_ways(attack, link)
    assert attack.net.calls
    assert_credentials_stay(attack)


def test_there_are_as_many_links_and_calls_as_the_threat_model_says(attack: Attack) -> None:
    assert len(set(LINKS)) == len(LINKS) >= LEAST_LINKS
    for link in LINKS:
        all_ways(attack, link)
    with_credentials = [call for call in attack.net.calls if call.credentials]
    assert len(attack.net.calls) >= LEAST_CALLS
    assert {call.tls_name for call in with_credentials} == {CMI, C4C}
    assert attack.refused > len(LINKS)


def test_the_links_that_are_right_are_followed(attack: Attack) -> None:
    """Otherwise everything above could pass because nothing is ever fetched."""
    attack.listed("/acme/cmi/v2/chats/attachments/1", redirects=((302, f"https://{SIGNED}/a?X-Signature=s"),))
    assert [(call.tls_name, bool(call.credentials)) for call in attack.net.calls] == [
        (CMI, True),
        (CMI, True),
        (SIGNED, False),
    ]
    assert attack.refused == 0


AUTHORITIES = st.lists(
    st.sampled_from(
        [
            CMI,
            C4C,
            SIGNED,
            NEXT_ENDPOINT,
            "evil.example",
            "127.0.0.1",
            "@",
            ":",
            "/",
            "\\",
            "#",
            "?",
            "%40",
            ".",
            ";",
            " ",
        ]
    ),
    min_size=1,
    max_size=6,
).map("".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scheme=st.sampled_from(["https://", "//", "http://", "https:/", "", "https:\\\\"]), rest=AUTHORITIES)
def test_no_mixture_of_hosts_and_separators_leads_a_credential_astray(attack: Attack, scheme: str, rest: str) -> None:
    attack.listed(scheme + rest)
    attack.listed("/acme/cmi/v2/a", redirects=((302, scheme + rest),))
    attack.paged(scheme + rest)
    assert_credentials_stay(attack)


def test_a_callers_own_addresses_are_checked_against_the_same_list(attack: Attack) -> None:
    """A transfer whose C4C is another tenant sends that tenant's password there, and no other."""
    attack.transfer = replace(attack.transfer, c4c_url="https://evil.example")
    attack.paged("https://evil.example/next")
    assert attack.net.calls == []
    assert attack.refused == 1
