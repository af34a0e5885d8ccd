"""The kit's fault kinds as forms: title, sentence, and one field per parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mock_kit.faults.kinds import KINDS


@dataclass(frozen=True)
class Field:
    """One parameter.

    Attributes:
        input: whole and number are numbers, headers is one ``Name: value`` per line.
        default: the form's initial value.
        least, most: bounds of a number; None = none.
    """

    name: str
    label: str
    input: Literal["whole", "number", "text", "lines", "headers", "choice"]
    default: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class KindForm:
    """One kind of fault."""

    title: str
    says: str
    fields: tuple[Field, ...] = ()


def _whole(name: str, label: str, default: str, **more: Any) -> Field:
    return Field(name, label, "whole", default, **more)


def _choice(name: str, label: str, *choices: str, default: str = "", hint: str = "") -> Field:
    """The first choice is the form's initial value unless ``default`` names another."""
    return Field(name, label, "choice", default or choices[0], choices=choices, hint=hint)


_OFFSET = _whole("offset", "Which byte", "0", hint="From 0; −1 is the last one.")
_XOR = _whole("xor", "Changed by XOR with", "1", least=1, most=255)
_AFTER = _whole("after_bytes", "After so many bytes", "1000", least=0)
_DISGUISE = (
    _choice(
        "size",
        "Size",
        "own",
        "real",
        hint="real: padded with blanks to the size of the reply it replaces (after the work only).",
    ),
    _choice(
        "type", "Content type", "own", "real", hint="real: the type of the reply it replaces (after the work only)."
    ),
)

FORMS: Mapping[str, KindForm] = {
    "status": KindForm(
        title="Another answer",
        says="Answers with this status. “After the work” means that the work is done, but the caller gets this answer.",
        fields=(
            _whole("status", "Status", "503", least=200, most=599),
            Field("headers", "Headers", "headers", hint="One per line, such as X-Request-Id: 7"),
            Field(
                "retry_after_s",
                "Retry-After, in seconds",
                "number",
                default="5",
                least=0,
                hint="Empty: no such header.",
            ),
            _choice(
                "retry_after_form",
                "Retry-After is written as",
                "seconds",
                "date",
                hint="date: an HTTP date by this tenant’s clock.",
            ),
            Field(
                "content_type",
                "Content type",
                "text",
                hint="Empty: application/json for a JSON object or array, else text/plain.",
            ),
            Field("body", "Body", "lines"),
        ),
    ),
    "latency": KindForm(
        title="Slow",
        says="Waits before or after the work, in real seconds.",
        fields=(Field("delay_s", "Seconds", "number", default="2", least=0),),
    ),
    "flip_byte": KindForm(
        title="A byte of the answer changes", says="One byte of the reply’s body differs.", fields=(_OFFSET, _XOR)
    ),
    "flip_request_byte": KindForm(
        title="A byte of the request changes", says="One byte of the request’s body differs.", fields=(_OFFSET, _XOR)
    ),
    "truncate_body": KindForm(
        title="The answer ends early",
        says="Only the beginning of the reply’s body is sent.",
        fields=(
            _whole("keep_bytes", "Bytes kept", "100", least=0),
            _choice(
                "content_length",
                "Content-Length",
                "kept",
                "fixed",
                hint="kept: of the whole body; fixed: of what is sent.",
            ),
        ),
    ),
    "extend_body": KindForm(
        title="The answer is too long",
        says="Zero bytes follow the reply’s body; Content-Length agrees.",
        fields=(_whole("extra_bytes", "Bytes added", "100", least=1),),
    ),
    "wrong_type": KindForm(
        title="Wrong content type",
        says="The reply claims to be something else.",
        fields=(Field("content_type", "Content type", "text", default="text/html"),),
    ),
    "other_status": KindForm(
        title="The same answer under another status",
        says="The real reply, with or without its body, under a status such as 202 or 206. 204 has no body.",
        fields=(
            _whole("status", "Status", "202", least=200, most=599),
            _choice("body", "Body", "kept", "dropped"),
            Field("headers", "Headers", "headers", hint="One per line, such as Content-Range: bytes 0-9/10"),
        ),
    ),
    "packed": KindForm(
        title="Compressed without a request",
        says="The reply’s body in a content coding, complete or damaged.",
        fields=(
            Field(
                "coding",
                "Content-Encoding",
                "text",
                default="gzip",
                hint="gzip, x-gzip, deflate, br, zstd, a list such as “gzip, gzip”, or any other word.",
            ),
            _choice(
                "packed_with",
                "Compressed with",
                "label",
                "nothing",
                "gzip",
                "deflate",
                "raw_deflate",
                "br",
                "zstd",
                hint="label: what Content-Encoding says; nothing: the plain bytes.",
            ),
            _choice(
                "damage",
                "Damage",
                "none",
                "cut",
                "members",
                "trailing",
                "bomb",
                hint="cut: ends early; members: two streams; trailing: bytes behind the end; bomb: zeros, very many.",
            ),
            _whole("keep_bytes", "Bytes kept by “cut”", "88", least=0),
            _whole("unpacked_bytes", "Bytes that “bomb” expands to", "104857600", least=1, most=1073741824),
            _choice("content_length", "Content-Length", "right", "absent", hint="right: of what is sent."),
        ),
    ),
    "sign_in_page": KindForm(
        title="A sign-in page",
        says="An HTML page with a log-on form, in place of the reply.",
        fields=(_whole("status", "Status", "200", least=200, most=599), *_DISGUISE),
    ),
    "json_error": KindForm(
        title="A JSON error in place of the answer",
        says='An error document, {"message": …}, with a good status.',
        fields=(
            _whole("status", "Status", "200", least=200, most=599),
            Field("message", "Message", "text", default="Internal server error"),
            *_DISGUISE,
        ),
    ),
    "redirect": KindForm(
        title="Redirect",
        says="Sends the caller to another address.",
        fields=(
            _choice(
                "to",
                "Where to",
                "other_host",
                "signed",
                "loop",
                "plain_http",
                "url",
                hint="signed: a pre-signed address of CMI, without credentials; loop: the same address again "
                "(plan it until removed); other_host: a host that is not allowed; url: the address below.",
            ),
            Field("location", "Address for “url”", "text", hint="Sent as it stands."),
            _whole("status", "Status", "302", least=301, most=308, hint="301, 302, 303, 307 or 308."),
        ),
    ),
    "endless": KindForm(
        title="The answer never ends",
        says="The reply’s body, then blanks, until the fault is removed.",
        fields=(
            Field("bytes_per_s", "Bytes per second", "number", default="1000", least=1),
            _whole("limit_bytes", "Blanks at most, in bytes", "1073741824", least=0),
        ),
    ),
    "reset": KindForm(
        title="Connection reset",
        says="A TCP reset: before the work, or within the reply.",
        fields=(_whole("after_bytes", "After so many bytes", "0", least=0),),
    ),
    "garbage": KindForm(title="Garbage", says="Bytes that are not HTTP."),
    "drip": KindForm(
        title="Dripping",
        says="The reply comes slowly.",
        fields=(
            Field("bytes_per_s", "Bytes per second", "number", default="1000", least=1),
            _choice("part", "What drips", "body", "head", "both", hint="head: status line and headers."),
        ),
    ),
    "cut": KindForm(title="Cut off", says="The connection closes in the middle of the reply’s body.", fields=(_AFTER,)),
    "close_delimited": KindForm(
        title="No length at all",
        says="Neither Content-Length nor chunks: the end of the connection is the end of the body, early or not.",
        fields=(
            _choice("end", "End", "complete", "early"),
            _whole("keep_bytes", "Bytes before an early end", "1000", least=0),
        ),
    ),
    "no_answer": KindForm(
        title="Silence",
        says="No answer; after a while the connection closes.",
        fields=(Field("hold_s", "Seconds of silence", "number", default="5", least=0),),
    ),
    "lost_answer": KindForm(title="Lost answer", says="The work is done, then the connection is reset."),
}


def catalogue() -> list[dict[str, Any]]:
    """Every kind with its layer, phases (the natural one first) and form."""
    return [
        {"kind": name, "layer": KINDS[name].layer, "phases": list(KINDS[name].phases), **asdict(form)}
        for name, form in FORMS.items()
    ]
