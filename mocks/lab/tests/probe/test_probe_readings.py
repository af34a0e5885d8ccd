"""What answers show, answer by answer: the rules, without a network."""

from __future__ import annotations

import inspect
import json
import re
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from attachment_lab.probe import token as read_token
from attachment_lab.probe.exchange import ExchangeLog, ProbeExchange
from attachment_lab.probe.findings.assumptions import assumptions, why_unseen
from attachment_lab.probe.findings.verdicts import judge_assumptions
from attachment_lab.probe.readings import c4c as read_c4c
from attachment_lab.probe.readings import cmi as read_cmi
from attachment_lab.probe.readings import writes as read_writes
from attachment_lab.probe.readings.observations import NO_VALUE, apply
from attachment_lab.probe.session import RULES

MODULES: tuple[ModuleType, ...] = (read_c4c, read_cmi, read_token, read_writes)
PHOTO = {"id": "F1", "name": "a.png", "content_type": "image/png", "size": 3, "url": "/chats/G/attachments/F1"}


def answer(label: str, document: Any = None, status: int = 200, **more: Any) -> ProbeExchange:
    """An exchange of that label."""
    body = more.pop("body", json.dumps(document).encode() if document is not None else b"")
    system: Any = label.partition(".")[0]
    url = more.pop("url", "https://gateway.example/acme/cmi/chats/G")
    return ProbeExchange(
        label=label, system=system, method="GET", url=url, at=datetime.now(UTC), status=status, body=body, **more
    )


def seen(*answers: ProbeExchange) -> dict[str, Any]:
    """What the rules make of them."""
    log = ExchangeLog()
    for each in answers:
        log.add(each)
    return {each.id: each.value for each in apply(RULES, log)}


def messages(*files: dict[str, Any], id_: str = "M1") -> list[dict[str, Any]]:
    """One message with these files."""
    return [{"id": id_, "originator_type": "customer", "message": "", "attachments": list(files)}]


def test_no_answers_show_nothing() -> None:
    assert seen() == {}
    assert {verdict.word for verdict in judge_assumptions([])} == {"not seen"}


@pytest.mark.parametrize(
    ("answers", "letter", "routes"),
    [
        (
            [answer("cmi.chat", {"id": "L", "messages": messages(PHOTO)})],
            "A",
            ["chats/{contact_id}", "chats?groupId={contact_id}"],
        ),
        (
            [answer("cmi.chat", {}, 404), answer("cmi.list", [{"id": "L", "messages": messages(PHOTO)}])],
            "B",
            ["chats?groupId={contact_id}"],
        ),
        (
            [answer("cmi.chat", {"id": "L", "messages": messages({"id": "F1", "name": "a", "content": "QQ=="})})],
            "C",
            ["chats/{contact_id}", "chats?groupId={contact_id}"],
        ),
        (
            [answer("cmi.chat", {"id": "L", "messages": messages()}), answer("cmi.messages", messages(PHOTO))],
            "D",
            ["chatMessages?contactId={contact_id}"],
        ),
    ],
)
def test_each_shape_is_recognised_by_where_the_files_are(
    answers: list[ProbeExchange], letter: str, routes: list[str]
) -> None:
    found = seen(*answers)
    assert (found["cmi.dialect.chat_shape"], found["service.cmi.chat_routes"]) == (letter, routes)


def test_a_document_in_no_shape_has_no_value() -> None:
    assert seen(answer("cmi.chat", {"conversation": []}))["cmi.dialect.chat_shape"] is NO_VALUE


@pytest.mark.parametrize(("second", "kind"), [(["M1", "M2"], "cumulative"), (["M2"], "own")])
def test_a_later_leg_repeats_an_earlier_ones_messages_or_not(second: list[str], kind: str) -> None:
    legs = [
        {"id": "L1", "messages": messages(PHOTO)},
        {"id": "L2", "messages": [each for id_ in second for each in messages(id_=id_)]},
    ]
    assert seen(answer("cmi.list", legs))["cmi.dialect.leg_messages"] == kind


def test_the_base_of_public_links_gets_its_placeholders_back() -> None:
    link = "https://login-na-w2.cc.sinch.com/acme/sms/richcontent/abc"
    found = seen(answer("cmi.chat", {"id": "L", "messages": messages({**PHOTO, "url": link})}))
    assert found["cmi.dialect.rich_content_base"] == "https://login-{region}.cc.sinch.com/{tenant}/sms/richcontent"
    assert (found["cmi.dialect.region"], found["cmi.dialect.attachment_url"]) == ("na-w2", "rich_content")
    own = seen(
        answer(
            "cmi.chat",
            {"id": "L", "messages": messages({**PHOTO, "url": "https://gateway.example/acme/sms/richcontent/x"})},
        )
    )
    assert own["cmi.dialect.rich_content_base"] == "https://{host}/{tenant}/sms/richcontent"


@pytest.mark.parametrize(
    ("statuses", "mode", "both"),
    [((403, 403, 401), "key_and_basic", True), ((401, 200, 401), "basic", False), ((200, 200, 200), "none", False)],
)
def test_half_the_credentials_show_what_is_asked_for(statuses: tuple[int, ...], mode: str, both: bool) -> None:
    labels = ("cmi.anonymous", "cmi.no_key", "cmi.no_user")
    found = seen(*(answer(label, {}, status) for label, status in zip(labels, statuses, strict=True)))
    assert (found["cmi.dialect.auth_mode"], found["cmi.auth.key_and_basic"]) == (mode, both)


@pytest.mark.parametrize(
    ("size", "holds"), [("2048.00000000000000", True), ("2.00000000000000", False), ("7.0", False)]
)
def test_the_unit_of_a_size_is_read_from_the_files_own_length(size: str, holds: bool) -> None:
    listed = {"d": {"results": [{"ObjectID": "A", "SizeInkB": size}]}}
    found = seen(
        answer("c4c.attachments", listed), answer("c4c.attachment.value", headers={"content-length": "2048"}, body=b"x")
    )
    assert found["service.c4c.size_field_holds_bytes"] is holds


def test_a_page_is_a_page_only_when_there_is_more() -> None:
    rows = {"d": {"__count": "9", "results": [{"ObjectID": "A"}, {"ObjectID": "B"}], "__next": "x"}}
    assert seen(answer("c4c.page", rows))["c4c.page_size"] == 2
    rows["d"]["__count"] = "2"
    assert "c4c.page_size" not in seen(answer("c4c.page", rows))


@pytest.mark.parametrize(("label", "place"), [("reference", "BTDReference"), ("groupware", "GroupwareItemID")])
def test_the_lookup_that_finds_the_activity_goes_into_the_services_list(label: str, place: str) -> None:
    found = seen(answer(f"c4c.lookup.{label}", {"d": {"results": [{"ObjectID": "A", "ParentObjectID": "B"}]}}))
    assert found["c4c.reference_kept_in"] == place
    fields = [lookup["field"] for lookup in found["service.c4c.lookups"]]
    assert fields == (["GroupwareItemID"] if place == "GroupwareItemID" else []) + ["ID", "ID", "SocialMediaMessageID"]


def test_an_unexpected_status_shows_nothing() -> None:
    odd = (answer("c4c.filter.not", {}, 500), answer("c4c.no_slash", {}, 301), answer("c4c.csrf.head", {}, 403))
    assert seen(answer("c4c.service.chatactivity", {"d": {}}), *odd).keys() == set()


def test_a_token_that_is_no_jwt_is_opaque_and_one_signed_otherwise_has_no_value() -> None:
    assert seen(answer("token.grant", {"access_token": "abc"}))["orchestration.dialect.token_format"] == "opaque"
    jwt = "eyJhbGciOiJQUzUxMiJ9.e30.x"  # {"alg":"PS512"}
    assert seen(answer("token.grant", {"access_token": jwt}))["orchestration.dialect.oauth_signing"] is NO_VALUE


def ids_in_rules() -> set[str]:
    """Every id that a rule may report, read from the rules' own text."""
    sources = "".join(inspect.getsource(module) for module in MODULES)
    return set(re.findall(r'"((?:cmi|c4c|service|orchestration)\.[\w.\-]+)"', sources)) & assumptions().keys()


def test_every_assumption_is_read_by_a_rule_or_has_a_reason_why_not() -> None:
    reasons = why_unseen()
    prefixes = tuple(name for name in reasons if name.endswith("."))
    left = {
        id_
        for id_ in assumptions()
        if id_ not in ids_in_rules() and id_ not in reasons and not id_.startswith(prefixes)
    }
    assert left == set()


def test_every_reason_is_about_an_assumption_that_there_is() -> None:
    known = assumptions()
    strangers = {
        name
        for name in why_unseen()
        if name not in known and not (name.endswith(".") and any(id_.startswith(name) for id_ in known))
    }
    assert strangers == set()


def test_most_switches_of_the_neighbours_can_be_seen() -> None:
    switches = {one.id for one in assumptions().values() if one.entry and one.participant in {"cmi", "c4c"}}
    assert len(switches & ids_in_rules()) >= 58
