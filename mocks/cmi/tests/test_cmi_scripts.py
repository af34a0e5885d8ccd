"""Scripted conversations: the shipped ones, and what a script may and may not say."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path
from typing import Any

import pytest
from cmi_caller import Caller

from cmi_mock.model.channels import channel
from cmi_mock.scripting.document import BadScript, FileStep
from cmi_mock.scripting.reading import read_script, shipped_scripts
from cmi_mock.scripting.samples import KINDS, SampleFile, least_bytes
from mock_kit.http.sniff import sniff

NAMES = sorted(shipped_scripts())
SHORT = """
title: Short
chat: {channel: whatsapp, language: "NO", customer: {name: Åse}, queue: {name: Support}}
steps:
  - customer: Hei
  - accept: {name: Øyvind}
  - wait: 5 min
  - customer_file: {name: ø.pdf, kind: pdf, size: 3 kB}
  - end
"""


def play(cmi: Caller, script: str, **query: str) -> Any:
    return cmi.client.post(
        "/_mock/scripts",
        data=script.encode(),
        query_string={"tenant": "w", **query},
        content_type="application/yaml",
    )


def test_a_dozen_conversations_ship_in_as_many_languages_and_on_most_channels() -> None:
    scripts = [read_script(text) for text in shipped_scripts().values()]
    assert len(scripts) >= 12
    assert len({script.chat.language for script in scripts}) >= 12
    assert len({script.chat.channel_sub_type for script in scripts}) >= 9
    assert all(channel(script.chat.channel_sub_type).label != "own" for script in scripts), "an unknown channel"


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_script_plays_to_its_end(cmi: Caller, name: str) -> None:
    response = cmi.control(f"/scripts/{name}")
    assert response.status_code == 201, response.text
    played = response.get_json()
    files = [step for step in read_script(shipped_scripts()[name]).steps if isinstance(step, FileStep)]
    assert [one["name"] for one in played["attachments"]] == [step.name for step in files]
    assert [one["size_bytes"] for one in played["attachments"]] == [step.sample.size_bytes for step in files]
    history = cmi.get(f"/chats/{played['guid']}").get_json()
    listed = [one["id"] for message in history["messages"] for one in message["attachments"]]
    assert listed == [one["id"] for one in played["attachments"]]
    assert [one["chat_guid"] for one in cmi.read("/attachments")] == [played["guid"]] * len(files)


def test_a_script_shows_when_contact_pro_would_fire_which_event(cmi: Caller) -> None:
    played = cmi.control("/scripts/parcel-transferred-to-claims").get_json()
    events = [moment["event"] for moment in played["moments"]]
    assert events == ["Received", "Accepted", "Transferred", "Accepted", "Ended", "Closed"]
    ended = played["moments"][4]["contact"]
    assert ended["guid"] == played["guid"]
    assert ended["id"] == played["leg_ids"][1]
    assert ended["transferring_agent"]["number"] == "5001"


def test_the_transcript_names_who_spoke(cmi: Caller) -> None:
    guid = cmi.control("/scripts/fibre-consult-with-engineering").get_json()["guid"]
    messages = cmi.get(f"/chats/{guid}").get_json()["messages"]
    assert messages[0]["originator"] == "Hélène Lefèvre"
    assert [m["originator"] for m in messages if m["originator_type"] == "agent"] == [
        "Luc Moreau",
        "Luc Moreau",
        "Inès Diallo",
        "Luc Moreau",
        "Luc Moreau",
    ]


def test_an_agent_who_takes_over_in_a_consult_speaks_on_and_is_shown_as_a_transfer(cmi: Caller) -> None:
    played = cmi.control("/scripts/booking-handed-over-in-consult").get_json()
    assert [moment["event"] for moment in played["moments"]][1:] == ["Accepted", "Transferred", "Ended", "Closed"]
    messages = cmi.get(f"/chats/{played['guid']}").get_json()["messages"]
    agents = [one["originator"] for one in messages if one["originator_type"] == "agent"]
    assert agents == ["Marta Gil"] * 3


def test_the_same_script_sends_the_same_bytes_in_every_tenant(cmi: Caller) -> None:
    name = "two-files-of-one-name"
    first, second = (cmi.control(f"/scripts/{name}").get_json()["attachments"] for _ in range(2))
    assert [one["sha256"] for one in first] == [one["sha256"] for one in second]
    assert first[0]["name"] == first[1]["name"]
    assert first[0]["sha256"] != first[1]["sha256"]


def test_the_script_in_the_readme_plays(cmi: Caller) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    script = readme.partition("```yaml\n")[2].partition("```")[0]
    played = play(cmi, script).get_json()
    assert (played["status"], [one["name"] for one in played["attachments"]]) == ("Handled", ["Beleg.pdf"])


def test_waiting_moves_the_clock_only_on_request(cmi: Caller) -> None:
    play(cmi, SHORT)
    assert cmi.read("/clock")["offset_s"] == 0
    play(cmi, SHORT, move_clock="true")
    assert cmi.read("/clock")["offset_s"] == 300


def test_norwegian_is_a_language_and_no_false(cmi: Caller) -> None:
    unquoted = SHORT.replace('"NO"', "NO")
    assert play(cmi, unquoted).get_json()["contact"]["language"] == "NO"


def test_a_script_may_be_written_in_json(cmi: Caller) -> None:
    script = '{"title": "J", "steps": [{"customer": "Hi"}, {"accept": {}}, "end"]}'
    response = play(cmi, script)
    assert (response.status_code, response.get_json()["status"]) == (201, "Ended")


def test_scripts_are_listed_and_shown_as_written(cmi: Caller) -> None:
    listed = {one["name"]: one for one in cmi.read("/scripts")["scripts"]}
    assert sorted(listed) == NAMES
    assert listed["dishwasher-with-photos"]["files"] == 4
    response = cmi.client.get("/_mock/scripts/dishwasher-with-photos")
    assert response.text == shipped_scripts()["dishwasher-with-photos"]
    missing = cmi.control("/scripts/nothing")
    assert (missing.status_code, "dishwasher-with-photos" in missing.get_json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("  - end", "  - sing: la"), "steps[4]"),
        (("  - end", "  - {end: '', accept: ''}"), "steps[4]"),
        (("kind: pdf", "kind: floppy"), "steps[3].customer_file.kind"),
        (("size: 3 kB", "size: 3 bananas"), "steps[3].customer_file.size"),
        (("size: 3 kB", "size: 5 B"), "steps[3].customer_file.size"),
        (("size: 3 kB", "size: 999 MB"), "steps[3].customer_file.size"),
        (("size: 3 kB", "size: 3 kB, colour: red"), "steps[3].customer_file.colour"),
        (("size: 3 kB", 'size: 3 kB, content_type: "a/b\\r\\nX: 1"'), "steps[3].customer_file.content_type"),
        (("5 min", "a while"), "steps[2].wait"),
        (("customer: Hei", "customer: ''"), "steps[0].customer"),
        (("title: Short", ""), "script.title"),
        (("channel: whatsapp", "chanel: whatsapp"), "chat.chanel"),
        (("channel: whatsapp", "direct: perhaps"), "chat.direct"),
        (("channel: whatsapp", "priority: high"), "chat.priority"),
        (("channel: whatsapp", "direction: up"), "chat.direction"),
        (("steps:", "stages:"), "script.stages"),
        (("steps:", "steps: ["), "script"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_by_member_and_starts_no_chat(
    cmi: Caller, change: tuple[str, str], field: str
) -> None:
    response = play(cmi, SHORT.replace(*change))
    assert response.status_code == 400, response.text
    assert response.get_json()["errors"][0]["field"] == field
    assert cmi.read("/chats")["chats"] == []


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 2000, b"x" * 300_000, b"- just\n- a list", b""])
def test_a_body_that_is_no_script_is_400(cmi: Caller, body: bytes) -> None:
    assert cmi.client.post("/_mock/scripts?tenant=w", data=body, content_type="application/yaml").status_code == 400


def test_a_step_that_contact_pro_refuses_is_named_and_the_chat_stays(cmi: Caller) -> None:
    script = SHORT.replace("channel: whatsapp", "channel: sms")
    response = play(cmi, script)
    assert response.status_code == 422
    assert response.get_json()["errors"][0]["field"] == "steps[3]"
    (chat,) = cmi.read("/chats")["chats"]
    assert chat["guid"] in response.get_json()["detail"]
    assert [one["message"] for one in chat["messages"]] == ["Hei"]
    assert play(cmi, SHORT.replace("- end", "- wrap_up")).status_code == 409


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("more", [0, 1, 70_000])
def test_a_sample_has_its_size_and_begins_as_its_kind_does(kind: str, more: int) -> None:
    size = least_bytes(kind) + more
    content = b"".join(SampleFile(kind, size, "seed").pieces())
    assert len(content) == size
    if more and kind not in ("csv", "bytes"):
        assert sniff(content[:8192]) == KINDS[kind].content_type
    assert (
        hashlib.sha256(content).digest() == hashlib.sha256(b"".join(SampleFile(kind, size, "seed").pieces())).digest()
    )


def test_a_png_sample_is_whole_down_to_its_checksums() -> None:
    content = b"".join(SampleFile("png", 200_000, "seed").pieces())
    position, names = 8, []
    while position < len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        body = content[position + 4 : position + 8 + length]
        assert zlib.crc32(body) == int.from_bytes(content[position + 8 + length : position + 12 + length], "big")
        names.append(body[:4])
        position += 12 + length
    assert (position, names) == (len(content), [b"IHDR", b"IDAT", b"fiLl", b"IEND"])


def test_a_sample_of_no_bytes_is_empty_whatever_its_kind() -> None:
    assert b"".join(SampleFile("pdf", 0, "seed").pieces()) == b""


def test_an_anchor_in_a_script_is_read_and_a_bomb_of_them_refused() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    with pytest.raises(BadScript):
        read_script(bomb + "title: t\nsteps: *i\n")
