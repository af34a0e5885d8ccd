"""Plays the chats of the demo's customers in a tenant, each to its state, then waits until the files have arrived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.demo import faults as demo_faults
from attachment_lab.demo.faults import DemoFault
from attachment_lab.demo.files import CustomerFile
from attachment_lab.demo.seeds.files import seed_files
from attachment_lab.demo.seeds.script import FaultKind, Line, ScriptedChat, scripted_chats
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.tenant.conversation import LabConversation, SentFile
from attachment_lab.tenant.credentials import TenantNames

SETTLE_TIMEOUT_S = 120.0
FAULTS: Mapping[FaultKind, DemoFault] = {
    "gone": demo_faults.GONE,
    "c4c-down": demo_faults.FAULTS["c4c-down"],
    "lost-answer": demo_faults.FAULTS["lost-answer"],
}


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What was loaded: guids of the chats in the order of customers.toml."""

    chats: tuple[str, ...]
    files: int

    def __str__(self) -> str:
        return f"{len(self.chats)} chats of the demo's customers with {self.files} files"


def load(
    to: StackClients,
    names: TenantNames,
    *,
    on_chat: Callable[[str], None] = lambda _: None,
) -> Loaded:
    """Play all chats in a tenant. Raises RequestRefused, Unreachable, NotSettled.

    Args:
        on_chat: called with a sentence after each chat, to show progress.
    """
    files = seed_files(default_directory())
    played = []
    for chat in scripted_chats():
        conversation = _play(to, names, chat, files)
        on_chat(f"{chat.person.name}: {chat.end}, {len(conversation.sent)} file(s)")
        played.append((chat, conversation))
    wait_until_settled(Reconciliation(to, names), timeout_s=SETTLE_TIMEOUT_S)
    for chat, conversation in played:
        if chat.end == "wrapped":
            conversation.wrap_up()
    return Loaded(
        chats=tuple(each.guid for _, each in played),
        files=sum(len(each.sent) for _, each in played),
    )


def default_directory() -> Path:
    """The user's cache folder for the files."""
    return platformdirs.user_cache_path("attachment-lab") / "seed-files"


def _play(
    to: StackClients, names: TenantNames, chat: ScriptedChat, files: Mapping[str, CustomerFile]
) -> LabConversation:
    person = chat.person
    conversation = LabConversation.open(
        to,
        names,
        channel_sub_type=person.channel,
        customer={"name": person.name, "email": person.email},
        language=person.language,
        agent=person.agent,
    )
    sent: dict[str, SentFile] = {}
    accepted = False
    for line in chat.lines:
        if not accepted and (line.by == "agent" or line is chat.lines[-1]) and chat.end != "waiting":
            conversation.accept()
            accepted = True
        _say(conversation, line, files, sent)
    if chat.end in {"ended", "wrapped"}:
        if chat.fault:
            file, kind = chat.fault
            demo_faults.plan(to, names.name, FAULTS[kind], sent[file], activity=conversation.activity)
        conversation.end()
    return conversation


def _say(
    conversation: LabConversation, line: Line, files: Mapping[str, CustomerFile], sent: dict[str, SentFile]
) -> None:
    if line.file:
        sent[line.file] = conversation.send(files[line.file], line.by)
    else:
        conversation.say(line.text, line.by)
