"""A really running API for attacks on it: ``serve`` in lab mode on loopback, an issuer that signs, and raw sockets.

Everything is bounded: each connection has a time limit, the process ends with the session, nothing leaves the machine.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fakes import HandClock
from ingress_kit import ENDPOINT, ISSUER, SECRET_HEADERS, Issuer, a_body
from process_kit import WAIT_S, KeySet, Program, until

#: How long a first answer is waited for, and how long a connection that has answered is listened to, in seconds.
FIRST_ANSWER_S = 10.0
SILENCE_S = 0.5
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
CONTACTS = [f"{number:032X}" for number in range(1, 10_000)]


@dataclass
class Api:
    """The process, its issuer, and what is in its ledger."""

    program: Program
    issuer: Issuer
    folder: Path
    _contacts: Iterator[str] = field(default_factory=lambda: iter(CONTACTS))

    @property
    def port(self) -> int:
        return self.program.port

    def token(self, **claims: Any) -> str:
        return self.issuer.token(**claims)

    def contact(self) -> str:
        """A contact id that no test had before."""
        return next(self._contacts)

    def raw(self, data: bytes, *, then: bytes = b"") -> bytes:
        """Send bytes as they are, read until the other end closes or is silent; ``then`` follows the first answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=FIRST_ANSWER_S) as line:
            seen = b""
            with contextlib.suppress(OSError):  # it may close before it has read everything
                line.sendall(data)
            while True:
                try:
                    piece = line.recv(65_536)
                except (TimeoutError, ConnectionError):
                    return seen
                if not piece:
                    return seen
                seen += piece
                line.settimeout(SILENCE_S)
                if then:
                    line.settimeout(FIRST_ANSWER_S)
                    line.sendall(then)
                    then = b""

    def statuses(self, data: bytes, *, then: bytes = b"") -> list[int]:
        """The statuses of all answers on one connection."""
        return [int(status) for status in _STATUS.findall(self.raw(data, then=then))]

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One proper request: status, headers in lower case, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def post(self, body: bytes, *, token: str | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """A request to the endpoint with all that it needs, and ``body``."""
        sent = {
            "Authorization": f"Bearer {token or self.token()}",
            "Content-Type": "application/json",
            **SECRET_HEADERS,
            **headers,
        }
        return self.ask("POST", ENDPOINT, body, sent)

    def head(self, *, token: str | None = None, **headers: str) -> bytes:
        """The header lines of a good request without its framing, each with its line end."""
        sent = {
            "Host": "api",
            "Authorization": f"Bearer {token or self.token()}",
            "Content-Type": "application/json",
            **SECRET_HEADERS,
            **headers,
        }
        return b"".join(f"{name}: {value}\r\n".encode() for name, value in sent.items())

    def accepted(self, *, token: str | None = None, **changes: Any) -> str:
        """An accepted transfer of a new contact; its id."""
        body = json.dumps(a_body(**{"contact_id": self.contact(), **changes})).encode()
        status, _, answer = self.post(body, token=token)
        assert status == 202, answer
        transfer_id: str = json.loads(answer)["transfer_id"]
        return transfer_id

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the ledger holds, read beside the running process."""
        with contextlib.closing(sqlite3.connect(f"file:{self.folder}/ledger.db?mode=ro", uri=True)) as ledger:
            return ledger.execute(statement).fetchall()

    def transfers(self) -> int:
        [(count,)] = self.rows("SELECT count(*) FROM transfer")
        return int(count)

    def lives(self) -> bool:
        """The same process still answers."""
        return self.program.process.poll() is None and self.ask("GET", "/healthz")[0] == 200

    def log(self) -> str:
        return self.program.log.read_text(encoding="utf-8")


@contextlib.contextmanager
def running_api(folder: Path, **env: str) -> Iterator[Api]:
    """Start it over a migrated database; end it, and nothing else, at the end."""
    KeySet.issuer = issuer = Issuer(HandClock(float(int(time.time()))))
    server = ThreadingHTTPServer(("127.0.0.1", 0), KeySet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert Program(folder, "migrate", "migrate").process.wait(WAIT_S) == 0
    program = Program(
        folder,
        "api",
        "serve",
        LAB_MODE="1",
        EGRESS_MAP=f"login-*.cc.sinch.com=http://127.0.0.1:{server.server_port}",
        TOKEN_ISSUERS="https://login-*.cc.sinch.com/*",
        **env,
    )
    try:
        until(program.is_ready)
        yield Api(program, issuer, folder)
    finally:
        program.end()
        server.shutdown()
        server.server_close()


__all__ = ["ENDPOINT", "ISSUER", "SECRET_HEADERS", "Api", "a_body", "running_api"]
