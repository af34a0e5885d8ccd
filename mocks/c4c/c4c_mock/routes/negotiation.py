"""How a caller wants to be told of an error: in which form, in which language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import Request

from c4c_mock.model.access.users import User
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.texts import LANGUAGES
from c4c_mock.routes.call import JSON, prefers_json
from c4c_mock.tenant import C4CTenant

_FORMAT = re.compile(r"(?:^|&)(?:\$|%24)format=([A-Za-z]+)")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,30})?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")
#: SAP's own language keys of one letter, as sap-language may carry them.
_ONE_LETTER = {"e": "en", "d": "de", "f": "fr", "s": "es"}


def error_as_json(req: Request) -> bool:
    """Whether a refusal is wanted in JSON; the query may be the very thing that cannot be read."""
    asked = _FORMAT.search(req.query_string.decode("latin-1"))
    if asked:
        return asked[1].lower() == "json"
    try:
        return prefers_json(req.headers.get("Accept", ""), default=req.headers.get("Content-Type", "").startswith(JSON))
    except BadRequest:
        return False


def language_asked(tenant: C4CTenant, user: User | None, req: Request) -> str:
    """The language of a refusal: what the request asks for if the dialect lets it, else the user's, else the tenant's.

    ``user`` is None before the login.
    """
    headers = {name.lower(): value for name, value in req.headers.items()}
    query = {name.lower(): value for name, value in parse_qsl(req.query_string.decode("latin-1"))}
    for place in tenant.switches["language_asked_by"]:
        if found := _asked(place, headers, query):
            return found
    chosen = user.language if user is not None else ""
    return chosen or str(tenant.switches["user_language"])


def _asked(place: str, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    if place == "accept-language":
        return _ranked(headers.get(place, ""))
    asked = query.get("sap-language", "") if place == "sap-language-query" else headers.get("sap-language", "")
    return _known(asked)


def _ranked(header: str) -> str:
    """The best of an Accept-Language header; empty when it names none of ours."""
    ranges = [found for part in header.split(",") if (found := _RANGE.fullmatch(part))]
    weighed = [(float(found[2] or 1), _known(found[1])) for found in ranges]
    wanted = [(weight, language) for weight, language in weighed if language and weight > 0]
    return max(wanted, key=lambda pair: pair[0])[1] if wanted else ""


def _known(name: str) -> str:
    primary = name.strip().lower().partition("-")[0]
    language = _ONE_LETTER.get(primary, primary)
    return language if language in LANGUAGES else ""
