"""The secrets manager: names, passwords that fit a header, OAuth credentials, values that stay inside."""

from datetime import UTC, datetime

import pytest

from orchestration_mock.model.errors import Invalid, Malformed, Missing, Taken
from orchestration_mock.model.secrets import SecretsManager

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CREDENTIAL = {
    "client_id": "cid",
    "client_secret": "hush-hush",
    "access_token_url": "https://login-eu-c1.cc.sinch.com/acme/oauth2/token",
}


@pytest.fixture
def guarded():
    return []


@pytest.fixture
def secrets(guarded):
    return SecretsManager(guard=guarded.append)


def create(secrets, **body):
    return secrets.create({"name": "sap-v1-secret", "secret": "plain-password"} | body, NOW)


@pytest.mark.parametrize("name", ["sap-v1-secret", "A", "a_b-9", "x" * 64])
def test_documented_names_are_taken(secrets, name):
    assert create(secrets, name=name).name == name


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 65, "a.b", "a/b", "a\n", 5, None])
def test_other_names_are_refused(secrets, name):
    with pytest.raises(Invalid):
        create(secrets, name=name)


@pytest.mark.parametrize("sign", list("¤£€½§"))
def test_a_password_with_a_forbidden_sign_is_refused(secrets, sign):
    with pytest.raises(Invalid) as caught:
        create(secrets, secret=f"pass{sign}word")
    (error,) = caught.value.errors
    assert error.field == "secret"
    assert "character 5" in error.remedy
    assert "password" not in str(error.as_json().get("value", ""))


@pytest.mark.parametrize("secret", ["pässword", "пароль", "with\nbreak", "with\ttab", " edge", "edge ", "", None, 5])
def test_a_password_that_does_not_fit_a_header_is_refused(secrets, secret):
    with pytest.raises(Invalid) as caught:
        create(secrets, secret=secret)
    assert caught.value.errors[0].remedy


def test_braces_quotes_and_backslashes_are_fine(secrets):
    assert create(secrets, secret='{a}"\\: ~!').text == '{a}"\\: ~!'


def test_an_oauth_credential_is_an_object_or_its_text(secrets):
    as_object = create(secrets, name="a", secret=CREDENTIAL | {"scope": "one two"})
    as_text = create(secrets, name="b", secret=str(CREDENTIAL | {"scope": ["one", "two"]}).replace("'", '"'))
    assert as_object.oauth == as_text.oauth
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
def test_a_wrong_oauth_credential_is_told_without_its_values(secrets, wrong, field):
    with pytest.raises(Invalid) as caught:
        create(secrets, secret=CREDENTIAL | wrong)
    assert [error.field for error in caught.value.errors] == [field]
    assert caught.value.errors[0].found is None


def test_values_are_guarded_before_they_are_judged(secrets, guarded):
    with pytest.raises(Invalid):
        create(secrets, secret="bad-pässword")
    with pytest.raises(Invalid):
        create(secrets, secret=CREDENTIAL | {"scope": 5})
    assert guarded == ["bad-pässword", "hush-hush"]


def test_no_repr_shows_a_value(secrets):
    shown = repr(create(secrets)) + repr(create(secrets, name="o", secret=CREDENTIAL).oauth)
    assert "plain-password" not in shown
    assert "hush-hush" not in shown


def test_a_name_is_given_once(secrets):
    create(secrets)
    with pytest.raises(Taken):
        create(secrets, secret="other-password")
    assert secrets.get("sap-v1-secret").text == "plain-password"


def test_replacing_and_deleting_need_the_secret_to_exist(secrets):
    for act in (
        lambda: secrets.replace("nobody", {"secret": "x-password"}, NOW),
        lambda: secrets.delete("nobody"),
    ):
        with pytest.raises(Missing, match="nobody"):
            act()


def test_a_secret_keeps_its_name(secrets):
    create(secrets)
    with pytest.raises(Invalid):
        secrets.replace("sap-v1-secret", {"name": "other", "secret": "x-password"}, NOW)


def test_a_form_that_is_no_object_is_malformed(secrets):
    with pytest.raises(Malformed):
        secrets.create(["name"], NOW)
