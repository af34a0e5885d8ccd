"""What clients write about conversations: results as attached data, and remarks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cmi_mock.model.contacts import CmiContact
from cmi_mock.model.emails import Email
from cmi_mock.model.ids import normal_id
from mock_kit.http.refusals import Conflict, MissingItem
from mock_kit.tenants.clock import Clock
from mock_kit.tenants.ids import Ids

#: A valid XML element name without colon: a letter or an underscore, then letters, digits, ``_``, ``-``, ``.``.
_XML_NAME = re.compile(r"[^\W\d][\w.-]*")


@dataclass(frozen=True)
class ContactData:
    """One write of results to a conversation.

    Attributes:
        contact_id: conversation id.
        created_by: user name.
    """

    id: str
    contact_id: str
    group_id: str
    created: datetime
    created_by: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Remark:
    """A note to a conversation; a later one replaces it under the same id."""

    id: str
    contact_id: str
    text: str
    changed: datetime


@dataclass
class ContactRecords:
    """All results and remarks of one tenant. Not locked: the caller has the tenant's lock."""

    clock: Clock
    ids: Ids
    _data: dict[str, ContactData] = field(default_factory=dict)
    _remarks: dict[str, Remark] = field(default_factory=dict)

    def __iter__(self) -> Iterator[ContactData]:
        """Results, oldest first."""
        return iter(self._data.values())

    def all_remarks(self) -> list[Remark]:
        """Remarks of every conversation, oldest first."""
        return list(self._remarks.values())

    def load(self, data: Iterable[ContactData], remarks: Iterable[Remark]) -> None:
        """Replace all results and remarks by those of a snapshot."""
        self._data = {each.id: each for each in data}
        self._remarks = {each.id: each for each in remarks}

    def get(self, data_id: str) -> ContactData:
        """Raises MissingItem."""
        try:
            return self._data[normal_id(data_id)]
        except KeyError:
            raise MissingItem(f"no contact data has the id {data_id}") from None

    def write(self, conversation: CmiContact, user: str, data: Mapping[str, Any]) -> ContactData:
        """Write a result back. Raises Conflict for an e-mail, a conversation under way, or a key that is no XML name.

        Source: CMI user rights page, row ``/contactData`` ("only for conversations in wrap-up or handled;
        email not supported"); best practices, Attached data (keys are XML element names); evidence: documented.
        """
        if isinstance(conversation.source, Email):
            raise Conflict("contact data is not supported for e-mails")
        if not conversation.takes_data:
            raise Conflict(f"the conversation is {conversation.status}: neither in wrap-up nor handled")
        if bad := [key for key in data if not _XML_NAME.fullmatch(key)]:
            raise Conflict(f"the key {bad[0]!r} is no XML element name: no blank, no digit or punctuation first")
        data_id = self.ids.hex32("contact-data")
        written = ContactData(data_id, conversation.id, conversation.group_id, self.clock.now(), user, dict(data))
        self._data[data_id] = written
        return written

    def attached_to(self, conversation: CmiContact, listed: Collection[str]) -> dict[str, Any]:
        """All results of a conversation that are still there, in one; later ones win. ``listed``: see ``kept``."""
        merged: dict[str, Any] = {}
        for written in self:
            if written.contact_id == conversation.id:
                merged.update(written.data)
        return _surviving(merged, conversation, listed)

    def kept(self, written: ContactData, conversation: CmiContact, listed: Collection[str]) -> ContactData | None:
        """What is left of a result; None = nothing.

        ``listed`` is the setting *Extra Data Included in Statistics*: once the agent has ended the conversation, only
        those keys are left. Source: best practices, Managing attached data; evidence: documented.
        """
        data = _surviving(written.data, conversation, listed)
        return replace(written, data=data) if data else None

    def remark(self, conversation: CmiContact, text: str) -> Remark:
        """Add a remark."""
        return self._put_remark(self.ids.hex32("remark"), conversation, text)

    def replace_remark(self, conversation: CmiContact, text: str, remark_id: str = "") -> Remark:
        """Replace a remark, by default the newest one. Raises MissingItem."""
        mine = [one.id for one in self.remarks_of(conversation)]
        wanted = normal_id(remark_id) if remark_id else (mine[-1] if mine else "")
        if wanted not in mine:
            raise MissingItem(f"the conversation has no such remark: {remark_id or 'none at all'}")
        return self._put_remark(wanted, conversation, text)

    def remarks_of(self, conversation: CmiContact) -> list[Remark]:
        """Oldest first."""
        return [one for one in self._remarks.values() if one.contact_id == conversation.id]

    def _put_remark(self, remark_id: str, conversation: CmiContact, text: str) -> Remark:
        self._remarks[remark_id] = remark = Remark(remark_id, conversation.id, text, self.clock.now())
        return remark


def _surviving(data: Mapping[str, Any], conversation: CmiContact, listed: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if not conversation.is_over or key in listed}
