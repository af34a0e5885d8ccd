"""What a control request carries: JSON, whole numbers. Problem 400 for anything else."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import request

from mock_kit.http.problem import FieldError, bad_request
from mock_kit.http.refusals import MalformedRequest, PlacedError


def json_body(*, optional: bool = False) -> Any:
    """The running request's body as JSON; ``optional``: {} without one. MalformedRequest with line and column."""
    sent = request.get_data()
    if optional and not sent:
        return {}
    try:
        return json.loads(sent)
    except json.JSONDecodeError as exc:
        error = PlacedError("(body)", "JSON", f"{exc.msg}; correct it", line=exc.lineno, column=exc.colno)
        raise MalformedRequest("The body is not JSON.", error) from exc
    except (ValueError, RecursionError) as exc:  # no UTF-8, or a number with thousands of digits
        raise MalformedRequest("The body is not JSON in UTF-8.") from exc


def json_object(*, optional: bool = False) -> dict[str, Any]:
    """The running request's body as a JSON object; ``optional``: {} without a body. Problem 400 if it is none."""
    body = json_body(optional=optional)
    if not isinstance(body, dict):
        raise bad_request("The body is not a JSON object.", FieldError("(body)", "a JSON object", "Send one, e.g. {}."))
    return body


def whole_number(name: str, default: int | None, most: int | None = None) -> int | None:
    """A query parameter as a whole number >= 0, at most ``most``. Problem 400 if it is none."""
    text = request.args.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise bad_request(
            f"{name} is not a whole number.",
            FieldError(f"?{name}", "a whole number >= 0", "Correct it or leave it out.", text),
        )
    return int(text) if most is None else min(int(text), most)
