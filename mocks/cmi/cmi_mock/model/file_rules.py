"""Which files and texts a chat takes, and in what form they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NoReturn

from cmi_mock.model.channels import channel, kind_of
from cmi_mock.model.chat import ORIGINATORS, Chat, Delivery, Originator
from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import Invalid


@dataclass(frozen=True, kw_only=True)
class FileRules:
    """A tenant's rules; their values are dialect entries.

    Attributes:
        outgoing_limit_bytes: "Max. Attachment File Size (MB)" in bytes; 0 = none.
        outgoing_types: "Allowed File Types", lower-case extensions; empty = all.
        channel_limits: whether the channels' own limits apply to files and texts.
        eu_links: which direction the European rule of December 2020 turns into links.
        web_chat_files: whether the web chat takes files.
    """

    outgoing_limit_bytes: int = 0
    outgoing_types: frozenset[str] = frozenset()
    channel_limits: bool = False
    eu_links: Literal["off", "outgoing", "both"] = "off"
    web_chat_files: bool = True

    def check_attachment(self, chat: Chat, originator_type: str) -> None:
        """Checks, before its bytes are read, that a file is accepted at all.

        Raises Invalid for direct chats ("Direct chats don't support attachments", configuration page of
        chat attachment upload) and for channels of text only (Chats page); both documented.
        """
        if originator_type not in ORIGINATORS:
            _refuse(f"{originator_type!r} is no originator", "originator_type", "customer, agent or system")
        if chat.direct:
            _refuse("direct chats do not support attachments", "direct", "a chat that came through a queue")
        carrier = channel(chat.channel_sub_type)
        if not carrier.files or (carrier.name == "web" and not self.web_chat_files):
            _refuse(
                f"{chat.channel_sub_type} carries text only", "channel_sub_type", "whatsapp or another such channel"
            )

    def delivery(self, chat: Chat, originator_type: Originator, name: str, content_type: str, size: int) -> Delivery:
        """Whether a file of ``size`` bytes arrives as a file or as a link. Raises Invalid."""
        outgoing, kind = originator_type == "agent", kind_of(content_type)
        carrier = channel(chat.channel_sub_type)
        if outgoing:
            self._check_outgoing(name, size)
        limit = carrier.max_bytes.get(kind, 0) if self.channel_limits else 0
        if 0 < limit < size:
            _refuse(f"{carrier.name} carries no {kind} of {size} bytes", "size", f"at most {limit} bytes")
        if self.channel_limits and outgoing and carrier.native and kind not in carrier.native:
            return "link"
        ruled = carrier.eu_rule and (self.eu_links == "both" or (self.eu_links == "outgoing" and outgoing))
        return "link" if ruled and kind != "image" else "file"

    def check_text(self, chat: Chat, text: str) -> None:
        """Raises Invalid for a text that is too long for its channel."""
        most = channel(chat.channel_sub_type).max_characters
        if self.channel_limits and 0 < most < len(text):
            expected = f"at most {most} characters"
            _refuse(f"{chat.channel_sub_type} carries no text of {len(text)} characters", "message", expected)

    def _check_outgoing(self, name: str, size_bytes: int) -> None:
        """The tenant's limits apply to outgoing files only.

        Source: Chat Settings page ("Max. Attachment File Size (MB)", "Allowed File Types");
        evidence: documented. Their values are the tenant's own (dialect entries).
        """
        most = self.outgoing_limit_bytes
        if 0 < most < size_bytes:
            _refuse(f"an outgoing file of {size_bytes} bytes is too large", "size", f"at most {most} bytes")
        ending = name.rpartition(".")[2].lower()
        if self.outgoing_types and ending not in self.outgoing_types:
            allowed = ", ".join(sorted(self.outgoing_types))
            _refuse(f"outgoing files of type {ending!r} are not allowed", "name", allowed)


_REMEDIES = {
    "originator_type": "name who sends the file",
    "direct": 'create the chat with "direct": false and a queue',
    "channel_sub_type": "create the chat on another channel",
    "size": "send a smaller file, or change the dialect's outgoing_max_mb or channel_limits",
    "name": "send another type, or extend the dialect's outgoing_allowed_types",
    "message": "send it in parts, or switch the dialect's channel_limits off",
}


def _refuse(message: str, field: str, expected: str) -> NoReturn:
    raise Invalid(message, FieldError(field, expected, _REMEDIES[field]))
