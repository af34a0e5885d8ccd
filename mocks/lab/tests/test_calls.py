"""Calls to a process of the stack: what is retried, and how a missing answer is reported."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from attachment_lab.clients.json_client import JsonClient
from attachment_lab.errors import Unreachable

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\ntrue"


@contextmanager
def giving_up(times: int, *, by_reset: bool = False) -> Iterator[tuple[JsonClient, list[bytes]]]:
    """A server that closes or resets its first connections without an answer; and the requests that it saw."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    seen.append(connection.recv(65_536).split(b"\r\n")[0])
                    if len(seen) > times:
                        connection.sendall(ANSWER)
                    elif by_reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        threading.Thread(target=serve, daemon=True).start()
        calls = JsonClient("CMI mock", f"http://127.0.0.1:{listening.getsockname()[1]}")
        yield calls, seen
        calls.close()
        listening.shutdown(socket.SHUT_RDWR)


def test_what_only_reads_is_asked_once_more_when_the_connection_is_given_up() -> None:
    with giving_up(1) as (calls, seen):
        assert calls.get("/_mock/chats") is True
        assert seen == [b"GET /_mock/chats HTTP/1.1"] * 2


def test_what_only_reads_is_asked_once_more_when_the_connection_is_reset() -> None:
    with giving_up(1, by_reset=True) as (calls, seen):
        assert calls.get("/_mock/chats") is True
        assert len(seen) == 2


def test_so_is_a_body_that_is_read_piece_by_piece() -> None:
    with giving_up(1) as (calls, seen):
        answer = calls.open("/_mock/file")
        assert answer.read() == b"true"
        answer.close()
        assert len(seen) == 2


def test_what_changes_something_is_asked_once_only() -> None:
    with giving_up(1) as (calls, seen):
        with pytest.raises(Unreachable, match=r"does not answer POST /_mock/chats \((RemoteProtocol|Read)Error\)"):
            calls.post("/_mock/chats", {})
        assert len(seen) == 1


def test_a_lasting_silence_is_told() -> None:
    with giving_up(9) as (calls, _), pytest.raises(Unreachable, match="does not answer GET /x"):
        calls.get("/x")
