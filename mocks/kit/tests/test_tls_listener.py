"""The TLS listener: relays both ways, and keeps a connection's rest until the mock has ended it."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from mock_kit.http.tls import TlsListener, TlsSettings

PATIENCE_S = 30.0


def until(happened: Callable[[], bool]) -> None:
    """Wait for a condition, with patience."""
    deadline, tick = time.monotonic() + PATIENCE_S, threading.Event()
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        tick.wait(0.02)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def mock() -> Iterator[socket.socket]:
    """The application behind the listener; the test plays it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE_S)
        yield listening


@pytest.fixture
def listener(authority: trustme.CA, mock: socket.socket, tmp_path: Path) -> Iterator[TlsListener]:
    certificate = tmp_path / "tls.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(certificate)
    opened = TlsListener(
        TlsSettings(port=0, certificate=certificate), host="127.0.0.1", target_port=mock.getsockname()[1]
    )
    opened.start()
    yield opened
    opened.stop()


def client(authority: trustme.CA, listener: TlsListener) -> ssl.SSLSocket:
    """A connection that has checked the certificate."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    plain = socket.create_connection(("127.0.0.1", listener.port), timeout=PATIENCE_S)
    return context.wrap_socket(plain, server_hostname="localhost")


def test_bytes_pass_both_ways_in_clear_behind_the_listener(
    authority: trustme.CA, listener: TlsListener, mock: socket.socket
) -> None:
    with client(authority, listener) as caller:
        caller.sendall(b"question")
        inner, _ = mock.accept()
        with inner:
            assert inner.recv(100) == b"question"
            inner.sendall(b"response")
            assert caller.recv(100) == b"response"


def test_the_mock_sees_that_a_client_has_closed_and_the_rest_is_kept_until_the_mock_ends_it(
    authority: trustme.CA, listener: TlsListener, mock: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    with client(authority, listener) as caller:
        caller.sendall(b"question")
        inner, _ = mock.accept()
        inner.settimeout(PATIENCE_S)
        assert inner.recv(100) == b"question"
    with inner:
        assert inner.recv(100) == b""
        gc.collect()
        assert listener.open_connections == 1, "its task was collected"
    until(lambda: listener.open_connections == 0)
    gc.collect()
    assert "destroyed" not in caplog.text
