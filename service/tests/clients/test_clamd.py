"""The virus scanner: clamd's own protocol over real sockets, and a round that waits for its verdict."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_clamd import SIGNATURE, VIRUS, FakeClamd, running_clamd
from ledger_kit import a_source
from policy_kit import PNG, PolicyStack
from worker_kit import a_file

from attachment_transfer.clients.clamd import Clamd, ClamdAddress
from attachment_transfer.clients.cmi.client import OpenSource
from attachment_transfer.core.errors import AttachmentRefused, NeighbourUnavailable, ScannerUnavailable
from attachment_transfer.core.policy import Policy
from attachment_transfer.core.states import Outcome
from attachment_transfer.worker.inspection import Inspector


@pytest.fixture
def clamd() -> Iterator[FakeClamd]:
    with running_clamd() as fake:
        yield fake


def scanner(fake: FakeClamd, *, answer_s: float = 10.0) -> Clamd:
    return Clamd(ClamdAddress.parse(fake.address), connect_s=10.0, answer_s=answer_s)


def test_clean_bytes_pass_and_all_of_them_were_seen(clamd: FakeClamd) -> None:
    pieces = [b"a" * 300_000, b"", b"b", b"c" * 131_072]
    scanner(clamd).scan(pieces)
    assert clamd.commands == [b"zINSTREAM\0"]
    assert clamd.streams == [b"".join(pieces)]
    assert max(clamd.chunks) <= 131_072


def test_an_empty_file_is_scanned_too(clamd: FakeClamd) -> None:
    scanner(clamd).scan([])
    assert clamd.streams == [b""]


def test_a_unix_socket_does_as_well(tmp_path: Path) -> None:
    with running_clamd(tmp_path / "clamd.sock") as fake:
        scanner(fake).scan([b"clean"])
        with pytest.raises(AttachmentRefused):
            scanner(fake).scan([VIRUS])
        assert fake.streams == [b"clean", VIRUS]


def test_a_virus_is_refused_with_its_signatures_name(clamd: FakeClamd) -> None:
    with pytest.raises(AttachmentRefused, match=SIGNATURE) as caught:
        scanner(clamd).scan([b"x" * 200_000, VIRUS[:20], VIRUS[20:]])
    assert caught.value.code == "infected"


@pytest.mark.parametrize("infected", [False, True])
def test_an_answer_in_single_bytes_is_read_to_its_end(clamd: FakeClamd, infected: bool) -> None:
    clamd.mood = "split"
    if infected:
        with pytest.raises(AttachmentRefused, match=SIGNATURE):
            scanner(clamd).scan([VIRUS])
    else:
        scanner(clamd).scan([b"clean"])


def test_a_file_beyond_clamds_own_limit_is_refused_with_the_remedy(clamd: FakeClamd) -> None:
    clamd.size_limit_bytes = 1_000
    with pytest.raises(AttachmentRefused) as caught:
        scanner(clamd).scan(b"x" * 500 for _ in range(3))
    assert caught.value.code == "too-large-to-scan"
    assert "StreamMaxLength" in caught.value.remedy


def test_a_limit_that_is_met_in_the_middle_of_a_long_stream_is_understood(clamd: FakeClamd) -> None:
    clamd.size_limit_bytes = 200_000
    with pytest.raises(AttachmentRefused) as caught:
        scanner(clamd).scan(b"x" * 131_072 for _ in range(400))
    assert caught.value.code == "too-large-to-scan"
    assert clamd.streams == []


@pytest.mark.parametrize("mood", ["hang", "cut", "gone", "error"])
def test_no_complete_verdict_is_never_a_clean_one(clamd: FakeClamd, mood: str) -> None:
    clamd.mood = mood
    with pytest.raises(ScannerUnavailable):
        scanner(clamd, answer_s=0.2).scan([b"clean"] * 3)


def test_the_whole_answer_has_a_deadline_however_its_bytes_drip_in(clamd: FakeClamd) -> None:
    clamd.mood = "split"
    times = iter([0.0, 0.0, 0.0])
    late = Clamd(ClamdAddress.parse(clamd.address), answer_s=10.0, monotonic_s=lambda: next(times, 11.0))
    with pytest.raises(ScannerUnavailable, match="TimeoutError"):
        late.scan([b"clean"])


def test_the_whole_stream_has_a_deadline_however_slowly_it_is_taken(clamd: FakeClamd) -> None:
    times = iter([0.0, 0.0])
    late = Clamd(ClamdAddress.parse(clamd.address), stream_s=10.0, monotonic_s=lambda: next(times, 11.0))
    with pytest.raises(ScannerUnavailable, match="TimeoutError"):
        late.scan([b"first", b"second"])
    assert clamd.streams == []


def test_a_source_that_is_shorter_than_announced_is_not_taken_for_a_scanned_one() -> None:
    scanned_bytes: list[bytes] = []
    inspector = Inspector(Policy(max_bytes=100), scan=scanned_bytes.extend)
    with (
        pytest.raises(NeighbourUnavailable, match="announced 10 bytes and sent 3"),
        inspector.passed(a_source("1"), OpenSource(10, iter([b"abc"]), "image/png")),
    ):
        raise AssertionError("it went on")
    assert scanned_bytes == []


def test_a_scanner_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ScannerUnavailable):
        Clamd(ClamdAddress(host="127.0.0.1", port=port)).scan([b"clean"])
    with pytest.raises(ScannerUnavailable):
        Clamd(ClamdAddress(path="/nowhere/clamd.sock")).scan([b"clean"])


def test_trouble_with_the_source_is_not_blamed_on_the_scanner(clamd: FakeClamd) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"some"
        raise NeighbourUnavailable("CMI: ReadError")

    with pytest.raises(NeighbourUnavailable, match="CMI"):
        scanner(clamd).scan(breaks())


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:3310", ClamdAddress(host="127.0.0.1", port=3310)),
        ("clamd.example:3310", ClamdAddress(host="clamd.example", port=3310)),
        ("[::1]:3310", ClamdAddress(host="::1", port=3310)),
        ("unix:/run/clamav/clamd.ctl", ClamdAddress(path="/run/clamav/clamd.ctl")),
    ],
)
def test_an_address_is_a_host_with_a_port_or_a_socket(text: str, address: ClamdAddress) -> None:
    assert ClamdAddress.parse(text) == address


@pytest.mark.parametrize("text", ["clamd", "clamd:", ":3310", "clamd:0", "clamd:65536", "clamd:x", "unix:clamd.sock"])
def test_an_address_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        ClamdAddress.parse(text)


def scanned(stack: PolicyStack, fake: FakeClamd, *, answer_s: float = 10.0) -> PolicyStack:
    stack.scan = scanner(fake, answer_s=answer_s).scan
    stack.start()
    return stack


def test_an_infected_file_is_parked_and_the_rest_goes_on(policy_stack: PolicyStack, clamd: FakeClamd) -> None:
    stack = scanned(policy_stack, clamd)
    stack.cmi.files = [a_file(1, content=PNG + VIRUS), a_file(2, content=PNG + b"x" * 500_000)]
    stack.event()
    stack.run()
    assert stack.states() == ["parked", "stored"]
    first = stack.attachments()[0]
    assert first.reason is not None
    assert (first.reason.code, first.attempts) == ("infected", 0)
    assert SIGNATURE in first.reason.message
    assert [item.content for item in stack.c4c.kept] == [PNG + b"x" * 500_000]
    assert clamd.streams == [PNG + VIRUS, PNG + b"x" * 500_000]


def test_every_byte_is_scanned_before_the_first_one_is_posted(policy_stack: PolicyStack, clamd: FakeClamd) -> None:
    stack = scanned(policy_stack, clamd)
    stack.cmi.files = [a_file(1, content=PNG + b"x" * 500_000)]
    seen: list[int] = []
    stack.c4c.on_post = lambda: seen.append(len(clamd.streams[0]))
    stack.event()
    stack.run()
    assert seen == [len(PNG) + 500_000]


@pytest.mark.parametrize("mood", ["hang", "cut", "gone", "error"])
def test_without_a_verdict_nothing_is_posted_and_the_file_waits(
    policy_stack: PolicyStack, clamd: FakeClamd, mood: str
) -> None:
    stack = scanned(policy_stack, clamd, answer_s=0.2)
    clamd.mood = mood
    stack.cmi.files = [a_file(1, content=PNG)]
    stack.event()
    stack.run_one()
    assert stack.states() == ["open"]
    assert stack.reasons() == ["scanner-unavailable"]
    assert stack.c4c.calls("post") == 0
    assert stack.intents() == []


def test_a_file_is_carried_once_the_scanner_is_back(policy_stack: PolicyStack, clamd: FakeClamd) -> None:
    stack = scanned(policy_stack, clamd)
    clamd.mood = "error"
    stack.cmi.files = [a_file(1, content=PNG)]
    stack.event()
    stack.run_one()
    clamd.mood = "honest"
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_a_scanner_that_stays_away_parks_the_file_for_a_person(policy_stack: PolicyStack, clamd: FakeClamd) -> None:
    stack = scanned(policy_stack, clamd)
    clamd.mood = "error"
    stack.cmi.files = [a_file(1, content=PNG)]
    stack.event()
    stack.run()
    assert stack.states() == ["parked"]
    assert stack.reasons() == ["scanner-unavailable"]
    assert stack.c4c.calls("post") == 0


def test_a_source_that_breaks_off_is_neither_scanned_nor_posted(policy_stack: PolicyStack, clamd: FakeClamd) -> None:
    stack = scanned(policy_stack, clamd)
    stack.cmi.files = [a_file(1, content=PNG + b"x" * 500_000)]
    stack.cmi.files[0].breaks_after = [300_000]
    stack.event()
    stack.run_one()
    assert clamd.streams == []
    assert stack.reasons() == ["neighbour-unavailable"]
    stack.run()
    assert stack.states() == ["stored"]


def test_a_file_without_an_announced_length_is_scanned_too(policy_stack: PolicyStack, clamd: FakeClamd) -> None:
    stack = scanned(policy_stack, clamd)
    stack.cmi.files = [a_file(1, content=PNG + b"x" * 500_000, length=False), a_file(2, content=VIRUS, length=False)]
    stack.event()
    stack.run()
    assert stack.states() == ["stored", "parked"]
    assert [item.content for item in stack.c4c.kept] == [PNG + b"x" * 500_000]
