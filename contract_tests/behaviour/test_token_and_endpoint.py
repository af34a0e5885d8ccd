"""The token endpoint, and the transfer service's own endpoint: ``--systems token,endpoint``."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.stack
FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


def grant(subject: Any, **how: Any) -> Any:
    """Request a token by client credentials."""
    form = {"grant_type": "client_credentials"} | ({"scope": subject.target.scope} if subject.target.scope else {})
    return subject.ask(
        "token", subject.target.token_url, method="POST", headers=FORM, body=urlencode(form).encode(), **how
    )


@pytest.mark.system("token")
@pytest.mark.verifies("orchestration.oauth.grant", "orchestration.dialect.token_format")
def test_client_credentials_by_basic_return_a_bearer_token_that_is_a_jwt(subject: Any) -> None:
    answer = grant(subject)
    document = answer.json()
    assert answer.status == 200
    assert document["token_type"].lower() == "bearer"
    assert document["expires_in"] > 0
    assert document["access_token"].count(".") == 2


@pytest.mark.system("token")
@pytest.mark.verifies("orchestration.oauth.errors")
def test_a_grant_without_a_client_is_refused_as_the_standard_says(subject: Any) -> None:
    answer = grant(subject, credentials="none")
    assert answer.status in {400, 401}
    assert answer.json()["error"] in {"invalid_client", "invalid_request"}


@pytest.mark.system("endpoint")
def test_the_endpoint_refuses_a_request_without_a_token_as_a_problem(subject: Any) -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    answer = subject.ask(
        "endpoint",
        subject.target.endpoint_url,
        method="POST",
        headers=headers,
        body=json.dumps({}).encode(),
        credentials="none",
    )
    assert (answer.status, answer.media_type) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].lower().startswith("bearer")


@pytest.mark.system("endpoint")
def test_the_endpoint_accepts_post_only(subject: Any) -> None:
    answer = subject.ask("endpoint", subject.target.endpoint_url, credentials="none")
    assert (answer.status, answer.media_type) == (405, "application/problem+json")
