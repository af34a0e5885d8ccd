"""The secrets manager: names, passwords that fit a header, OAuth credentials, values that are never shown."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mock_kit.http.refusals import Conflict, Invalid, MalformedRequest, MissingItem
from orchestration_mock.model.secrets import Secret, SecretsManager

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CREDENTIAL = {
    "client_id": "cid",
    "client_secret": "hush-hush",
    "access_token_url": "https://login-eu-c1.cc.sinch.com/acme/oauth2/token",
}


@pytest.fixture
def guarded() -> list[str]:
    return []


@pytest.fixture
def secrets(guarded: list[str]) -> SecretsManager:
    return SecretsManager(guard=guarded.append)


def create(secrets: SecretsManager, **body: Any) -> Secret:
    return secrets.create({"name": "sap-v1-secret", "secret": "plain-password"} | body, NOW)


@pytest.mark.parametrize("name", ["sap-v1-secret", "A", "a_b-9", "x" * 64])
def test_documented_names_are_taken(secrets: SecretsManager, name: str) -> None:
    assert create(secrets, name=name).name == name


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 65, "a.b", "a/b", "a\n", 5, None])
def test_other_names_are_refused(secrets: SecretsManager, name: str | int | None) -> None:
    with pytest.raises(Invalid):
        create(secrets, name=name)


@pytest.mark.parametrize("sign", list("¤£€½§"))
def test_a_password_with_a_forbidden_sign_is_refused(secrets: SecretsManager, sign: str) -> None:
    with pytest.raises(Invalid) as caught:
        create(secrets, secret=f"pass{sign}word")
    (error,) = caught.value.errors
    assert error.field == "secret"
    assert "character 5" in error.remedy
    assert "password" not in str(error.to_dict().get("value", ""))


@pytest.mark.parametrize("secret", ["pässword", "пароль", "with\nbreak", "with\ttab", " edge", "edge ", "", None, 5])
def test_a_password_that_does_not_fit_a_header_is_refused(secrets: SecretsManager, secret: str | int | None) -> None:
    with pytest.raises(Invalid) as caught:
        create(secrets, secret=secret)
    assert caught.value.errors[0].remedy


def test_braces_quotes_and_backslashes_are_fine(secrets: SecretsManager) -> None:
    assert create(secrets, secret='{a}"\\: ~!').text == '{a}"\\: ~!'


def test_an_oauth_credential_is_an_object_or_its_text(secrets: SecretsManager) -> None:
    as_object = create(secrets, name="a", secret=CREDENTIAL | {"scope": "one two"})
    as_text = create(secrets, name="b", secret=str(CREDENTIAL | {"scope": ["one", "two"]}).replace("'", '"'))
    assert as_object.oauth == as_text.oauth
    assert as_object.oauth is not None
    assert as_object.oauth.scope == ("one", "two")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"client_secret": None}, "secret.client_secret"),
        ({"access_token_url": "http://x"}, "secret.access_token_url"),
        ({"scope": 5}, "secret.scope"),
        ({"clientid": "x"}, "secret.clientid"),
    ],
)
def test_a_wrong_oauth_credential_is_refused_without_its_values(
    secrets: SecretsManager, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        create(secrets, secret=CREDENTIAL | wrong)
    assert [error.field for error in caught.value.errors] == [field]
    assert "value" not in caught.value.errors[0].to_dict()


def test_values_are_guarded_before_they_are_checked(secrets: SecretsManager, guarded: list[str]) -> None:
    with pytest.raises(Invalid):
        create(secrets, secret="bad-pässword")
    with pytest.raises(Invalid):
        create(secrets, secret=CREDENTIAL | {"scope": 5})
    assert guarded == ["bad-pässword", "hush-hush"]


def test_no_repr_shows_a_value(secrets: SecretsManager) -> None:
    shown = repr(create(secrets)) + repr(create(secrets, name="o", secret=CREDENTIAL).oauth)
    assert "plain-password" not in shown
    assert "hush-hush" not in shown


def test_a_name_is_given_once(secrets: SecretsManager) -> None:
    create(secrets)
    with pytest.raises(Conflict):
        create(secrets, secret="other-password")
    kept = secrets.get("sap-v1-secret")
    assert kept is not None
    assert kept.text == "plain-password"


def test_replacing_and_deleting_need_the_secret_to_exist(secrets: SecretsManager) -> None:
    for act in (
        lambda: secrets.replace("unknown", {"secret": "x-password"}, NOW),
        lambda: secrets.delete("unknown"),
    ):
        with pytest.raises(MissingItem, match="unknown"):
            act()


def test_a_secret_keeps_its_name(secrets: SecretsManager) -> None:
    create(secrets)
    with pytest.raises(Invalid):
        secrets.replace("sap-v1-secret", {"name": "other", "secret": "x-password"}, NOW)


def test_a_form_that_is_no_object_is_malformed(secrets: SecretsManager) -> None:
    with pytest.raises(MalformedRequest):
        secrets.create(["name"], NOW)
