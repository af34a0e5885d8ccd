"""Observations from C4C's answers to the writes in the test activity."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from decimal import Decimal

from attachment_lab.probe.exchange import ExchangeLog, ProbeExchange
from attachment_lab.probe.readings.observations import Observation, accepted, holds, status_of
from attachment_lab.probe.requests.writes import CONTENT, PRODUCT_IMAGE, PROGRAM_TYPE, STANDARD

_COMPLETED = "3"
_REFUSALS = (400, 403, 405, 415, 422)


def first_write(log: ExchangeLog) -> Iterator[Observation]:
    """The plain create: token, completed chats, echo."""
    plain = log.get("c4c.write.plain")
    created = _first_created(log)
    if plain is None:
        return
    asked = plain.status == 403 and plain.headers.get("x-csrf-token", "").lower() == "required"
    if plain.ok or asked:
        yield Observation(id="c4c.csrf_for_technical_users", value=asked, seen_in=(plain.label,))
    yield from _completed(log, created or plain)
    if created is not None:
        yield from _echo(created)
        yield from _visible(log, created)
        yield from _title(log, created)


def _first_created(log: ExchangeLog) -> ProbeExchange | None:
    return log.good("c4c.write.plain") or log.good("c4c.write.with_token")


def _completed(log: ExchangeLog, first: ProbeExchange) -> Iterator[Observation]:
    activity = log.good("c4c.test_activity")
    completed = activity is not None and activity.entity.get("LifeCycleStatusCode") == _COMPLETED
    if activity is not None and completed and (first.ok or first.status == 400):
        detail = "" if first.ok else "refused, and the chat is completed: check the reason in the evidence"
        yield Observation(
            id="c4c.attach_to_completed", value=first.ok, seen_in=(activity.label, first.label), detail=detail
        )


def _echo(created: ProbeExchange) -> Iterator[Observation]:
    echoed = created.entity.get("Binary") == base64.b64encode(CONTENT).decode()
    yield holds("c4c.binary-echo", echoed, created)
    size = created.entity.get("SizeInkB")
    if size:
        in_bytes = Decimal(str(size)) == len(CONTENT)
        yield holds("c4c.size-is-bytes", in_bytes, created, detail=f"{len(CONTENT)} bytes were sent")
        yield Observation(id="service.c4c.size_field_holds_bytes", value=in_bytes, seen_in=(created.label,))
    yield Observation(id="service.c4c.attachment_type_code", value=STANDARD, seen_in=(created.label,))
    yield Observation(id="service.c4c.attachment_category_code", value="2", seen_in=(created.label,))


def _visible(log: ExchangeLog, created: ProbeExchange) -> Iterator[Observation]:
    """Seconds from the answer until a list has the file; 0 when the first list did."""
    lists = [each for each in log if each.label.startswith("c4c.write.visible.")]
    shown = lists[-1] if lists and created.created_id in {row.get("ObjectID") for row in lists[-1].rows} else None
    if shown is not None:
        waited_s = (shown.at - created.at).total_seconds() - created.took_s if len(lists) > 1 else 0.0
        yield Observation(
            id="c4c.commit_delay_s",
            value=round(waited_s, 1),
            seen_in=(created.label, shown.label),
            detail="one observation is no bound",
        )


def _title(log: ExchangeLog, created: ProbeExchange) -> Iterator[Observation]:
    """Title was sent if $metadata says creatable; if it can be read back, it can carry the key."""
    if b'"Title"' not in created.sent:
        return
    rows = [row for each in log if each.label.startswith("c4c.write.visible.") for row in each.rows]
    mine = [row for row in rows if row.get("ObjectID") == created.created_id]
    if mine:
        has_title = bool(mine[0].get("Title"))
        yield Observation(id="c4c.attachment_title_creatable", value=True, seen_in=(created.label,))
        yield Observation(id="service.c4c.key_field", value="Title" if has_title else "Name", seen_in=(created.label,))


def variants(log: ExchangeLog) -> Iterator[Observation]:
    """One change each to the plain create, which was accepted."""
    if _first_created(log) is None:
        return
    strict = log.good("c4c.write.strict")
    if strict is not None and strict.json() is not None:
        follows = "__metadata" in strict.json().get("d", {})
        yield Observation(id="c4c.post_follows_strict_header", value=follows, seen_in=(strict.label,))
    silent = log.good("c4c.write.no_payload")
    if silent is not None:
        empty = not silent.body and bool(silent.headers.get("location"))
        yield holds("c4c.no-payload", empty, silent)
    for label, id_ in (
        ("c4c.write.no_category", "c4c.attachment_category_mandatory"),
        ("c4c.write.without_type", "c4c.attachment_type_code_required"),
    ):
        without = log.get(label)
        if without is not None and (without.ok or without.status in _REFUSALS):
            yield Observation(id=id_, value=not without.ok, seen_in=(without.label,))
    yield from accepted(log, "c4c.write.no_binary", "c4c.document_without_binary", refused=_REFUSALS)
    yield from accepted(log, "c4c.write.empty", "c4c.empty_binary", refused=_REFUSALS)
    yield from accepted(log, "c4c.write.white_space", "c4c.base64_white_space", refused=_REFUSALS)
    yield from accepted(log, "c4c.write.title", "c4c.attachment_title_creatable", refused=_REFUSALS)
    yield from accepted(log, "c4c.write.flat", "c4c.parent_object_id_creatable", refused=_REFUSALS)
    yield from _type_codes(log)
    yield from _program(log)


def _type_codes(log: ExchangeLog) -> Iterator[Observation]:
    odd, image = log.get("c4c.write.no_type"), log.get("c4c.write.product_image")
    if odd is None or image is None or odd.status not in {201, *_REFUSALS}:
        return
    codes = [] if odd.ok else [STANDARD, *([PRODUCT_IMAGE] if image.ok else [])]
    detail = "any code is accepted" if odd.ok else "of the codes tried; there may be more"
    yield Observation(id="c4c.attachment_type_codes", value=codes, seen_in=(odd.label, image.label), detail=detail)


def _program(log: ExchangeLog) -> Iterator[Observation]:
    program = log.get("c4c.write.program")
    if program is None:
        return
    if program.status in {400, 415}:
        yield Observation(id="c4c.mime_refused_status", value=program.status, seen_in=(program.label,))
        yield Observation(
            id="c4c.mime_deny_list", value=[PROGRAM_TYPE], seen_in=(program.label,), detail="the one type tried"
        )
    elif program.ok:
        yield Observation(
            id="c4c.mime_deny_list", value=[], seen_in=(program.label,), detail=f"{PROGRAM_TYPE} is accepted"
        )


def changes(log: ExchangeLog) -> Iterator[Observation]:
    """Renaming and deleting what the run created; a second writer; a batch."""
    yield from status_of(log, "c4c.write.rename", "c4c.attachment_update_status", (400, 405, 501))
    yield from status_of(log, "c4c.write.delete.0", "c4c.delete_status", (200, 204))
    # Either of the two requests may arrive second.
    writers = [each for each in log if ".first_writer" in each.label or ".second_writer" in each.label]
    locked = next((each for each in writers if not each.ok and "locked" in each.error_text.lower()), None)
    if locked is not None:
        yield holds("c4c.lock", True, locked)
        yield from status_of(log, locked.label, "c4c.lock_status", (400, 423, 500))
        yield Observation(id="service.c4c.lock_pattern", value=r"(?i)\blocked\b", seen_in=(locked.label,))


def batches(log: ExchangeLog) -> Iterator[Observation]:
    """The envelope's status, and what its two parts got."""
    batch = log.good("c4c.batch")
    if batch is None:
        return
    parts = batch.body.split(b"HTTP/1.1 ")[1:]
    yield holds("c4c.batch", len(parts) == 2, batch)
    if batch.status in {200, 202}:
        yield Observation(id="c4c.batch_status", value=batch.status, seen_in=(batch.label,))
    if len(parts) == 2 and parts[0].startswith(b"200"):
        strict = b'"results"' not in parts[0]
        yield Observation(id="c4c.batch_inherits_strict_header", value=strict, seen_in=(batch.label,))
    if len(parts) == 2 and parts[1][:3] in {b"200", b"400", b"501"}:
        yield Observation(id="c4c.search_in_batch", value=parts[1].startswith(b"200"), seen_in=(batch.label,))


#: Applied before the rules on reads: a create shows more than an annotation.
WRITES = (first_write, variants, changes, batches)
