"""Observations from CMI's answers. Pure; a missing answer gives no observation."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from attachment_lab.probe.chat_shapes import attachments_in, leg_ids, messages_in
from attachment_lab.probe.exchange import ExchangeLog, ProbeExchange
from attachment_lab.probe.readings.observations import NO_VALUE, Observation, holds, status_of

RICH_CONTENT = "/sms/richcontent"
_BY_ID, _BY_GROUP = "chats/{contact_id}", "chats?groupId={contact_id}"
_MESSAGES = "chatMessages?contactId={contact_id}"
#: The order of the service's requests for each shape. The service does not read shape C.
ROUTES = {"A": [_BY_ID, _BY_GROUP], "B": [_BY_GROUP], "C": [_BY_ID, _BY_GROUP], "D": [_MESSAGES]}
_REGION = re.compile(r"\b(eu-c1|na-w2|au-s2)\b")


def _document(log: ExchangeLog, label: str) -> Any:
    answer = log.good(label)
    return answer.json() if answer is not None else None


def shape(log: ExchangeLog) -> Iterator[Observation]:
    """Which of the four documents has the attachments."""
    labels = ("cmi.chat", "cmi.list", "cmi.messages")
    chat, listed, messages = (_document(log, label) for label in labels)
    answered = [answer for label in labels if (answer := log.get(label)) is not None]
    found = _shape(chat, listed, messages)
    if found is None:
        if any(answer.ok and answer.json() for answer in answered):
            yield _unknown_shape(answered, (chat, listed, messages))
        return
    letter, label = found
    yield Observation(id="cmi.dialect.chat_shape", value=letter, seen_in=(label,))
    detail = "shape C (inline content) is not carried by the service" if letter == "C" else ""
    yield Observation(id="service.cmi.chat_routes", value=ROUTES[letter], seen_in=(label,), detail=detail)
    if letter == "D":
        yield Observation(id="service.cmi.message_routes", value=[_MESSAGES], seen_in=(label,))


def _shape(chat: Any, listed: Any, messages: Any) -> tuple[str, str] | None:
    """The letter, and the exchange that shows it; a document without attachments shows nothing."""
    for document, letter, label in (
        (chat, "A", "cmi.chat"),
        (listed, "B", "cmi.list"),
        (messages, "D", "cmi.messages"),
    ):
        files = attachments_in(document)
        if letter == "B" and leg_ids(document) == []:
            continue
        if files and all(item.get("url") for item in files):
            return letter, label
        if files and letter == "A" and all("content" in item for item in files):
            return "C", label
    return None


def _unknown_shape(answered: list[ProbeExchange], documents: tuple[Any, ...]) -> Observation:
    known = any(messages_in(document) for document in documents)
    detail = (
        "messages, but no attachment among them: name a contact that has some"
        if known
        else "CMI answers, but in none of the shapes A to D: see the evidence, which has the members' names"
    )
    value = None if known else NO_VALUE
    return Observation(
        id="cmi.dialect.chat_shape", value=value, seen_in=tuple(a.label for a in answered), detail=detail
    )


def attachments(log: ExchangeLog) -> Iterator[Observation]:
    """What an attachment's entry holds."""
    for label in ("cmi.chat", "cmi.list", "cmi.messages"):
        files = attachments_in(_document(log, label))
        if not files:
            continue
        sized = all(type(item.get("size")) is int for item in files)
        yield Observation(id="cmi.dialect.attachment_size_listed", value=sized, seen_in=(label,))
        typed = all(isinstance(item.get("content_type"), str) for item in files)
        yield Observation(id="cmi.dialect.attachment_type_listed", value=typed, seen_in=(label,))
        named = all(isinstance(item.get("id"), str) for item in files)
        yield Observation(id="cmi.dialect.attachment_id_listed", value=named, seen_in=(label,))
        url = str(files[0].get("url") or "")
        if url:
            form = "rich_content" if RICH_CONTENT in url else ("absolute" if "://" in url else "relative")
            if label != "cmi.messages":
                yield Observation(id="cmi.dialect.attachment_url", value=form, seen_in=(label,))
            if form == "rich_content":
                yield from _link_base(log, label, url)
        return


def _link_base(log: ExchangeLog, label: str, url: str) -> Iterator[Observation]:
    """The base of public links, with what differs from tenant to tenant put back as placeholders."""
    own = urlsplit(next(each.url for each in log if each.system == "cmi"))
    tenant = own.path.strip("/").split("/")[0]
    base = url.partition(RICH_CONTENT)[0] + RICH_CONTENT
    region = _REGION.search(urlsplit(base).netloc)
    base = base.replace(f"//{own.netloc}/", "//{host}/").replace(f"/{tenant}/", "/{tenant}/")
    if region is not None:
        base = base.replace(region[1], "{region}")
        yield Observation(id="cmi.dialect.region", value=region[1], seen_in=(label,))
    yield Observation(id="cmi.dialect.rich_content_base", value=base, seen_in=(label,))


def legs(log: ExchangeLog) -> Iterator[Observation]:
    """What ids address, and the content of a leg's document."""
    chat, listed = _document(log, "cmi.chat"), _document(log, "cmi.list")
    leg = log.get("cmi.leg")
    if leg is not None and chat and leg.status in {200, 404}:
        found = bool(leg.ok and leg.json())
        value = "guid_or_leg" if found else "guid"
        yield Observation(id="cmi.dialect.chat_id_is", value=value, seen_in=(leg.label,))
    if isinstance(listed, list) and listed:
        whole = all(isinstance(one, dict) and "messages" in one for one in listed)
        if chat and isinstance(chat, dict):
            yield Observation(id="cmi.dialect.lists_hold_messages", value=whole, seen_in=("cmi.list",))
        elif whole and len(listed) > 1:
            yield from _cumulative(listed)
    listing = log.good("cmi.list")
    if listing is not None:
        yield holds("cmi.lists.bare_array", isinstance(listed, list), listing)
    spelling = log.get("cmi.spelling")
    if spelling is not None and chat:
        yield holds("cmi.ids.any_spelling", bool(spelling.ok and spelling.json()), spelling)


def _cumulative(listed: list[Any]) -> Iterator[Observation]:
    """Whether a later leg repeats an earlier one's messages."""
    by_leg = [{str(one.get("id")) for one in messages_in(leg)} for leg in listed]
    earlier = [ids for ids in by_leg if ids]
    if len(earlier) > 1:
        overlap = any(first & second for first, second in itertools.pairwise(earlier))
        value = "cumulative" if overlap else "own"
        yield Observation(id="cmi.dialect.leg_messages", value=value, seen_in=("cmi.list",))


def limits(log: ExchangeLog) -> Iterator[Observation]:
    """A list that is longer with ``limit`` than without."""
    plain, more = _document(log, "cmi.messages"), _document(log, "cmi.messages.limit")
    if isinstance(plain, list) and isinstance(more, list) and len(more) > len(plain):
        seen_in = ("cmi.messages", "cmi.messages.limit")
        yield Observation(id="cmi.dialect.default_limit", value=len(plain), seen_in=seen_in)


def absence(log: ExchangeLog) -> Iterator[Observation]:
    """An unassigned id."""
    unknown = log.get("cmi.unknown")
    if unknown is None:
        return
    if unknown.status == 404:
        yield Observation(id="cmi.dialect.unknown_chat", value="404", seen_in=(unknown.label,))
        form = "json_message" if _is_json_message(unknown) else "text"
        yield Observation(id="cmi.dialect.error_body", value=form, seen_in=(unknown.label,))
    elif unknown.ok and unknown.json() == []:
        yield Observation(id="cmi.dialect.unknown_chat", value="empty_200", seen_in=(unknown.label,))
        yield Observation(id="service.cmi.empty_list_means_unknown", value=True, seen_in=(unknown.label,))


def _is_json_message(answer: ProbeExchange) -> bool:
    document = answer.json()
    return isinstance(document, dict) and "message" in document


def representations(log: ExchangeLog) -> Iterator[Observation]:
    """The document in XML."""
    xml = log.get("cmi.xml")
    if xml is None:
        return
    if xml.status == 406:
        yield Observation(id="cmi.dialect.xml_form", value="none", seen_in=(xml.label,))
    elif xml.ok:
        try:
            root = fromstring(xml.body)
        except (ParseError, DefusedXmlException, ValueError):
            return
        form = "attributes" if any(node.attrib for node in root.iter()) else "elements"
        yield Observation(id="cmi.dialect.xml_form", value=form, seen_in=(xml.label,))


def access(log: ExchangeLog) -> Iterator[Observation]:
    """The credentials that a call needs: each request leaves one part out."""
    anonymous, no_key, no_user = (log.get(f"cmi.{name}") for name in ("anonymous", "no_key", "no_user"))
    if anonymous is None or no_key is None or no_user is None:
        return
    seen_in = (anonymous.label, no_key.label, no_user.label)
    mode = "none" if _accepted(anonymous) else "basic" if _accepted(no_key) else "key_and_basic"
    detail = f"nothing: {anonymous.status}; password alone: {no_key.status}; key alone: {no_user.status}"
    yield Observation(id="cmi.dialect.auth_mode", value=mode, seen_in=seen_in, detail=detail)
    needs_both = not _accepted(no_key) and not _accepted(no_user)
    yield Observation(id="cmi.auth.key_and_basic", value=needs_both, seen_in=seen_in, detail=detail)
    wrong = log.get("cmi.wrong_key")
    if wrong is not None and mode == "key_and_basic":
        is_forbidden = wrong.status == 403 and wrong.json() == {"message": "Forbidden"}
        yield holds("cmi.auth.forbidden_body", is_forbidden, wrong, detail=f"a wrong key is answered {wrong.status}")


def _accepted(answer: ProbeExchange) -> bool:
    return answer.status not in {401, 403}


def downloads(log: ExchangeLog) -> Iterator[Observation]:
    """A file's answer."""
    whole, part = log.good("cmi.download"), log.get("cmi.download.range")
    if whole is not None:
        known = whole.headers.get("content-length", "").isdigit()
        yield Observation(id="cmi.dialect.length_known", value=known, seen_in=(whole.label,))
        raw = "attachment" in whole.headers.get("content-disposition", "") and bool(whole.media_type)
        yield holds("cmi.download.raw_bytes", raw, whole, detail="Content-Type and Content-Disposition are there")
        if RICH_CONTENT in whole.url:
            yield holds("cmi.rich_content.public", True, whole)
    if part is not None and part.status in {200, 206}:
        yield Observation(id="cmi.dialect.ranges", value=part.status == 206, seen_in=(part.label,))
    yield from status_of(log, "cmi.gone", "cmi.dialect.rich_content_gone_status", (403, 404, 410))


def originators(log: ExchangeLog) -> Iterator[Observation]:
    """The originator types of messages with files."""
    for label in ("cmi.chat", "cmi.list", "cmi.messages"):
        named = {str(m.get("originator_type")) for m in messages_in(_document(log, label)) if m.get("attachments")}
        if named and not named <= {"customer", "agent"}:
            words = sorted(named | {"customer", "agent"})
            yield Observation(id="service.cmi.originators", value=words, seen_in=(label,), detail="words in this chat")
            return


def passwords(log: ExchangeLog) -> Iterator[Observation]:
    """One wrong password, then the right one."""
    wrong, after = log.get("cmi.wrong_password"), log.get("cmi.after_wrong_password")
    if wrong is None:
        return
    yield holds("cmi.auth.bad_password", wrong.status == 401, wrong, detail=f"answered {wrong.status}")
    if after is not None and after.status in {401, 403}:
        yield Observation(id="cmi.dialect.lock_after_failures", value=1, seen_in=(wrong.label, after.label))


READS = (
    shape,
    attachments,
    legs,
    limits,
    absence,
    representations,
    access,
    downloads,
    originators,
    passwords,
)
