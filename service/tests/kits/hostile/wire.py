"""The network below the real way out: names resolve as the attacker likes, and every byte that is written is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpcore
import pytest
from ledger_kit import SECRET_TEXTS

#: The real CMI and C4C of the transfer under attack, and one more host that the allow-list covers.
CMI = "8h6b51di7x.execute-api.eu-central-1.amazonaws.com"
C4C = "my2554607.de1.crm.cloud.sap"
SIGNED = "files.example"
#: An attacker can rent an address under the same allowed patterns.
NEXT_ENDPOINT = "evil000000.execute-api.eu-central-1.amazonaws.com"
PUBLIC = "8.8.8.8"
CREDENTIALS = ("authorization", "x-api-key", "cookie", "proxy-authorization")


@dataclass(frozen=True)
class Call:
    """One request as it left: the name that TLS was asked for, the address, and its head."""

    tls_name: str
    address: str
    head: bytes

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode()

    @property
    def credentials(self) -> list[str]:
        lines = [line.partition(b":")[0].decode().lower() for line in self.head.split(b"\r\n")[1:]]
        return [name for name in lines if name in CREDENTIALS]


Handler = Callable[[Call], bytes]


class Wire(httpcore.MockStream):
    """A connection on which each whole request gets the handler's answer."""

    def __init__(self, net: Net, address: str) -> None:
        super().__init__([])
        self._net, self._address, self._tls_name, self._written = net, address, "", b""

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Wire:
        self._tls_name = server_hostname or ""
        return self

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._written += buffer
        self._net.written += 1
        head, end, _ = self._written.partition(b"\r\n\r\n")
        if end:
            self._written = b""
            call = Call(self._tls_name, self._address, head)
            self._net.calls.append(call)
            self._buffer.append(self._net.handler(call))


@dataclass
class Net:
    """What was resolved, connected to and written."""

    handler: Handler
    names: dict[str, list[str]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    written: int = 0

    def resolve(self, host: str, _port: int) -> list[str]:
        """As the system's resolver: a label beyond 63 characters is no name."""
        host.encode("idna")
        return self.names.get(host, [PUBLIC])

    def under(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the system's sockets."""

        def connect(_self: object, host: str, _port: int, *_rest: object) -> Wire:
            self.connected.append(host)
            return Wire(self, host)

        monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)

    def told_to_strangers(self, *own: str) -> list[Call]:
        """Calls to hosts other than ``own`` that carried a credential, by name or anywhere in clear."""
        secrets = [text.encode() for text in SECRET_TEXTS]
        return [
            call
            for call in self.calls
            if call.tls_name not in own and (call.credentials or any(secret in call.head for secret in secrets))
        ]


def answer(status: int, body: bytes = b"", headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """An HTTP answer as bytes; header values as they are."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body


def json_answer(document: Any) -> bytes:
    return answer(200, json.dumps(document).encode(), [("Content-Type", "application/json")])


__all__ = ["C4C", "CMI", "NEXT_ENDPOINT", "PUBLIC", "SIGNED", "Call", "Net", "answer", "json_answer"]
