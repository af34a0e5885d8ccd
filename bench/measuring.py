"""What the measurements share: PostgreSQL with its counters on, processor time of a process, an issuer of tokens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import psycopg
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from attachment_lab.testing.postgres import Server, running_server

ISSUER = "https://login-bench.cc.sinch.com/bench"
#: As a production server writes: every commit is flushed. The lab's own server does without, for speed.
_SETTINGS = "-c fsync=on -c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.track_utility=on"


@dataclass(frozen=True)
class Counts:
    """PostgreSQL's counters so far, or between two moments."""

    statements: float
    commits: float
    wal_bytes: float
    database_bytes: float

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, one.name) - getattr(other, one.name) for one in fields(Counts)))

    def less(self, rate: Counts, seconds: float) -> Counts:
        """Without the background activity in that time, ``rate`` per second."""
        return Counts(*(getattr(self, one.name) - getattr(rate, one.name) * seconds for one in fields(Counts)))

    def over(self, number: float) -> Counts:
        return Counts(*(getattr(self, one.name) / number for one in fields(Counts)))


class Database:
    """One database of a real server, and its counters. Our own questions are not counted."""

    def __init__(self, server: Server, name: str) -> None:
        self.url = server.database(name)
        self._connection = psycopg.connect(self.url, autocommit=True, application_name="bench")
        self._connection.execute("CREATE EXTENSION pg_stat_statements")

    def counts(self) -> Counts:
        row = self._connection.execute(
            """SELECT sum(calls)::float, (sum(calls) FILTER (WHERE query = 'COMMIT'))::float,
                      (pg_current_wal_lsn() - '0/0')::float, pg_database_size(current_database())::float
               FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND query NOT LIKE '%pg_stat_%'"""
        ).fetchone()
        assert row is not None
        return Counts(*(float(value or 0) for value in row))

    def connections(self) -> int:
        """Connections of the service to this database."""
        row = self._connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> 'bench'"
        ).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def postgresql() -> Iterator[Server]:
    """A server in a temporary folder that flushes and counts. Raises ``NoPostgres``."""
    with running_server(_SETTINGS) as server:
        yield server


def cpu_s(*pids: int) -> float:
    """Processor time of these processes and of their living children, in seconds."""
    roots = [psutil.Process(pid) for pid in pids]
    processes = [each for root in roots for each in (root, *root.children(recursive=True))]
    return float(sum(sum(each.cpu_times()[:2]) for each in processes))


def peak_mb(pid: int) -> float:
    """Peak memory of a process, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


@contextmanager
def program(env: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the service; ended with its block."""
    command = [sys.executable, "-m", "attachment_transfer", *arguments]
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen(command, env={**os.environ, **env}, stdout=nowhere, stderr=nowhere)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def until_ready(port: int, *, patience_s: float = 60.0) -> None:
    """Wait until a process of the service is ready. Raises ``TimeoutError``."""
    end_s = time.monotonic() + patience_s
    pause = threading.Event()
    while time.monotonic() < end_s:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except OSError:
            pause.wait(0.1)
    raise TimeoutError(f"nothing is ready on port {port} after {patience_s:g} s")


class Issuer:
    """Signs tokens and publishes its keys on loopback."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256", {"kid": "bench"})
        published = json.dumps(KeySet([self._key]).as_dict(private=False)).encode()

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(published)))
                self.end_headers()
                self.wfile.write(published)

            def log_message(self, *_arguments: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def settings(self) -> dict[str, str]:
        """What makes a service trust this issuer."""
        return {
            "ATTACHMENT_TRANSFER_LAB_MODE": "1",
            "ATTACHMENT_TRANSFER_EGRESS_MAP": f"login-*.cc.sinch.com=http://127.0.0.1:{self._server.server_port}",
            "ATTACHMENT_TRANSFER_TOKEN_ISSUERS": "https://login-*.cc.sinch.com/*",
        }

    def token(self) -> str:
        now_s = int(time.time())
        claims = {
            "iss": ISSUER, "sub": "bench", "client_id": "bench", "aud": "attachment-transfer",
            "scope": "chat-attachments transfers", "iat": now_s, "nbf": now_s, "exp": now_s + 3600,
        }  # fmt: skip
        return jwt.encode({"alg": "ES256", "kid": "bench"}, claims, self._key, algorithms=["ES256"])
