"""The kinds of fault as a table: layer, phases and parameters. Validation and docs read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from mock_kit.problem import FieldError

Phase = Literal["before", "after"]
Layer = Literal["app", "wire"]


@dataclass(frozen=True)
class Param:
    """One parameter: ``ok`` judges a value, ``expected`` says the same in words; no default = required."""

    ok: Callable[[Any], bool]
    expected: str
    default: Any = None
    required: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of fault; its first phase is the natural one."""

    layer: Layer
    phases: tuple[Phase, ...]
    params: Mapping[str, Param] = field(default_factory=dict)


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


_COUNT = Param(lambda value: is_int(value, 0), "a whole number >= 0", required=True)
_BYTES = Param(lambda value: is_int(value, 0), "a whole number of bytes >= 0", default=0)
_OFFSET = Param(is_int, "a whole number; negative counts from the end", required=True)
_XOR = Param(lambda value: is_int(value, 1, 255), "a number from 1 to 255", default=1)
_FLIP = {"offset": _OFFSET, "xor": _XOR}

KINDS: dict[str, Kind] = {
    "status": Kind(
        "app",
        ("before", "after"),
        {
            "status": Param(lambda value: is_int(value, 200, 599), "a status from 200 to 599", required=True),
            "headers": Param(_is_text_map, "an object of header names and values", default={}),
            "body": Param(_is_text, "text", default=""),
            "content_type": Param(_is_text, "a media type", default="text/plain"),
        },
    ),
    "latency": Kind(
        "app", ("before", "after"), {"delay_s": Param(is_number, "seconds of wall time >= 0", required=True)}
    ),
    "flip_byte": Kind("app", ("after",), _FLIP),
    "flip_request_byte": Kind("app", ("before",), _FLIP),
    "truncate_body": Kind(
        "app",
        ("after",),
        {
            "keep_bytes": _COUNT,
            "content_length": Param(lambda value: value in {"kept", "fixed"}, '"kept" or "fixed"', default="kept"),
        },
    ),
    "wrong_type": Kind("app", ("after",), {"content_type": Param(_is_text, "a media type", required=True)}),
    "reset": Kind("wire", ("before", "after"), {"after_bytes": _BYTES}),
    "garbage": Kind("wire", ("before", "after")),
    "drip": Kind(
        "wire",
        ("after",),
        {"bytes_per_s": Param(lambda value: is_number(value, 1), "a rate >= 1", required=True)},
    ),
    "cut": Kind("wire", ("after",), {"after_bytes": _COUNT}),
    "no_answer": Kind(
        "wire", ("before", "after"), {"hold_s": Param(is_number, "seconds of wall time >= 0", required=True)}
    ),
    "lost_answer": Kind("wire", ("after",)),
}


def params_of(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
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
    return errors
