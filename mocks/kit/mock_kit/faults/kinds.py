"""The kinds of fault as a table: layer, phases and parameters. Validation and docs read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from mock_kit.http.problem import FieldError

Phase = Literal["before", "after"]
Layer = Literal["app", "wire"]


@dataclass(frozen=True)
class Param:
    """One parameter: ``ok`` checks a value, ``expected`` says the same in words; no default = required."""

    ok: Callable[[Any], bool]
    expected: str
    default: Any = None
    required: bool = False


@dataclass(frozen=True)
class FaultKind:
    """One kind of fault; its first phase is the natural one.

    ``together`` checks parameters that depend on each other or on the phase: (name of the wrong one, what is
    expected), or None.
    """

    layer: Layer
    phases: tuple[Phase, ...]
    params: Mapping[str, Param] = field(default_factory=dict)
    together: Callable[[Mapping[str, Any], Phase], tuple[str, str] | None] = lambda _params, _phase: None


def is_int(value: Any, least: int | None = None, most: int | None = None) -> bool:
    """Whether ``value`` is a whole number (and no bool) within the bounds."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and (least is None or value >= least) and (most is None or value <= most)


def is_number(value: Any, least: float = 0.0) -> bool:
    """Whether ``value`` is a finite number (and no bool) of at least ``least``."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and isfinite(value) and value >= least


def _is_text_map(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for pair in value.items() for one in pair)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_json(value: Any) -> bool:
    """Whether ``value`` can be sent as JSON: what came in by JSON can, unless it is NaN or infinite."""
    return not isinstance(value, float) or isfinite(value)


def choice(*names: str) -> Param:
    """One of ``names``; the first is the default."""
    quoted = " or ".join(f'"{name}"' for name in names)
    return Param(lambda value: isinstance(value, str) and value in names, quoted, default=names[0])


def bytes_count(default: int | None = None, least: int = 0) -> Param:
    """A number of bytes; without ``default`` it is required."""
    expected = f"a whole number of bytes >= {least}"
    return Param(lambda value: is_int(value, least), expected, default=default, required=default is None)


def rate(default: int | None = None) -> Param:
    """Bytes per second of wall time; without ``default`` it is required."""
    return Param(lambda value: is_number(value, 1), "a rate >= 1", default=default, required=default is None)


def status(default: int | None = None) -> Param:
    """A final status; without ``default`` it is required."""
    ok = Param(lambda value: is_int(value, 200, 599), "a status from 200 to 599", default=default)
    return ok if default is not None else Param(ok.ok, ok.expected, required=True)


def _no_location(params: Mapping[str, Any], _phase: Phase) -> tuple[str, str] | None:
    if params["to"] == "url" and not params["location"]:
        return "location", 'an address, because "to" is "url"; or "to" as signed, other_host, loop, plain_http'
    return None


def _no_real_reply(params: Mapping[str, Any], phase: Phase) -> tuple[str, str] | None:
    wrong = [name for name in ("size", "type") if params[name] == "real"] if phase == "before" else []
    return (wrong[0], '"own": before the work there is no real reply to copy it from') if wrong else None


_COUNT = bytes_count()
_BYTES = bytes_count(0)
_OFFSET = Param(is_int, "a whole number; negative counts from the end", required=True)
_XOR = Param(lambda value: is_int(value, 1, 255), "a number from 1 to 255", default=1)
_FLIP = {"offset": _OFFSET, "xor": _XOR}
_SECONDS = Param(is_number, "seconds of wall time >= 0", required=True)
_HEADERS = Param(_is_text_map, "an object of header names and values", default={})
_TYPE = Param(_is_text, "a media type", required=True)
_TEXT = Param(_is_text, "text", default="")
_CODING = Param(lambda value: isinstance(value, str) and bool(value.strip()), "a content coding", default="gzip")
_REDIRECTS = (302, 301, 303, 307, 308)
_MIB = 1024 * 1024

KINDS: dict[str, FaultKind] = {
    "status": FaultKind(
        "app",
        ("before", "after"),
        {
            "status": status(),
            "headers": _HEADERS,
            "body": Param(_is_json, "text, or a JSON value", default=""),
            "content_type": Param(_is_text, "a media type; empty: as the body is", default=""),
            "retry_after_s": Param(
                lambda value: value is None or is_number(value), "seconds of the tenant's time >= 0, or null"
            ),
            "retry_after_form": choice("seconds", "date"),
        },
    ),
    "latency": FaultKind("app", ("before", "after"), {"delay_s": _SECONDS}),
    "flip_byte": FaultKind("app", ("after",), _FLIP),
    "flip_request_byte": FaultKind("app", ("before",), _FLIP),
    "truncate_body": FaultKind("app", ("after",), {"keep_bytes": _COUNT, "content_length": choice("kept", "fixed")}),
    "extend_body": FaultKind("app", ("after",), {"extra_bytes": bytes_count(least=1)}),
    "wrong_type": FaultKind("app", ("after",), {"content_type": _TYPE}),
    "other_status": FaultKind(
        "app", ("after",), {"status": status(), "body": choice("kept", "dropped"), "headers": _HEADERS}
    ),
    "packed": FaultKind(
        "app",
        ("after",),
        {
            "coding": _CODING,
            "packed_with": choice("label", "nothing", "gzip", "deflate", "raw_deflate", "br", "zstd"),
            "damage": choice("none", "cut", "members", "trailing", "bomb"),
            "keep_bytes": bytes_count(88),
            "unpacked_bytes": Param(
                lambda value: is_int(value, 1, 1024 * _MIB), "1 to 1073741824 bytes", default=100 * _MIB
            ),
            "content_length": choice("right", "absent"),
        },
    ),
    "sign_in_page": FaultKind(
        "app",
        ("after", "before"),
        {"status": status(200), "size": choice("own", "real"), "type": choice("own", "real")},
        _no_real_reply,
    ),
    "json_error": FaultKind(
        "app",
        ("after", "before"),
        {
            "status": status(200),
            "message": Param(_is_text, "text", default="Internal server error"),
            "size": choice("own", "real"),
            "type": choice("own", "real"),
        },
        _no_real_reply,
    ),
    "redirect": FaultKind(
        "app",
        ("before", "after"),
        {
            "to": choice("url", "signed", "other_host", "loop", "plain_http"),
            "location": _TEXT,
            "status": Param(lambda value: is_int(value) and value in _REDIRECTS, f"one of {_REDIRECTS}", default=302),
        },
        _no_location,
    ),
    "endless": FaultKind("app", ("after",), {"bytes_per_s": rate(1000), "limit_bytes": bytes_count(1024 * _MIB)}),
    "reset": FaultKind("wire", ("before", "after"), {"after_bytes": _BYTES}),
    "garbage": FaultKind("wire", ("before", "after")),
    "drip": FaultKind("wire", ("after",), {"bytes_per_s": rate(), "part": choice("body", "head", "both")}),
    "cut": FaultKind("wire", ("after",), {"after_bytes": _COUNT}),
    "close_delimited": FaultKind("wire", ("after",), {"end": choice("complete", "early"), "keep_bytes": _BYTES}),
    "no_answer": FaultKind("wire", ("before", "after"), {"hold_s": _SECONDS}),
    "lost_answer": FaultKind("wire", ("after",)),
}


def params_of(kind: FaultKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with the defaults filled in."""
    return {name: param.default for name, param in kind.params.items() if not param.required} | dict(given)


def fault_errors(kind_name: str, phase: str | None, params: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with a fault's kind, phase and parameters; an empty list if nothing is."""
    kind = KINDS.get(kind_name)
    if kind is None:
        return [FieldError("kind", f"one of {', '.join(KINDS)}", "Choose a kind that exists.", kind_name)]
    errors = []
    if phase is not None and phase not in kind.phases:
        allowed = " or ".join(kind.phases)
        errors.append(FieldError("phase", f"{allowed} for {kind_name}", "Leave it out or correct it.", phase))
    for name in params.keys() - kind.params.keys():
        known = ", ".join(kind.params) or "no parameters"
        errors.append(FieldError(f"params.{name}", known, "Remove or rename it.", params[name]))
    for name, param in kind.params.items():
        if name in params and not param.ok(params[name]):
            errors.append(FieldError(f"params.{name}", param.expected, "Correct the value.", params[name]))
        elif name not in params and param.required:
            errors.append(FieldError(f"params.{name}", param.expected, f"{kind_name} needs it: add it."))
    chosen: Phase = kind.phases[0] if phase is None else "before" if phase == "before" else "after"
    if not errors and (wrong := kind.together(params_of(kind, params), chosen)) is not None:
        name, expected = wrong
        errors.append(FieldError(f"params.{name}", expected, "Correct the value.", params.get(name)))
    return errors
