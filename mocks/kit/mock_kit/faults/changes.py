"""Faults that change the application's reply in place: its bytes, its packing, its status, its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from mock_kit.faults import Fault, FaultPlan
from mock_kit.faults.replies import BODYLESS, status_line
from mock_kit.http.packing import (
    PACKERS,
    TRAILING_BYTES,
    BufferedBody,
    Packer,
    packed,
    packed_in_members,
    packers_of,
    zeros,
)
from mock_kit.http.reply import WsgiReply

_MEMBERS = 2
_FILLER_BYTES = 4096
_DRIPS_PER_S = 10

#: Changes the reply; returns None, or why the fault had no effect.
Change = Callable[[WsgiReply, Fault, FaultPlan], str | None]


def _flip_byte(reply: WsgiReply, fault: Fault, plan: FaultPlan) -> str | None:
    """Change one byte of the body, Content-Length intact."""
    at, length = fault.params["offset"], reply.length
    if at < 0 and length is None:
        return "the reply declares no length to count from its end"
    at = at if at >= 0 else (length or 0) + at
    if at < 0 or (length is not None and at >= length):
        return f"the reply has only {length} bytes"
    reply.body = _flipped(reply.body, at, fault.params["xor"])
    return None


def _flipped(body: Iterator[bytes], at: int, xor: int) -> Iterator[bytes]:
    for piece in body:
        if 0 <= at < len(piece):
            yield piece[:at] + bytes((piece[at] ^ xor,)) + piece[at + 1 :]
        else:
            yield piece
        at -= len(piece)


def _truncate(reply: WsgiReply, fault: Fault, plan: FaultPlan) -> str | None:
    keep, length = fault.params["keep_bytes"], reply.length
    reply.body = _first(reply.body, keep)
    if fault.params["content_length"] == "fixed" and length is not None:
        reply.set_header("Content-Length", str(min(keep, length)))
    return None if length is None or keep < length else f"the reply has only {length} bytes"


def _first(body: Iterator[bytes], keep: int) -> Iterator[bytes]:
    for piece in body:
        yield piece[:keep]
        keep -= len(piece)
        if keep <= 0:
            return


def _extend(reply: WsgiReply, fault: Fault, plan: FaultPlan) -> str | None:
    """Zero bytes behind the body; a declared length grows with it."""
    extra = fault.params["extra_bytes"]
    if reply.length is not None:
        reply.set_header("Content-Length", str(reply.length + extra))
    reply.body = chain(reply.body, zeros(extra))
    return None if extra else "no byte was to be added"


def _wrong_type(reply: WsgiReply, fault: Fault, plan: FaultPlan) -> str | None:
    reply.set_header("Content-Type", fault.params["content_type"])
    return None


def _other_status(reply: WsgiReply, fault: Fault, plan: FaultPlan) -> str | None:
    """The real reply under another status, with or without its body."""
    code, drop = fault.params["status"], fault.params["body"] == "dropped"
    reply.status = status_line(code)
    if drop or code in BODYLESS:
        reply.finish()
        reply.body = iter(())
        reply.drop_header("Content-Type")
        reply.drop_header("Content-Length") if code in BODYLESS else reply.set_header("Content-Length", "0")
    for name, value in fault.params["headers"].items():
        reply.set_header(name, value)
    return None if drop or code not in BODYLESS else f"a reply of status {code} has no body: it was dropped"


def _packed(reply: WsgiReply, fault: Fault, plan: FaultPlan) -> str | None:
    """The body in a content coding, sound or damaged, whatever the caller said it accepts."""
    params = fault.params
    packers = packers_of(params["coding"] if params["packed_with"] == "label" else params["packed_with"])
    reply.set_header("Content-Encoding", params["coding"])
    why_not = _unpackable(params["damage"], packers)
    body, trailer = BufferedBody(_pieces(reply, fault, packers)), b""
    reply.close()
    stop = body.size_bytes
    if params["damage"] == "cut":
        stop = min(params["keep_bytes"], body.size_bytes)
        if stop == body.size_bytes:
            why_not = f"the packed reply has only {stop} bytes, and none was cut off"
    if params["damage"] == "trailing":
        trailer = TRAILING_BYTES
    reply.body, reply.close = chain(body.pieces(0, stop), [trailer]), body.close
    if params["content_length"] == "right":
        reply.set_header("Content-Length", str(stop + len(trailer)))
    else:
        reply.drop_header("Content-Length")
    return why_not


def _unpackable(damage: str, packers: list[Packer]) -> str | None:
    if damage == "bomb" and PACKERS["br"] in packers:
        return "br is written as stored blocks here: the body is large, but no bomb"
    if damage in {"bomb", "members"} and not packers:
        return "nothing packs the body, so it has neither members nor a ratio"
    return None


def _pieces(reply: WsgiReply, fault: Fault, packers: list[Packer]) -> Iterator[bytes]:
    damage = fault.params["damage"]
    if damage == "bomb" and packers:
        reply.finish()
        return packed(zeros(fault.params["unpacked_bytes"]), packers)
    if damage == "members" and packers:
        return packed_in_members(reply.body, packers, _MEMBERS)
    return packed(reply.body, packers)


def _endless(reply: WsgiReply, fault: Fault, plan: FaultPlan) -> str | None:
    """The body without its last byte, then blanks that do not end: JSON and XML stay open for ever."""
    reply.drop_header("Content-Length")
    reply.body = _never_ending(reply.body, fault, plan)
    return None


def _never_ending(body: Iterator[bytes], fault: Fault, plan: FaultPlan) -> Iterator[bytes]:
    kept = b""
    for piece in body:
        whole = kept + piece
        kept = whole[-1:]
        yield whole[:-1]
    rate, left = fault.params["bytes_per_s"], fault.params["limit_bytes"]
    size = min(_FILLER_BYTES, max(1, int(rate / _DRIPS_PER_S)))
    while left > 0:
        yield b" " * min(size, left)
        left -= size
        if plan.wait(fault, size / rate):
            break
    yield kept


CHANGES: dict[str, Change] = {
    "flip_byte": _flip_byte,
    "truncate_body": _truncate,
    "extend_body": _extend,
    "wrong_type": _wrong_type,
    "other_status": _other_status,
    "packed": _packed,
    "endless": _endless,
}
