"""A call's time is limited as a whole, asked at every piece; only waiting for this peer counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpcore
import httpx
import pytest

from attachment_transfer.clients.outbound.time_limits import (
    CallTimes,
    LimitedStream,
    TimeLimit,
    TooSlow,
    TooSlowToTake,
    too_slow,
)
from attachment_transfer.clients.outbound.transport import speaking_to
from attachment_transfer.core import errors


class Clock:
    def __init__(self) -> None:
        self.time_s = 0.0

    def __call__(self) -> float:
        return self.time_s


class Peer(httpcore.NetworkStream):
    """Sends and takes pieces, each after ``each_s``; one that would come later than the timeout does not come."""

    def __init__(self, clock: Clock, *, each_s: float, piece: bytes = b"x") -> None:
        self.clock = clock
        self.each_s = each_s
        self.piece = piece
        self.written = b""
        self.timeouts: list[float | None] = []

    def _wait(self, timeout: float | None, late: Callable[[], Exception]) -> None:
        self.timeouts.append(timeout)
        if timeout is not None and self.each_s > timeout:
            self.clock.time_s += timeout
            raise late()
        self.clock.time_s += self.each_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._wait(timeout, httpcore.ReadTimeout)
        return self.piece[:max_bytes]

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._wait(timeout, httpcore.WriteTimeout)
        self.written += bytes(buffer)

    def close(self) -> None:
        pass

    def get_extra_info(self, info: str) -> Any:
        return info


def read_on(stream: LimitedStream, limit: TimeLimit) -> int:
    """Read until the limit ends it; how many bytes came."""
    received: list[int] = []
    with pytest.raises(TooSlow, match="too slow"):
        received.extend(map(len, iter(lambda: stream.read(65_536, limit), b"")))
    return sum(received)


def limited(*, each_s: float, piece: bytes = b"x") -> tuple[LimitedStream, Peer]:
    clock = Clock()
    peer = Peer(clock, each_s=each_s, piece=piece)
    return LimitedStream(peer, clock), peer


def test_a_byte_a_second_ends_at_the_limit_of_the_whole() -> None:
    stream, peer = limited(each_s=1.0)
    limit = TimeLimit(60.0, total_s=30.0)
    assert (read_on(stream, limit), peer.clock.time_s) == (30, 30.0)
    assert limit.used_up().startswith("30 bytes in 30 s")


def test_a_silence_ends_at_the_limit_of_a_piece_or_at_what_is_left_of_the_whole() -> None:
    stream, peer = limited(each_s=1_000.0)
    with pytest.raises(TooSlow):
        stream.read(65_536, TimeLimit(60.0, total_s=90.0))
    assert peer.clock.time_s == 60.0
    limit = TimeLimit(60.0, total_s=30.0)
    with pytest.raises(TooSlow):
        stream.read(65_536, limit)
    assert peer.clock.time_s == 90.0


def test_every_byte_earns_its_share_of_time() -> None:
    stream, _ = limited(each_s=1.0, piece=b"x" * 16_384)
    limit = TimeLimit(60.0, total_s=5.0, least_bytes_per_s=16_384)
    for _ in range(10_000):
        stream.read(65_536, limit)
    assert limit.waited_s == 10_000.0


def test_a_rate_below_the_least_is_given_up_once_the_grace_is_used() -> None:
    stream, peer = limited(each_s=1.0, piece=b"x" * 8_192)
    limit = TimeLimit(60.0, total_s=5.0, least_bytes_per_s=16_384)
    assert read_on(stream, limit) > 0
    assert peer.clock.time_s == pytest.approx(10.0, abs=1.0)


def test_time_that_the_caller_takes_between_pieces_is_not_counted() -> None:
    stream, peer = limited(each_s=1.0)
    limit = TimeLimit(60.0, total_s=10.0)
    for _ in range(10):
        stream.read(65_536, limit)
        peer.clock.time_s += 3_600.0
    assert limit.waited_s == 10.0


def test_the_body_has_a_limit_of_its_own_after_the_head() -> None:
    limit = TimeLimit(60.0, total_s=60.0)
    limit.note(59.0, 300)
    limit.begin(total_s=30.0, least_bytes_per_s=16_384)
    assert (limit.waited_s, limit.passed_bytes, limit.next_wait_s()) == (0.0, 0, 30.0)


def test_a_peer_that_takes_slowly_is_noticed_within_one_large_write() -> None:
    stream, peer = limited(each_s=1.0)
    with pytest.raises(TooSlowToTake, match="too slow"):
        stream.write(b"x" * 65_536 * 100, TimeLimit(60.0, total_s=30.0))
    assert len(peer.written) == 30 * 65_536


def test_a_large_write_arrives_whole() -> None:
    stream, peer = limited(each_s=0.0)
    content = bytes(range(256)) * 1_000
    stream.write(content, TimeLimit(60.0, total_s=30.0))
    assert peer.written == content


def test_an_ordinary_timeout_goes_down_as_it_is() -> None:
    stream, peer = limited(each_s=0.5)
    stream.read(10, 7.0)
    stream.write(b"x" * 200_000, None)
    assert peer.timeouts == [7.0, None]
    assert stream.get_extra_info("socket") == "socket"


def test_a_call_that_was_too_slow_is_an_unavailable_neighbour_with_figures_and_a_remedy() -> None:
    late = httpx.ReadTimeout("read")
    late.__cause__ = TooSlow("3 bytes in 33 s, which is too slow")
    with pytest.raises(errors.NeighbourUnavailable, match="CMI: 3 bytes in 33 s") as caught, speaking_to("CMI"):
        raise late
    assert "ATTACHMENT_TRANSFER_DOCUMENT_TIMEOUT_S" in caught.value.remedy
    assert too_slow(caught.value) is not None
    assert too_slow(ValueError("other")) is None


def test_the_times_of_a_call_travel_with_its_request() -> None:
    times = CallTimes(connect_s=1.0, piece_s=2.0, document_s=3.0, slow_grace_s=4.0, least_bytes_per_s=5.0)
    request = httpx.Client().build_request("GET", "https://cmi.example/", extensions=times.file())
    found = request.extensions["timeout"]
    assert (found["connect"], found["read"], found["read"].allowed_s()) == (1.0, 2.0, 2.0)
    times.begin_body(httpx.Response(200, request=request))
    assert found["read"].allowed_s() == 4.0
    assert times.document()["timeout"]["read"].allowed_s() == 3.0
    upload = times.upload(100.0)["timeout"]
    assert (upload["write"].allowed_s(), upload["read"].allowed_s()) == (100.0, 2.0)
