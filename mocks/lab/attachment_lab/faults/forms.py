"""The kit's fault kinds as forms: title, sentence, and one field per parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mock_kit.faults.kinds import KINDS


@dataclass(frozen=True, kw_only=True)
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


_OFFSET = Field(name="offset", label="Which byte", input="whole", default="0", hint="From 0; −1 is the last one.")
_XOR = Field(name="xor", label="Changed by XOR with", input="whole", default="1", least=1, most=255)
_AFTER = Field(name="after_bytes", label="After so many bytes", input="whole", default="1000", least=0)
_DISGUISE = (
    Field(
        name="size",
        label="Size",
        input="choice",
        default="own",
        choices=("own", "real"),
        hint="real: padded with blanks to the size of the reply it replaces (after the work only).",
    ),
    Field(
        name="type",
        label="Content type",
        input="choice",
        default="own",
        choices=("own", "real"),
        hint="real: the type of the reply it replaces (after the work only).",
    ),
)

FORMS: Mapping[str, KindForm] = {
    "status": KindForm(
        title="Another answer",
        says="Answers with this status. “After the work” means that the work is done, but the caller gets this answer.",
        fields=(
            Field(name="status", label="Status", input="whole", default="503", least=200, most=599),
            Field(
                name="headers",
                label="Headers",
                input="headers",
                hint="One per line, such as X-Request-Id: 7",
            ),
            Field(
                name="retry_after_s",
                label="Retry-After, in seconds",
                input="number",
                default="5",
                least=0,
                hint="Empty: no such header.",
            ),
            Field(
                name="retry_after_form",
                label="Retry-After is written as",
                input="choice",
                default="seconds",
                choices=("seconds", "date"),
                hint="date: an HTTP date by this tenant’s clock.",
            ),
            Field(
                name="content_type",
                label="Content type",
                input="text",
                hint="Empty: application/json for a JSON object or array, else text/plain.",
            ),
            Field(name="body", label="Body", input="lines"),
        ),
    ),
    "latency": KindForm(
        title="Slow",
        says="Waits before or after the work, in real seconds.",
        fields=(Field(name="delay_s", label="Seconds", input="number", default="2", least=0),),
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
            Field(name="keep_bytes", label="Bytes kept", input="whole", default="100", least=0),
            Field(
                name="content_length",
                label="Content-Length",
                input="choice",
                default="kept",
                choices=("kept", "fixed"),
                hint="kept: of the whole body; fixed: of what is sent.",
            ),
        ),
    ),
    "extend_body": KindForm(
        title="The answer is too long",
        says="Zero bytes follow the reply’s body; Content-Length agrees.",
        fields=(Field(name="extra_bytes", label="Bytes added", input="whole", default="100", least=1),),
    ),
    "wrong_type": KindForm(
        title="Wrong content type",
        says="The reply claims to be something else.",
        fields=(Field(name="content_type", label="Content type", input="text", default="text/html"),),
    ),
    "other_status": KindForm(
        title="The same answer under another status",
        says="The real reply, with or without its body, under a status such as 202 or 206. 204 has no body.",
        fields=(
            Field(name="status", label="Status", input="whole", default="202", least=200, most=599),
            Field(name="body", label="Body", input="choice", default="kept", choices=("kept", "dropped")),
            Field(
                name="headers",
                label="Headers",
                input="headers",
                hint="One per line, such as Content-Range: bytes 0-9/10",
            ),
        ),
    ),
    "packed": KindForm(
        title="Compressed without a request",
        says="The reply’s body in a content coding, complete or damaged.",
        fields=(
            Field(
                name="coding",
                label="Content-Encoding",
                input="text",
                default="gzip",
                hint="gzip, x-gzip, deflate, br, zstd, a list such as “gzip, gzip”, or any other word.",
            ),
            Field(
                name="packed_with",
                label="Compressed with",
                input="choice",
                default="label",
                choices=("label", "nothing", "gzip", "deflate", "raw_deflate", "br", "zstd"),
                hint="label: what Content-Encoding says; nothing: the plain bytes.",
            ),
            Field(
                name="damage",
                label="Damage",
                input="choice",
                default="none",
                choices=("none", "cut", "members", "trailing", "bomb"),
                hint="cut: ends early; members: two streams; trailing: bytes behind the end; bomb: zeros, very many.",
            ),
            Field(name="keep_bytes", label="Bytes kept by “cut”", input="whole", default="88", least=0),
            Field(
                name="unpacked_bytes",
                label="Bytes that “bomb” expands to",
                input="whole",
                default="104857600",
                least=1,
                most=1_073_741_824,
            ),
            Field(
                name="content_length",
                label="Content-Length",
                input="choice",
                default="right",
                choices=("right", "absent"),
                hint="right: of what is sent.",
            ),
        ),
    ),
    "sign_in_page": KindForm(
        title="A sign-in page",
        says="An HTML page with a log-on form, in place of the reply.",
        fields=(Field(name="status", label="Status", input="whole", default="200", least=200, most=599), *_DISGUISE),
    ),
    "json_error": KindForm(
        title="A JSON error in place of the answer",
        says='An error document, {"message": …}, with a good status.',
        fields=(
            Field(name="status", label="Status", input="whole", default="200", least=200, most=599),
            Field(name="message", label="Message", input="text", default="Internal server error"),
            *_DISGUISE,
        ),
    ),
    "redirect": KindForm(
        title="Redirect",
        says="Sends the caller to another address.",
        fields=(
            Field(
                name="to",
                label="Where to",
                input="choice",
                default="other_host",
                choices=("other_host", "signed", "loop", "plain_http", "url"),
                hint="signed: a pre-signed address of CMI, without credentials; loop: the same address again "
                "(plan it until removed); other_host: a host that is not allowed; url: the address below.",
            ),
            Field(name="location", label="Address for “url”", input="text", hint="Sent as it stands."),
            Field(
                name="status",
                label="Status",
                input="whole",
                default="302",
                least=301,
                most=308,
                hint="301, 302, 303, 307 or 308.",
            ),
        ),
    ),
    "endless": KindForm(
        title="The answer never ends",
        says="The reply’s body, then blanks, until the fault is removed.",
        fields=(
            Field(name="bytes_per_s", label="Bytes per second", input="number", default="1000", least=1),
            Field(name="limit_bytes", label="Blanks at most, in bytes", input="whole", default="1073741824", least=0),
        ),
    ),
    "reset": KindForm(
        title="Connection reset",
        says="A TCP reset: before the work, or within the reply.",
        fields=(Field(name="after_bytes", label="After so many bytes", input="whole", default="0", least=0),),
    ),
    "garbage": KindForm(title="Garbage", says="Bytes that are not HTTP."),
    "drip": KindForm(
        title="Dripping",
        says="The reply comes slowly.",
        fields=(
            Field(name="bytes_per_s", label="Bytes per second", input="number", default="1000", least=1),
            Field(
                name="part",
                label="What drips",
                input="choice",
                default="body",
                choices=("body", "head", "both"),
                hint="head: status line and headers.",
            ),
        ),
    ),
    "cut": KindForm(title="Cut off", says="The connection closes in the middle of the reply’s body.", fields=(_AFTER,)),
    "close_delimited": KindForm(
        title="No length at all",
        says="Neither Content-Length nor chunks: the end of the connection is the end of the body, early or not.",
        fields=(
            Field(name="end", label="End", input="choice", default="complete", choices=("complete", "early")),
            Field(name="keep_bytes", label="Bytes before an early end", input="whole", default="1000", least=0),
        ),
    ),
    "no_answer": KindForm(
        title="Silence",
        says="No answer; after a while the connection closes.",
        fields=(Field(name="hold_s", label="Seconds of silence", input="number", default="5", least=0),),
    ),
    "lost_answer": KindForm(title="Lost answer", says="The work is done, then the connection is reset."),
}


def catalogue() -> list[dict[str, Any]]:
    """Every kind with its layer, phases (the natural one first) and form."""
    return [
        {"kind": name, "layer": KINDS[name].layer, "phases": list(KINDS[name].phases), **asdict(form)}
        for name, form in FORMS.items()
    ]
