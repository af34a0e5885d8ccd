"""Errors come in the language of the user, or in the one that the request names."""

from __future__ import annotations

from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient

from c4c_mock.model import errors
from c4c_mock.model.texts import LANGUAGES, keys, text_of

LOCKED = {
    "en": "record locked by user MARY",
    "de": "Datensatz ist durch Benutzer MARY gesperrt",
    "fr": "L'enregistrement est bloqué par l'utilisateur MARY",
    "es": "El registro está bloqueado por el usuario MARY",
}


def locked(tenant: TenantClient, headers: dict[str, str] | None = None, query: str = "") -> tuple[str, str]:
    """Language and text of the refusal of an upload to a chat that MARY has locked."""
    chat = tenant.chat()
    tenant.control("locks", {"user": "MARY"})
    answer = tenant.call("POST", f"{tenant.path(chat)}/ChatActivityAttachment{query}", headers, json={})
    message = answer.get_json()["error"]["message"]
    return message["lang"], message["value"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_comes_in_the_language_of_the_user(make_tenant: MakeTenant, language: str) -> None:
    tenant = make_tenant(user_language=language)
    lang, text = locked(tenant)
    assert (lang, text.endswith(LOCKED[language])) == (language, True)


@pytest.mark.parametrize("language", ["de", None])
def test_a_users_own_language_wins_over_the_tenants(make_tenant: MakeTenant, language: str | None) -> None:
    tenant = make_tenant(user_language="fr")
    answer = tenant.control(f"users/{tenant.user}/language", {"language": language}, "PUT")
    assert answer.get_json() == {"user": tenant.user, "language": language}
    assert locked(tenant)[0] == (language or "fr")


def test_a_user_is_made_with_a_language(tenant: TenantClient) -> None:
    tenant.control("users", {"user": "ada", "password": "Secret-1", "language": "es"})
    login = {"Authorization": tenant.basic("ada", "Secret-1")}
    assert tenant.get("/chatactivity/NothingCollection", login).get_json()["error"]["message"]["lang"] == "es"


def test_the_user_of_an_arrangement_is_made_with_a_language(tenant: TenantClient) -> None:
    body = {"user": "v2user", "password": "Welcome-2", "services": ["chatactivity"], "language": "de"}
    assert tenant.control("communication-arrangements", body).status_code == 201
    login = {"Authorization": tenant.basic("v2user", "Welcome-2")}
    assert tenant.get("/chatactivity/NothingCollection", login).get_json()["error"]["message"]["lang"] == "de"


@pytest.mark.parametrize(
    ("headers", "query", "language"),
    [
        ({}, "?sap-language=DE", "de"),
        ({}, "?sap-language=D", "de"),
        ({"sap-language": "FR"}, "", "fr"),
        ({"Accept-Language": "it, es-MX;q=0.7, de;q=0.2"}, "", "es"),
        ({"Accept-Language": "de;q=0"}, "", "en"),
        ({"Accept-Language": "it"}, "", "en"),
        ({"Accept-Language": "es", "sap-language": "FR"}, "?sap-language=DE", "de"),
        ({"Accept-Language": "es"}, "?sap-language=XX", "es"),
    ],
)
def test_the_language_of_a_request_wins_only_where_the_dialect_says_so(
    tenant: TenantClient, headers: dict[str, Any], query: str, language: str
) -> None:
    assert locked(tenant, headers, query)[0] == language
    tenant.dialect(language_asked_by=[], user_language="fr")
    assert locked(tenant, headers, query)[0] == "fr"


def test_one_place_of_a_request_can_be_the_only_one_that_counts(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(language_asked_by=["accept-language"], user_language="de")
    assert locked(tenant, {"sap-language": "FR"}, "?sap-language=ES")[0] == "de"
    assert locked(tenant, {"Accept-Language": "en"})[0] == "en"


def test_a_wrong_language_is_refused_with_what_there_is(tenant: TenantClient) -> None:
    for status, answer in (
        (400, tenant.control(f"users/{tenant.user}/language", {"language": "xx"}, "PUT")),
        (400, tenant.control(f"users/{tenant.user}/language", {}, "PUT")),
        (400, tenant.control("users", {"user": "ada", "password": "Secret-1", "language": "xx"})),
        (422, tenant.control("dialect", {"user_language": "xx"})),
        (422, tenant.control("dialect", {"language_asked_by": ["cookie"]})),
    ):
        assert answer.status_code == status
        error = answer.get_json()["errors"][0]
        assert error["field"].rpartition(".")[2] in {"language", "user_language", "language_asked_by"}
        assert error["expected"]
    assert tenant.control("users/unknown/language", {"language": "de"}, "PUT").status_code == 404


def test_a_login_that_fails_is_answered_in_the_language_of_the_tenant(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(user_language="de")
    answer = tenant.get("/chatactivity/", {"Authorization": tenant.basic(tenant.user, "wrong")})
    assert answer.status_code == 401
    assert "Anmeldung fehlgeschlagen" in answer.text


def test_the_journal_keeps_the_english_words(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(user_language="de")
    locked(tenant)
    exchanges = tenant.exchanges()
    notes = [n["message"] for e in exchanges for n in e["notes"] if n["code"] == "refused"]
    assert "record locked by user MARY" in notes[-1]


def test_the_parts_of_a_batch_are_refused_in_the_same_language(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(user_language="de")
    part = "GET ChatActivityCollection('x') HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
    body = f"--b\r\nContent-Type: application/http\r\n\r\n{part}\r\n--b--\r\n"
    answer = tenant.call("POST", "/chatactivity/$batch", {"Content-Type": "multipart/mixed; boundary=b"}, data=body)
    assert "Die Ressource wurde nicht gefunden" in answer.text


def test_every_kind_of_refusal_has_a_text_in_every_language() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.C4CError)]
    assert {kind.key for kind in kinds} <= set(keys())
    words = {"user": "U", "mime": "M", "limit": "1"}
    for key in keys():
        texts = {text_of(key, words, language, "english") for language in LANGUAGES}
        assert len(texts) == len(LANGUAGES)
