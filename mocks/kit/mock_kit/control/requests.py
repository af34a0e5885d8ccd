"""What a control request carries: a JSON object, whole numbers. Problem 400 for anything else."""

from __future__ import annotations

import re
from typing import Any

from flask import request

from mock_kit.http.problem import FieldError, bad_request


def json_object() -> dict[str, Any]:
    """The running request's body as a JSON object. Problem 400 if it is anything else."""
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        expected = FieldError("body", "a JSON object", "Send one, e.g. {}.")
        raise bad_request("The body is not a JSON object.", expected)
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
