"""The OpenAPI document says what the API does: compared route by route, and by thousands of generated requests."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from ingress_kit import ENDPOINT, SECRET_HEADERS, Endpoint
from jsonschema import Draft202012Validator

from attachment_transfer.ingress.openapi import document

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def routes_of_the_app(endpoint: Endpoint) -> set[tuple[str, str]]:
    app = endpoint.http.application
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) & METHODS
    }


def routes_of_the_document() -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, item in document()["paths"].items() for method in item}


def test_every_route_is_in_the_document_and_nothing_else_is(endpoint: Endpoint) -> None:
    assert routes_of_the_document() == routes_of_the_app(endpoint)


def test_every_reference_of_the_document_leads_somewhere() -> None:
    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            here = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return here + [found for value in part.values() for found in references(value)]
        return [found for value in part for found in references(value)] if isinstance(part, list) else []

    found = references(document())
    assert found
    for reference in found:
        place: Any = document()
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


def test_every_schema_of_the_document_is_a_schema() -> None:
    for schema in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for item in document()["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names))


def test_only_probes_the_document_and_the_page_are_open() -> None:
    unlocked = {path for path, item in document()["paths"].items() for op in item.values() if op.get("security") == []}
    assert {path for path in unlocked if not path.startswith("/operator")} == {
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
    }


@pytest.mark.parametrize(("method", "path"), sorted(routes_of_the_document()))
def test_every_locked_operation_is_401_without_a_token(endpoint: Endpoint, method: str, path: str) -> None:
    answer = endpoint.http.open(path.replace("{transfer_id}", "0" * 32), method=method)
    locked = document()["paths"][path][method.lower()].get("security") != []
    assert (answer.status_code == 401) is locked


#: What the document cannot say: which cursors we issued, which hosts are allowed, that half characters are none.
SAYS_LESS_THAN_IT_KNOWS = {ENDPOINT, "/transfers"}


def takes_input(method: str, path: str) -> bool:
    operation = document()["paths"][path][method.lower()]
    return bool(operation.get("parameters") or operation.get("requestBody"))


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        (method, path, kind)
        for method, path in sorted(routes_of_the_document())
        for kind in ("right", "wrong")
        if kind == "right" or takes_input(method, path)
    ],
)
def test_generated_requests_are_answered_as_the_document_says(
    endpoint: Endpoint, method: str, path: str, kind: str
) -> None:
    """schemathesis generates them, and checks status, media type, body and headers of each answer; none may be 5xx."""
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    mode = schemathesis.GenerationMode.POSITIVE if kind == "right" else schemathesis.GenerationMode.NEGATIVE
    endpoint.post()
    operation = schemathesis.openapi.from_wsgi("/openapi.json", endpoint.http.application)[path][method]
    headers = {"Authorization": f"Bearer {endpoint.issuer.token()}", **(SECRET_HEADERS if path == ENDPOINT else {})}
    checks = import_module("schemathesis.specs.openapi.checks")
    excluded = [checks.positive_data_acceptance] if path in SAYS_LESS_THAN_IT_KNOWS else []

    @settings(
        max_examples=25,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    check()
