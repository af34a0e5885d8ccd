"""Requests that two programs could read in two ways are refused before anything reaches a target."""

from __future__ import annotations

import pytest
from edge_kit import Connection, Edge, ok, reply_of, says

HOST = b"Host: one.example\r\n"
SHAPES = {
    "both lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "the same length twice": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\ncontent-length: 3\r\n\r\nabc",
    "a list of lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3, 3\r\n\r\nabc",
    "a signed length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +3\r\n\r\nabc",
    "obs-fold": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "obs-fold with a tab": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n\tTransfer-Encoding: chunked\r\n\r\n",
    "a blank before the colon": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length : 3\r\n\r\nabc",
    "lone line feeds": b"GET / HTTP/1.1\n" + HOST.replace(b"\r", b"") + b"\n",
    "one lone line feed": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\nContent-Length: 3\r\n\r\nabc",
    "a carriage return in a value": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rContent-Length: 3\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + b"Host: two.example\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "no host in HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
    "a host that is none": b"GET / HTTP/1.1\r\nHost: one.example/x\r\n\r\n",
    "another host in the target": b"GET http://two.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a user in the target": b"GET http://one.example@two.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target that is no address": b"GET http://[::1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "another scheme": b"GET ftp://one.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "chunks in HTTP/1.0": b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no HTTP": b"HELO one.example\r\n\r\n",
    "a chunk without a size": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a tunnel to no port": b"CONNECT one.example:99999 HTTP/1.1\r\n" + HOST + b"\r\n",
}
OTHER_STATUS = {
    "an unknown transfer coding": (
        501,
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ),
    "a head without end": (431, b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 70_000),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_request_that_can_be_read_in_two_ways_is_answered_400(edge: Edge, shape: str) -> None:
    heads: list[bytes] = []

    def script(connection: Connection) -> None:
        heads.append(connection.head())
        connection.sock.recv(65536)  # the chunk's body never comes

    edge.route("one.example", script)
    edge.route("two.example", script)
    with edge.connect() as sock:
        sock.sendall(SHAPES[shape])
        head, body = reply_of(sock)
        assert head.startswith(b"HTTP/1.1 400 "), head
        assert b"application/problem+json" in head
        assert b"detail" in body
        assert sock.recv(1) == b"", "the connection ends"
    assert all(b"chunked" in head for head in heads), "only a body may be broken once its head was passed on"


@pytest.mark.parametrize("shape", OTHER_STATUS)
def test_a_request_that_is_not_read_at_all_is_refused_with_its_own_status(edge: Edge, shape: str) -> None:
    status, request = OTHER_STATUS[shape]
    edge.route("one.example", says("one"))
    with edge.connect() as sock:
        sock.sendall(request)
        assert reply_of(sock)[0].startswith(f"HTTP/1.1 {status} ".encode())


def test_what_follows_a_body_is_a_request_of_its_own(edge: Edge) -> None:
    def script(connection: Connection) -> None:
        head = connection.head()
        body = connection.body(3) if b"Length: 3" in head else b""
        connection.send(ok(f"{head.split()[1].decode()} {body.decode()} {connection.unread.decode()}."))

    edge.route("one.example", script)
    with edge.connect() as sock:
        sock.sendall(
            b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n" + HOST + b"\r\n"
        )
        replies = Connection(sock)
        assert reply_of(replies)[1] == b"/a abc ."
        assert reply_of(replies)[1] == b"/b  ."
