"""E-mails: one conversation each, so group id and conversation id are the same.

Source: CMI API description, ``/emails`` (cut after ``statusDetails``); CMI user rights. Evidence: documented as
far as the cut; what lies beyond it is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from cmi_mock.model.chat import Agent, Queue
from cmi_mock.model.ids import is_id, normal_id
from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import Conflict, Invalid, MissingItem
from mock_kit.tenants.clock import Clock
from mock_kit.tenants.ids import Ids


class EmailStatus(Enum):
    """Life of an e-mail; Handled and Deleted are the documented ``statusDetails``."""

    QUEUED = "Queued"
    HANDLED = "Handled"
    DELETED = "Deleted"


@dataclass(frozen=True, kw_only=True)
class NewEmail:
    """An e-mail to be added; an empty ``id``: a new one is generated."""

    queue: Queue | None
    sender: str
    recipients: tuple[str, ...]
    copies: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    incoming: bool = True
    language: str = "EN"
    case_id: str = ""
    cid: str = ""
    attached_data: Mapping[str, Any] = field(default_factory=dict)
    agent: Agent | None = None
    id: str = ""


@dataclass
class Email:
    """One e-mail.

    Attributes:
        id: 32 upper-case hex; conversation id and group id in one.
        content: as it came.
    """

    id: str
    created: datetime
    content: NewEmail
    status: EmailStatus = EmailStatus.QUEUED
    finished: datetime | None = None


@dataclass
class EmailStore:
    """All e-mails of one tenant. Not locked: the caller has the tenant's lock."""

    clock: Clock
    ids: Ids
    _emails: dict[str, Email] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Email]:
        """Oldest first."""
        return iter(self._emails.values())

    def load(self, emails: Iterable[Email]) -> None:
        """Replace all e-mails by those of a snapshot."""
        self._emails = {mail.id: mail for mail in emails}

    def get(self, mail_id: str) -> Email:
        """The e-mail of this id, in any spelling. Raises MissingItem."""
        try:
            return self._emails[normal_id(mail_id)]
        except KeyError:
            raise MissingItem(f"no e-mail has the id {mail_id}") from None

    def add(self, new: NewEmail) -> Email:
        """An e-mail arrives in its queue. Raises Invalid for an id that is malformed or taken."""
        mail_id = normal_id(new.id) if new.id else self.ids.hex32("mail")
        if not is_id(mail_id) or mail_id in self._emails:
            raise Invalid("id does not fit", FieldError("id", "32 unused hex digits", "leave it out"))
        self._emails[mail_id] = mail = Email(mail_id, self.clock.now(), new)
        return mail

    def finish(self, mail_id: str, status: EmailStatus) -> Email:
        """An agent has handled or deleted it. Raises MissingItem, Conflict."""
        mail = self.get(mail_id)
        if mail.status is not EmailStatus.QUEUED:
            raise Conflict(f"the e-mail is {mail.status.value} already")
        mail.status, mail.finished = status, self.clock.now()
        return mail
