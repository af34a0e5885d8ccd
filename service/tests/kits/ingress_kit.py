"""The API under Flask's test client: an issuer that signs, a queue that remembers, a real ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from fakes import HandClock
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from ledger_kit import C4C_URL, CMI_URL, CONTACT, SECRETS, Queue, counts
from werkzeug.test import TestResponse

from attachment_transfer.core.errors import NeighbourUnavailable
from attachment_transfer.core.hosts import HostPattern, parse_patterns
from attachment_transfer.ingress.admission import Admission
from attachment_transfer.ingress.app import Ingress, create_app
from attachment_transfer.ingress.bearer import AcceptedIssuers, TokenVerifier
from attachment_transfer.ingress.issuer_keys import IssuerKeys
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.runtime.settings import DEFAULT_ALLOWED_HOSTS

ISSUER = "https://login-eu-c1.cc.sinch.com/acme"
ISSUERS = ("https://login-*.cc.sinch.com/*",)
AUDIENCE = "attachment-transfer"
SCOPES = "chat-attachments transfers"
ENDPOINT = "/prod/chat-attachments"
MAX_BYTES = 64 * 1024

SECRET_HEADERS = {
    "x-cmi-api-key": SECRETS.cmi_api_key,
    "x-cmi-password": SECRETS.cmi_password,
    "x-sap-v1-password": SECRETS.c4c_password,
}


def a_body(**changes: Any) -> dict[str, Any]:
    """The documentation's example; a change to None leaves the member out."""
    body = {
        "cmi_url": CMI_URL,
        "cmi_user": "transcript.user",
        "sap_v1": {"url": C4C_URL, "user": "v1user"},
        "contact_id": CONTACT,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


@dataclass
class Issuer:
    """Signs tokens and publishes its keys. ``asked`` is every issuer whose keys were fetched."""

    clock: HandClock
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "key-1"}))
    lifetime_s: int = 300
    down: bool = False
    published: list[ECKey] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.published = self.published or [self.key]

    def fetch(self, issuer: str) -> dict[str, Any]:
        self.asked.append(issuer)
        if self.down:
            raise NeighbourUnavailable("token issuer: ConnectError")
        return dict(KeySet(self.published).as_dict(private=False))  # type: ignore[arg-type]

    def token(self, *, key: Any = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A good token; a change to None leaves the claim out."""
        now = int(self.clock.now_s())
        claims = {
            "iss": ISSUER,
            "sub": "client",
            "client_id": "client",
            "aud": AUDIENCE,
            "scope": SCOPES,
            "iat": now,
            "nbf": now,
            "exp": now + self.lifetime_s,
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        signer = key or self.key
        head = {"alg": "ES256", "kid": signer.kid, **(header or {})}
        return jwt.encode(head, claims, signer, algorithms=[head["alg"]])


@dataclass
class Endpoint:
    """The API, its queue and its ledger."""

    http: FlaskClient
    issuer: Issuer
    queue: Queue
    engine: sa.Engine

    def post(
        self, body: Any = None, *, headers: dict[str, str | None] | None = None, token: str | None = None, **kw: Any
    ) -> TestResponse:
        """Post to the endpoint; a header changed to None is left out."""
        sent: dict[str, str | None] = {
            "Authorization": f"Bearer {token or self.issuer.token()}",
            "Content-Type": "application/json",
            **SECRET_HEADERS,
            **(headers or {}),
        }
        raw = body if isinstance(body, bytes) else json.dumps(a_body() if body is None else body).encode()
        kept = {name: value for name, value in sent.items() if value is not None}
        return self.http.post(ENDPOINT, data=raw, headers=kept, **kw)

    def get(self, path: str, *, token: str | None = None, **query: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token or self.issuer.token()}"}
        return self.http.get(path, headers=headers, query_string=query)

    def retry(self, transfer_id: str, *, token: str | None = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {token or self.issuer.token()}"}
        return self.http.post(f"/transfers/{transfer_id}/retry", headers=headers)


def a_token_verifier(issuer: Issuer, clock: HandClock, *, issuers: tuple[str, ...] = ISSUERS) -> TokenVerifier:
    return TokenVerifier(
        issuers=AcceptedIssuers(lambda: issuers),
        audience=AUDIENCE,
        leeway_s=30.0,
        keys=IssuerKeys(issuer.fetch, clock.now_s),
        now_s=clock.now_s,
    )


def open_endpoint(
    engine: sa.Engine,
    *,
    clock: HandClock,
    keys: KeyRing,
    queue: Queue,
    new_id: Callable[[], str],
    wake_worker: Callable[[], None] = lambda: None,
    admission: Admission | None = None,
    allowed_hosts: Callable[[], tuple[HostPattern, ...]] = lambda: parse_patterns(DEFAULT_ALLOWED_HOSTS),
    **more: Any,
) -> Endpoint:
    issuer = Issuer(clock)
    app = create_app(
        Ingress(
            engine=engine,
            keys=keys,
            enqueue=queue,
            token_verifier=a_token_verifier(issuer, clock),
            allowed_hosts=allowed_hosts,
            scope_post="chat-attachments",
            scope_status="transfers",
            max_request_bytes=MAX_BYTES,
            now_s=clock.now_s,
            new_id=new_id,
            metrics=lambda: b"attachment_transfer_up 1\n",
            wake_worker=wake_worker,
            admission=admission,
            **more,
        )
    )
    return Endpoint(app.test_client(), issuer, queue, engine)


V1 = {"url": C4C_URL, "user": "v1user"}


def problem(answer: TestResponse, status: int, *fields: str) -> dict[str, Any]:
    """The problem document, which must name exactly ``fields``."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    document: dict[str, Any] = answer.get_json()
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert [error["field"] for error in document.get("errors", [])] == list(fields)
    for error in document.get("errors", []):
        assert error["message"]
        assert error["expected"]
        assert error["remedy"]
    return document


def nothing_kept(endpoint: Endpoint) -> None:
    assert set(counts(endpoint.engine).values()) == {0}
    assert endpoint.queue.rounds == []
