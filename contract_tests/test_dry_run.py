"""The dry run: the request that would be sent, secrets masked, checked with the request's schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from attachment_contract.cli.main import cli
from attachment_contract.dryrun.request import NothingToSend, dry_run
from attachment_contract.dryrun.substitution import SAMPLE_CONTACT
from attachment_contract.schemas.store import validator

CORPUS = Path(__file__).parent / "corpus"
PLAIN = CORPUS / "sound" / "plain.json"
SOUND: dict[str, Any] = json.loads(PLAIN.read_text(encoding="utf-8"))
ENVELOPE: dict[str, Any] = json.loads((CORPUS / "sound" / "envelope.json").read_text(encoding="utf-8"))
GUID = SAMPLE_CONTACT["guid"]


def changed(*path: str, to: Any) -> str:
    document: Any = json.loads(json.dumps(SOUND))
    node = document["request"]
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = to
    return json.dumps(document)


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["dry-run", *map(str, arguments)], input=stdin)


def test_the_sample_event_is_one_of_contact_pros() -> None:
    assert validator("edi_contact.v1").is_valid(SAMPLE_CONTACT)


def test_the_request_is_shown_line_by_line_as_it_is_sent() -> None:
    result = run(PLAIN)
    assert result.exit_code == 0
    head, body = result.stdout.split("\n\n")[:2]
    assert head.splitlines() == [
        "POST /prod/chat-attachments HTTP/1.1",
        "Host: cc-workflows-eu-c1.cc.sinch.com",
        "User-Agent: python-requests/2.32.3",
        "Accept-Encoding: gzip, deflate",
        "Accept: */*",
        "Connection: keep-alive",
        "Authorization: Bearer ********",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "x-cmi-api-key: ********",
        "x-cmi-password: ********",
        "x-sap-v1-password: ********",
    ]
    assert json.loads(body) == {**SOUND["request"]["body"], "contact_id": GUID}
    assert "The request fits the contract." in result.stdout
    assert "secret used: sap-v1-secret" in result.stdout


@pytest.mark.parametrize("file", [*sorted((CORPUS / "sound").iterdir()), *sorted((CORPUS / "documented").iterdir())])
def test_every_sound_configuration_makes_a_request_that_fits_the_contract(file: Path) -> None:
    shown = dry_run(file.read_bytes().decode())
    assert shown.problems == ()
    assert GUID in shown.body


def test_the_endpoint_of_the_form_is_used_and_otherwise_europe_is_assumed_with_a_note() -> None:
    envelope = json.loads(json.dumps(ENVELOPE))
    envelope["form"]["endpoint_url"] = "https://cc-workflows-na-w2.cc.sinch.com/prod/chat-attachments"
    shown = dry_run(json.dumps(envelope))
    assert shown.url == envelope["form"]["endpoint_url"]
    assert not any("assumed" in note for note in shown.notes)
    assert any("Europe" in note for note in dry_run(json.dumps(SOUND)).notes)
    assert dry_run(json.dumps(SOUND), host="h.example").url == "https://h.example/prod/chat-attachments"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("{contact.guid}", GUID),
        ("{contact.priority}", 50),
        ("{contact.queue}", SAMPLE_CONTACT["queue"]),
        ("{contact.skills}", None),
        ("{contact.forwarding_queue.id}", None),
        ("{event}", {"name": "Ended", "datetime": "2026-11-22T09:27:30.000Z"}),
        ("{event.name}", "Ended"),
        ("{contact.direction}-{contact.channel_type}-{event}", "inbound-chat-Ended"),
        ("p{contact.priority}/{contact.skills}", "p50/"),
        ("no {placeholder", "no {placeholder"),
        (["{contact.language}", 5, {"x": "{contact.language}"}], ["EN", 5, {"x": "EN"}]),
    ],
)
def test_a_whole_placeholder_becomes_the_value_and_one_in_a_text_its_text(value: Any, sent: Any) -> None:
    shown = dry_run(changed("body", "more", to=value))
    assert json.loads(shown.body)["more"] == sent


def test_query_parameters_become_part_of_the_address() -> None:
    shown = dry_run(changed("params", to={"event": "{event}", "q": "a b&c"}))
    assert shown.url.endswith("/prod/chat-attachments?event=Ended&q=a+b%26c")
    assert shown.wire().startswith("POST /prod/chat-attachments?event=Ended&q=a+b%26c HTTP/1.1\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (changed("body", "contact_id", to="{contact.priority}"), "body.contact_id: breaks 'type'"),
        (changed("body", "contact_id", to="{contact.gid}"), "{contact.gid} does not exist"),
        (changed("body", "cmi_url", to="http://h/acme/cmi"), "body.cmi_url: breaks 'pattern'"),
        (changed("headers", to={}), "headers: x-cmi-api-key, x-cmi-password, x-sap-v1-password missing"),
        (changed("headers", "x-cmi-password", to=""), "headers.x-cmi-password: breaks 'minLength'"),
        (changed("method", to="GET"), "the endpoint accepts POST only"),
        (changed("body", to=None), "body: breaks 'type'"),
        (json.dumps({**ENVELOPE, "secret_names": []}), "{secrets.ri-apikey} does not exist"),
    ],
)
def test_what_the_endpoint_would_refuse_is_a_problem(text: str, problem: str) -> None:
    shown = dry_run(text)
    assert not shown.ok
    assert any(problem in found for found in shown.problems), shown.problems


@pytest.mark.parametrize(
    ("condition", "sends"),
    [
        ("contact.get_priority() <= 50", True),
        ("contact.get_priority() > 50", False),
        ("contact.get_seconds_since_created() > 600", True),
        ("event.get_name() == 'Ended'", True),
        ("random.random() > 0.5", None),
        ("contact.get_priority() <", False),
        ("contact.get_priority() < 'a'", False),
    ],
)
def test_the_condition_is_tried_on_the_sample_event(condition: str, sends: bool | None) -> None:
    assert dry_run(changed("condition", to=condition)).sends is sends


def test_the_event_and_the_contact_can_be_chosen(tmp_path: Path) -> None:
    contact = tmp_path / "contact.json"
    contact.write_text(json.dumps({"guid": "A" * 32, "priority": 7}))
    text = tmp_path / "a.json"
    text.write_text(changed("body", "more", to="{event}-{contact.priority}"))
    result = run(text, "--event", "closed", "--contact", contact, "--json")
    body = json.loads(json.loads(result.stdout)["request"]["body"])
    assert (body["contact_id"], body["more"]) == ("A" * 32, "Closed-7")


def test_json_is_one_document_with_secrets_masked() -> None:
    result = run(PLAIN, "--json")
    document = json.loads(result.stdout)
    assert set(document) == {"ok", "request", "secrets", "sends", "problems", "notes", "findings"}
    assert document["request"]["headers"]["x-cmi-password"] == "********"
    assert "stand-in" not in result.stdout


@pytest.mark.parametrize(
    "text",
    [
        changed("headers", "x-cmi-password", to="Tr4nsfer!ü"),
        changed("headers", "x-cmi-password", to="x{secrets.a}Tr4nsfer!"),
        changed("headers", "Authorization", to="Basic Tr4nsfer!"),
        changed("body", "cmi_password", to="Tr4nsfer!ü"),
        changed("body", "cmi_password", to="{secrets.Tr4nsfer}").replace("{secrets.Tr4nsfer}", "Tr4nsfer!\\\\"),
        changed("body", "cmi_url", to="https://u:Tr4nsfer!@h/acme/cmi"),
        changed("params", to={"token": "Tr4nsfer! ü"}),
    ],
)
def test_a_secret_in_clear_is_not_shown(text: str) -> None:
    for arguments in (["-"], ["-", "--json"]):
        assert "Tr4nsfer" not in run(*arguments, stdin=text).output


def test_a_secret_in_the_body_is_masked_there() -> None:
    shown = dry_run(changed("body", "more", to="{secrets.a}"))
    assert json.loads(shown.body)["more"] == "********"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"request": 5}', '{"json": "{"}', '{"json": {"request": []}}'])
def test_a_text_of_which_no_request_can_be_made_is_a_failure_and_no_crash(text: str) -> None:
    with pytest.raises(NothingToSend):
        dry_run(text)
    result = run("-", stdin=text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "attachment-contract check" in result.stderr or "check -" in result.stderr


def test_an_endpoint_that_is_no_address_is_a_failure() -> None:
    text = json.dumps({**ENVELOPE, "form": {"endpoint_url": "https://["}})
    with pytest.raises(NothingToSend, match="the address of the endpoint is not an address"):
        dry_run(text)
    result = run("-", stdin=text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "form.endpoint_url is not an address" in result.stderr


def test_half_a_character_in_a_value_is_no_crash() -> None:
    text = changed("headers", "x-cmi-password", to="Tr4nsfer\ud800")
    assert "\\ud800" in text
    result = run("-", "--json", stdin=text)
    assert result.exit_code == 1
    assert "Tr4nsfer" not in result.stdout


def test_a_failure_is_a_json_document_of_the_same_form() -> None:
    good, bad = run(PLAIN, "--json"), run("-", "--json", stdin="{")
    assert (good.exit_code, bad.exit_code) == (0, 1)
    failed = json.loads(bad.stdout)
    assert failed.keys() == json.loads(good.stdout).keys()
    assert (failed["ok"], failed["request"], len(failed["problems"])) == (False, None, 1)


def test_unreadable_json_does_not_show_the_secret_at_which_reading_ended() -> None:
    result = run("-", "--json", stdin='{"request": {"headers": {"x-cmi-password": Tr4nsfer}}}')
    assert result.exit_code == 1
    assert "Tr4nsfer" not in result.output


def test_wrong_files_are_wrong_use(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(b"\xff")
    contact = tmp_path / "contact.json"
    contact.write_text("[]")
    assert run(PLAIN, "--contact", contact).exit_code == 2
    assert run(PLAIN, "--contact", bad).exit_code == 2
    assert run(tmp_path).exit_code == 2


# --- the gate runs first ------------------------------------------------------------------------------------------

PLAIN_TEXT = PLAIN.read_text(encoding="utf-8")
USER = '"attachment.reader"'
#: Text that is not JSON in UTF-8 → the rule that says so.
NOT_JSON: dict[str, tuple[bytes, str]] = {
    "a comma at the end": (PLAIN_TEXT.replace('"{contact.guid}"', '"{contact.guid}",').encode(), "AC007"),
    "curly quotes": (PLAIN_TEXT.replace(USER, "“attachment.reader”").encode(), "AC004"),
    "single quotes": (PLAIN_TEXT.replace(USER, "'attachment.reader'").encode(), "AC004"),
    "a byte order mark": (b"\xef\xbb\xbf" + PLAIN_TEXT.encode(), "AC005"),
    "a comma missing": (PLAIN_TEXT.replace('"POST",', '"POST"').encode(), "AC009"),
    "a no-break space": (PLAIN_TEXT.replace('"method": ', '"method":\u00a0').encode(), "AC010"),
    "a comment": (PLAIN_TEXT.replace('"POST",', '"POST", // always').encode(), "AC008"),
    "a name twice": (PLAIN_TEXT.replace('"method"', '"method": "POST", "method"').encode(), "AC002"),
    "Windows-1252": (PLAIN_TEXT.replace(USER, '"prüfer"').encode("cp1252"), "AC006"),
    "UTF-16 with its mark": (PLAIN_TEXT.encode("utf-16"), "AC006"),
    "UTF-16 without a mark": (PLAIN_TEXT.encode("utf-16-le"), "AC006"),
    "UTF-16, the high byte first": (PLAIN_TEXT.encode("utf-16-be"), "AC006"),
    "UTF-32": (PLAIN_TEXT.encode("utf-32"), "AC006"),
    "no end": (PLAIN_TEXT.rstrip()[:-1].encode(), "AC001"),
}


@pytest.mark.parametrize(("raw", "rule"), NOT_JSON.values(), ids=NOT_JSON)
def test_a_text_that_is_not_json_is_refused_with_the_gates_finding_and_no_request(
    raw: bytes, rule: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(raw)
    shown, document = run(file), run(file, "--json")
    assert (shown.exit_code, shown.stdout, document.exit_code) == (1, "", 1)
    (found,) = [each for each in json.loads(document.stdout)["findings"] if each["rule"] == rule]
    assert f"{file}:{found['line']}:{found['column']} error {rule}" in shown.stderr
    assert found["remedy"] in shown.stderr
    assert json.loads(document.stdout)["request"] is None


@pytest.mark.parametrize("rule", ["AC002", "AC004", "AC007", "AC008", "AC009", "AC010"])
def test_no_request_is_made_of_a_text_that_is_not_json_by_the_library_either(rule: str) -> None:
    for raw, known in NOT_JSON.values():
        if known == rule:
            with pytest.raises(NothingToSend):
                dry_run(raw.decode())
            with pytest.raises(NothingToSend):
                dry_run(json.dumps({**ENVELOPE, "json": raw.decode()}))


def test_a_file_in_utf_16_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(PLAIN_TEXT.encode("utf-16"))
    result = run(file)
    assert "This file is UTF-16; save it as UTF-8." in result.stderr
    assert "1 error, 0 warnings" in result.stderr


def test_settings_let_no_text_pass_that_is_not_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("attachment-contract.toml").write_text(
        'ignore = ["AC007"]\n[severity]\nAC008 = "note"\n[per-file-ignores]\n"*" = ["AC006"]\n'
    )
    for name in ("a comma at the end", "a comment", "UTF-16 with its mark"):
        Path("a.json").write_bytes(NOT_JSON[name][0])
        assert run("a.json").exit_code == 1


def test_an_error_of_the_gate_is_shown_instead_of_a_request() -> None:
    result = run("-", stdin=changed("authentication", "secrets_ref", to="my-own"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error AC203" in result.stderr
    assert "no request is shown, because the gate finds 1 error" in result.stderr


def test_a_warning_of_the_gate_is_shown_and_the_dry_run_goes_on() -> None:
    result = run(CORPUS / "documented" / "chat_attachments.json")
    assert result.exit_code == 0
    assert result.stderr.count("warning AC901") == 4
    assert "The request fits the contract." in result.stdout
    document = json.loads(run(CORPUS / "documented" / "chat_attachments.json", "--json").stdout)
    assert document["ok"]
    assert {finding["rule"] for finding in document["findings"]} == {"AC901"}


@pytest.mark.parametrize(
    ("aws_region", "host"),
    [
        ("eu-west-1", "cc-workflows-eu-c1.cc.sinch.com"),
        ("us-east-1", "cc-workflows-na-w2.cc.sinch.com"),
        ("ca-central-1", "cc-workflows-na-w2.cc.sinch.com"),
        ("ap-southeast-2", "cc-workflows-au-s2.cc.sinch.com"),
        ("sa-east-1", "cc-workflows-eu-c1.cc.sinch.com"),
    ],
)
def test_without_a_form_the_endpoint_is_assumed_from_cmis_region_and_named_as_an_assumption(
    aws_region: str, host: str
) -> None:
    shown = dry_run(PLAIN_TEXT.replace("eu-central-1", aws_region))
    assert shown.url == f"https://{host}/prod/chat-attachments"
    (note,) = [note for note in shown.notes if "assumption" in note]
    assert host in note
    assert aws_region in note


def test_a_siblings_request_is_shown_and_not_judged_by_this_workflows_contract() -> None:
    result = run(CORPUS / "broken" / "AC117_email_analysis.json")
    assert result.exit_code == 0
    assert "POST /prod/email-analysis HTTP/1.1" in result.stdout
    assert "configuration of email-analysis" in result.stdout
