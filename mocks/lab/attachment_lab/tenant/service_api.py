"""The service's status resource, read with a token of the tenant's own OAuth client."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.errors import RequestRefused, WrongUse
from attachment_lab.tenant.credentials import SCOPE, TenantNames

#: The last segment of an attachment's address is its id; the name follows after a blank.
_IN_ADDRESS = re.compile(r"\S*/(?P<id>[0-9A-F]{32})(?: |$)")
#: A new token is fetched this long before the old one expires.
SLACK_S = 30.0


@dataclass(frozen=True, kw_only=True)
class AttachmentRecord:
    """One attachment of a transfer, as the service reports it.

    Attributes:
        state: open, uploading, ambiguous, stored, skipped or parked.
        stored_name: its name in C4C; differs from ``name`` when two files of a chat have the same name.
        sha256: computed by the service while it read the file from CMI; None before.
    """

    source_id: str
    name: str
    state: str
    stored_name: str | None = None
    reason: str | None = None
    remedy: str | None = None
    object_id: str | None = None
    sha256: str | None = None
    size_bytes: int | None = None
    attempts: int = 0


@dataclass(frozen=True, kw_only=True)
class TransferRecord:
    """A transfer as the service reports it.

    Attributes:
        chat: the contact id of the event; the chat's guid.
        outcome: None while it is in progress.
        updated_at: RFC 3339, as sent.
        activity_id: ObjectID of the chat activity in C4C; None until it is found.
    """

    id: str
    chat: str
    state: str
    outcome: str | None = None
    reason: str | None = None
    remedy: str | None = None
    rounds: int = 0
    created_at: str | None = None
    updated_at: str | None = None
    next_round_at: str | None = None
    activity_id: str | None = None
    attachments: tuple[AttachmentRecord, ...] = ()

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing more happens to it without an operator or another event."""
        return self.state in {"settled", "parked", "cancelled"}


class ServiceApi:
    """Transfers of one tenant. Fetches its token from the mock's token endpoint and renews it once on 401."""

    def __init__(self, to: StackClients, names: TenantNames) -> None:
        self._to = to
        self._names = names
        self._token = ""
        self._good_until = 0.0

    def transfers(
        self, *, chat: str | None = None, known: Mapping[str, TransferRecord] | None = None
    ) -> list[TransferRecord]:
        """All transfers of this tenant with their attachments, oldest first; ``chat`` narrows to one.

        Transfers of ``known`` (by id) that have been at rest since then are not read again.
        """
        found: list[TransferRecord] = []
        cursor: str | None = None
        while True:
            page = self.send("GET", "/transfers", contact_id=chat, limit=100, cursor=cursor)
            found += [_unchanged(each, known or {}) or self.transfer(str(each["id"])) for each in page["transfers"]]
            cursor = page.get("next_cursor")
            if not cursor:
                return sorted(found, key=lambda each: each.created_at or "")

    def transfer(self, transfer_id: str) -> TransferRecord:
        """One transfer with its attachments. Raises RequestRefused."""
        return transfer_from(self.send("GET", f"/transfers/{transfer_id}"))

    def cancel(self, transfer_id: str) -> None:
        """End a transfer and shred its secrets. Raises RequestRefused, 409 when it has ended already."""
        self.send("POST", f"/transfers/{transfer_id}/cancel")

    def retry(self, transfer_id: str) -> TransferRecord:
        """Run a transfer again now, as an operator does. Raises RequestRefused: 409 says why it is impossible."""
        return transfer_from(self.send("POST", f"/transfers/{transfer_id}/retry"))

    def token(self, *, fresh: bool = False) -> str:
        """A bearer token for the tenant's OAuth client, cached until shortly before it expires."""
        if fresh or time.monotonic() > self._good_until:
            form = {"grant_type": "client_credentials", "scope": SCOPE}
            answer = self._to.orchestration.send(
                "POST",
                f"/{self._names.tenant_path}/oauth2/token",
                params={},
                data=form,
                auth=(self._names.client_id, self._names.client_secret),
            )
            self._token = str(answer["access_token"])
            self._good_until = time.monotonic() + float(answer.get("expires_in", 60)) - SLACK_S
        return self._token

    def send(self, method: str, path: str, /, **params: Any) -> Any:
        """One call with the tenant's token; returns the JSON answer. Raises RequestRefused, Unreachable.

        Raises WrongUse where the service is not ours.
        """
        if not self._to.service_is_visible:
            raise WrongUse("not visible: the service is not ours, so the lab knows no status API of it")
        try:
            return self._to.service.send(method, path, params=params, headers=self._bearer())
        except RequestRefused as exc:
            # The tenant's clock may have been moved, so a cached token has expired.
            if exc.status != 401:
                raise
            return self._to.service.send(method, path, params=params, headers=self._bearer(fresh=True))

    def _bearer(self, *, fresh: bool = False) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(fresh=fresh)}"}


def _unchanged(listed: Mapping[str, Any], known: Mapping[str, TransferRecord]) -> TransferRecord | None:
    record = known.get(str(listed["id"]))
    if record is None or not record.is_at_rest:
        return None
    now = (listed["state"], listed["updated_at"], listed["rounds"])
    return record if now == (record.state, record.updated_at, record.rounds) else None


def transfer_from(body: dict[str, Any]) -> TransferRecord:
    """The service's JSON as a record."""
    reason, remedy = _reason(body.get("reason"))
    return TransferRecord(
        id=str(body["id"]),
        chat=str(body["contact_id"]),
        state=str(body["state"]),
        outcome=body.get("outcome"),
        reason=reason,
        remedy=remedy,
        rounds=int(body.get("rounds") or 0),
        created_at=body.get("created_at"),
        updated_at=body.get("updated_at"),
        next_round_at=body.get("next_round_at"),
        activity_id=(body.get("activity") or {}).get("object_id"),
        attachments=tuple(_carried(each) for each in body.get("attachments") or []),
    )


def _carried(body: dict[str, Any]) -> AttachmentRecord:
    reason, remedy = _reason(body.get("reason"))
    return AttachmentRecord(
        source_id=_file_id(str(body["cmi_attachment_id"])),
        name=str(body["name"]),
        stored_name=body.get("stored_name"),
        state=str(body["state"]),
        reason=reason,
        remedy=remedy,
        object_id=body.get("c4c_object_id"),
        sha256=body.get("sha256"),
        size_bytes=body.get("size_bytes"),
        attempts=int(body.get("attempts") or 0),
    )


def _file_id(text: str) -> str:
    """The file's id at CMI; where CMI lists no ids, the service distinguishes files by address and name."""
    found = _IN_ADDRESS.match(text)
    return found["id"] if found else text


def _reason(value: Any) -> tuple[str | None, str | None]:
    """(reason, remedy) from ``{"code","message","remedy"}``, a sentence, or nothing."""
    if not value:
        return None, None
    if isinstance(value, dict):
        text = ": ".join(str(value[key]) for key in ("code", "message") if value.get(key))
        return text or None, value.get("remedy")
    return str(value), None
