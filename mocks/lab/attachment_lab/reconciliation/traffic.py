"""What the neighbours saw of the service's requests: journals and credential logs, as plain records. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from attachment_lab.reconciliation.file_trace import WITH_FILES, Act, file_exchange_from

#: A note of C4C's mock on an attempt to change what exists: ``user: $batch: METHOD path``.
_CHANGE = re.compile(r"(?P<user>.*?): (?P<batch>\$batch: )?(?P<method>[A-Z]+) (?P<path>.*)", re.DOTALL)
#: Methods that change or delete what exists.
CHANGING = {"DELETE", "PUT", "PATCH", "MERGE"}
#: The mocks by the names that people use for them.
NEIGHBOURS = {"cmi": "CMI", "c4c": "C4C", "edge": "another host"}


@dataclass(frozen=True, kw_only=True)
class NeighbourRequest:
    """One request of the service to a neighbour.

    Attributes:
        mock: cmi or c4c; exchange: its id in that journal.
        path: without query.
        begun_s, ended_s: epoch seconds by the mock's clock.
        user: of its Basic credentials; None without.
        retry_after_s: until when the answer asks to wait, epoch seconds by the mock's clock; None if it does not.
        is_faulty: whether a planned fault took effect, or the answer did not leave whole.
        act, chat, activity_id: as far as it concerns files.
    """

    mock: str
    exchange: int
    method: str
    path: str
    begun_s: float
    ended_s: float
    status: int
    user: str | None = None
    retry_after_s: float | None = None
    is_faulty: bool = False
    act: Act | None = None
    chat: str | None = None
    activity_id: str | None = None

    @property
    def name(self) -> str:
        """For people: ``exchange 12 of the cmi mock``."""
        return f"exchange {self.exchange} of the {self.mock} mock"


@dataclass(frozen=True, kw_only=True)
class ChangeRecord:
    """An attempt to change or delete something in C4C, answered or refused. ``in_batch``: inside a ``$batch``."""

    exchange: int
    method: str
    path: str
    user: str
    in_batch: bool = False


@dataclass(frozen=True, kw_only=True)
class CredentialRecord:
    """A credential in a request to a neighbour.

    Attributes:
        mock: cmi, c4c, or edge for a request to a host that no tenant has.
        begun_s, ended_s: epoch seconds by the mock's clock.
        place: such as ``Authorization: Basic``.
        fingerprint: equal for equal values within one mock.
        secret, owner: whose secret it is, by a name that may be printed, and the neighbour that it is for; None = none
            that the lab knows.
    """

    mock: str
    exchange: int
    method: str
    host: str
    path: str
    begun_s: float
    ended_s: float
    status: int
    place: str
    user: str | None
    fingerprint: str
    secret: str | None = None
    owner: str | None = None


def requests_from(
    mock: str, journal: Iterable[Mapping[str, Any]], users: Mapping[int, str]
) -> Iterator[NeighbourRequest]:
    """The requests of a journal; ``users``: by exchange, of their Basic credentials."""
    for each in journal:
        found = file_exchange_from(mock, each) if mock in WITH_FILES else None
        begun_s = _epoch_s(each["at"])
        ended_s = begun_s + float(each["duration_ms"]) / 1000
        yield NeighbourRequest(
            mock=mock,
            exchange=int(each["id"]),
            method=str(each["method"]),
            path=str(each["url"]).partition("?")[0],
            begun_s=begun_s,
            ended_s=ended_s,
            status=int(each["status"]),
            user=users.get(int(each["id"])),
            retry_after_s=_retry_after_s(each["response_headers"], ended_s),
            is_faulty=bool(each["fault"]) or not each["status"] or not each["response"]["complete"],
            act=found.act if found else None,
            chat=found.chat if found else None,
            activity_id=found.activity_id if found else None,
        )


def changes_from(
    journal: Iterable[Mapping[str, Any]], users: Mapping[int, str] | None = None
) -> Iterator[ChangeRecord]:
    """The attempts to change something: by C4C's notes, which see into a batch, or by the request's own method.

    Args:
        users: by exchange, of their Basic credentials: a request that was refused early leaves no note.
    """
    for each in journal:
        number, notes = int(each["id"]), [note for note in each.get("notes") or () if note["code"] == "change"]
        for note in notes:
            found = _CHANGE.fullmatch(str(note["message"]))
            if found:
                yield ChangeRecord(
                    exchange=number,
                    method=found["method"],
                    path=found["path"],
                    user=found["user"],
                    in_batch=bool(found["batch"]),
                )
        method = httpx.Headers(each.get("request_headers") or {}).get("x-http-method") or str(each.get("method", ""))
        if not notes and method.upper() in CHANGING and users and number in users:
            path = str(each["url"]).partition("?")[0]
            yield ChangeRecord(exchange=number, method=method.upper(), path=path, user=users[number])


def credentials_from(
    mock: str, log: Mapping[str, Any], secrets: Mapping[str, tuple[str, str]]
) -> Iterator[CredentialRecord]:
    """The uses of a mock's credential log, each with the secret that it is.

    Args:
        secrets: by a name that may be printed: the value, and the neighbour that it is for.
    """
    key = bytes.fromhex(log["key"])
    known = {_fingerprint(key, value): (name, owner) for name, (value, owner) in secrets.items()}
    for use in log["uses"]:
        begun_s = _epoch_s(use["at"])
        name, owner = known.get(str(use["fingerprint"]), (None, None))
        yield CredentialRecord(
            mock=mock,
            exchange=int(use["exchange"]),
            method=str(use["method"]),
            host=str(use["host"]),
            path=str(use["path"]),
            begun_s=begun_s,
            ended_s=begun_s + float(use["duration_ms"]) / 1000,
            status=int(use["status"]),
            place=str(use["place"]),
            user=use["user"],
            fingerprint=str(use["fingerprint"]),
            secret=name,
            owner=owner,
        )


def _fingerprint(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _epoch_s(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def _retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """Retry-After as a time: seconds from now, or an HTTP date (RFC 9110, 10.2.3)."""
    value = httpx.Headers(headers).get("retry-after", "").strip()
    if value.isdecimal():
        return now_s + int(value)
    try:
        return parsedate_to_datetime(value).timestamp() if value else None
    except ValueError:
        return None
