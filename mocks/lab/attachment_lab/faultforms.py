"""The kit's fault kinds as a person fills them in: title, sentence, and one field per parameter. Data for forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mock_kit.faultkinds import KINDS


@dataclass(frozen=True, kw_only=True)
class Field:
    """One parameter.

    Attributes:
        input: whole and number are numbers, headers is one ``Name: value`` per line.
        default: what the form begins with.
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

FORMS: Mapping[str, KindForm] = {
    "status": KindForm(
        title="Another answer",
        says="Answers with this status. “After the work” means that the work is done, and the caller never hears so.",
        fields=(
            Field(name="status", label="Status", input="whole", default="503", least=200, most=599),
            Field(
                name="headers",
                label="Headers",
                input="headers",
                default="Retry-After: 5",
                hint="One per line, such as Retry-After: 5",
            ),
            Field(name="content_type", label="Content type", input="text", default="text/plain"),
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
                hint="kept: it still promises the whole; fixed: it agrees with what is sent.",
            ),
        ),
    ),
    "wrong_type": KindForm(
        title="Wrong content type",
        says="The reply claims to be something else.",
        fields=(Field(name="content_type", label="Content type", input="text", default="text/html"),),
    ),
    "reset": KindForm(
        title="Connection reset",
        says="A TCP reset: before the work, or within the reply.",
        fields=(Field(name="after_bytes", label="After so many bytes", input="whole", default="0", least=0),),
    ),
    "garbage": KindForm(title="Garbage", says="Bytes that are no HTTP."),
    "drip": KindForm(
        title="Dripping",
        says="The reply comes slowly.",
        fields=(Field(name="bytes_per_s", label="Bytes per second", input="number", default="1000", least=1),),
    ),
    "cut": KindForm(title="Cut off", says="The connection closes in the middle of the reply’s body.", fields=(_AFTER,)),
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
