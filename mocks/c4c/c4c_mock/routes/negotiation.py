"""What a caller wants back: JSON or Atom, and in which language an error is worded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import Request

from c4c_mock.model.access.users import C4CUser
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.texts import LANGUAGES
from c4c_mock.tenant import C4CTenant

JSON = "application/json"
_ATOM = ("application/atom+xml", "application/xml", "text/xml", "application/atomsvc+xml")
_FORMAT = re.compile(r"(?:^|&)(?:\$|%24)format=([A-Za-z]+)")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,30})?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")
#: SAP's own language keys of one letter, as sap-language may carry them.
_ONE_LETTER = {"e": "en", "d": "de", "f": "fr", "s": "es"}


def prefers_json(accept: str, *, default: bool) -> bool:
    """Which of JSON and XML an ``Accept`` header ranks higher; ``default`` for a tie or no preference."""
    weights = {"json": 0.0, "xml": 0.0}
    for part in accept.split(","):
        kind, _, params = part.strip().partition(";")
        weight = _quality(params)
        if kind.strip().lower() == JSON:
            weights["json"] = max(weights["json"], weight)
        elif kind.strip().lower() in _ATOM:
            weights["xml"] = max(weights["xml"], weight)
    if weights["json"] == weights["xml"]:
        return default and not weights["xml"]
    return weights["json"] > weights["xml"]


def _quality(params: str) -> float:
    for param in params.split(";"):
        name, _, value = param.strip().partition("=")
        if name == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError as exc:
                raise BadRequest(f"Accept: cannot read q={value}") from exc
    return 1.0


def error_as_json(accept: str, content_type: str, query: str = "") -> bool:
    """Whether an error is returned in JSON. The request may be invalid: nothing in it raises an error here."""
    wanted = _FORMAT.search(query)
    if wanted:
        return wanted[1].lower() == "json"
    try:
        return prefers_json(accept, default=content_type.startswith(JSON))
    except BadRequest:
        return False


def error_language(tenant: C4CTenant, user: C4CUser | None, req: Request) -> str:
    """The language of an error: the request's if the dialect allows it, else the user's, else the tenant's.

    ``user`` is None before the login.
    """
    headers = {name.lower(): value for name, value in req.headers.items()}
    query = {name.lower(): value for name, value in parse_qsl(req.query_string.decode("latin-1"))}
    for place in tenant.switches["language_asked_by"]:
        if found := _requested(place, headers, query):
            return found
    chosen = user.language if user is not None else ""
    return chosen or str(tenant.switches["user_language"])


def _requested(place: str, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    if place == "accept-language":
        return _best(headers.get(place, ""))
    return _known(query.get("sap-language", "") if place == "sap-language-query" else headers.get("sap-language", ""))


def _best(header: str) -> str:
    """The language that an Accept-Language header ranks highest; empty when it names none of LANGUAGES."""
    ranges = [found for part in header.split(",") if (found := _RANGE.fullmatch(part))]
    weighed = [(float(found[2] or 1), _known(found[1])) for found in ranges]
    wanted = [(weight, language) for weight, language in weighed if language and weight > 0]
    return max(wanted, key=lambda pair: pair[0])[1] if wanted else ""


def _known(name: str) -> str:
    primary = name.strip().lower().partition("-")[0]
    language = _ONE_LETTER.get(primary, primary)
    return language if language in LANGUAGES else ""
