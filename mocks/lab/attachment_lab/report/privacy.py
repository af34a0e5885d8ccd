"""Replaces file names and customers in a report by numbers, in violations too. Pure."""

from __future__ import annotations

from dataclasses import replace

from attachment_lab.report.model import ChatPart, FileRow, InvariantRow, RunReport


def without_names(report: RunReport) -> RunReport:
    """The same report without names; digests stay, because they are what is compared."""
    aliases = _aliases(report)
    customers = {name: f"Customer {number}" for number, name in enumerate(_unique(report), 1)}
    return replace(
        report,
        chats=tuple(_chat(each, aliases, customers) for each in report.chats),
        invariants=tuple(_invariant(each, aliases) for each in report.invariants),
    )


def _unique(report: RunReport) -> list[str]:
    return list(dict.fromkeys(each.customer for each in report.chats))


def _aliases(report: RunReport) -> dict[str, str]:
    """Name → alias, longest names first, so that a name within another one is not replaced there."""
    names = dict.fromkeys(each.name for each in report.files)
    numbered = {name: f"file {number}{_extension(name)}" for number, name in enumerate(names, 1)}
    return dict(sorted(numbered.items(), key=lambda pair: -len(pair[0])))


def _extension(name: str) -> str:
    extension = name.rpartition(".")[2] if "." in name else ""
    return f".{extension.lower()}" if extension.isascii() and extension.isalnum() and len(extension) <= 4 else ""


def _chat(chat: ChatPart, aliases: dict[str, str], customers: dict[str, str]) -> ChatPart:
    return replace(chat, customer=customers[chat.customer], files=tuple(_file(each, aliases) for each in chat.files))


def _file(file: FileRow, aliases: dict[str, str]) -> FileRow:
    return replace(
        file,
        name=aliases[file.name],
        reason=_hidden(file.reason, aliases),
        remedy=_hidden(file.remedy, aliases),
    )


def _invariant(invariant: InvariantRow, aliases: dict[str, str]) -> InvariantRow:
    return replace(invariant, violations=tuple(_hidden(each, aliases) for each in invariant.violations))


def _hidden(text: str, aliases: dict[str, str]) -> str:
    for name, alias in aliases.items():
        text = text.replace(name, alias)
    return text
