"""Tenants that cannot be probed: the run stops with a sentence, and tries no refused password again."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from stand_ins import StandIn, self_signed, stand_in

from attachment_lab.probe.client import CredentialsRefused, ProbeClient
from attachment_lab.probe.permits import Permits
from attachment_lab.probe.session import ProbeResult, run_probe
from attachment_lab.probe.target import ProbeTarget
from attachment_lab.tenant.credentials import fresh_tenant

LOGIN_PAGE = (200, "text/html", b"<html><form action='/login'>User</form></html>")


@pytest.fixture
def target() -> ProbeTarget:
    """A tenant's description without a tenant."""
    names = fresh_tenant()
    return ProbeTarget(
        systems=("cmi", "c4c"),
        cmi_url=names.cmi_url,
        cmi_api_key=names.api_key,
        cmi_user=names.cmi_user,
        cmi_password=names.cmi_password,
        contact_id="5AB6E20342A6EE11B3ED58961D1810CC",
        c4c_url=names.c4c_url,
        c4c_user=names.c4c_user,
        c4c_password=names.c4c_password,
        test_hosts=(f"{names.cmi_host}/{names.tenant_path}", names.c4c_host),
    )


def run(target: ProbeTarget, url: str, folder: Path) -> ProbeResult:
    """Probe with every host led to ``url``."""
    hosts = [target.site(system).partition("/")[0] for system in target.systems]
    mapped = replace(target, loopback_map=",".join(f"{host}={url}" for host in hosts))
    return run_probe(mapped, Permits(tries_on="c4c"), folder / "probe")


@pytest.fixture
def wall() -> Iterator[StandIn]:
    """401 to everything."""
    with stand_in(lambda _: (401, "text/html", b"<h1>Logon failed</h1>")) as made:
        yield made


def test_a_password_that_is_refused_stops_that_system_after_one_try(
    target: ProbeTarget, wall: StandIn, tmp_path: Path
) -> None:
    outcome = run(target, wall.url, tmp_path)
    assert outcome.stopped.keys() == {"cmi", "c4c"}
    assert all("Stopped at once, so as not to lock the user" in why for why in outcome.stopped.values())
    with_password = [path for _, path, credentials in wall.asked if credentials]
    assert len(with_password) == 2  # one for each account
    assert not outcome.ok


def test_a_tenant_that_asks_to_slow_down_is_left_in_peace(target: ProbeTarget, tmp_path: Path) -> None:
    with stand_in(lambda _: (429, "application/json", b"{}")) as server:
        outcome = run(target, server.url, tmp_path)
    assert len(server.asked) == 2
    assert all("Stopped at once; try again after" in why for why in outcome.stopped.values())


def test_an_address_without_a_server_is_reported_with_the_variable_and_a_remedy(
    target: ProbeTarget, tmp_path: Path
) -> None:
    with socket.socket() as stored:  # bound, not listening: refuses every connection
        stored.bind(("127.0.0.1", 0))
        outcome = run(target, f"http://127.0.0.1:{stored.getsockname()[1]}", tmp_path)
    text = "the host of ATTACHMENT_PROBE_C4C_URL cannot be reached (ConnectError); check the address"
    assert outcome.stopped["c4c"].startswith(f"c4c: {text}")
    assert outcome.exchanges == 0


def test_a_certificate_without_a_trusted_issuer_gets_no_request(target: ProbeTarget, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, target.site("c4c"))
    only_c4c = replace(target, systems=("c4c",))
    with stand_in(lambda _: LOGIN_PAGE, certificate) as server:
        outcome = run(only_c4c, server.url, tmp_path)
    assert "cannot be trusted; nothing was sent" in outcome.stopped["c4c"]
    assert server.asked == []


def test_a_certificate_of_ones_own_is_trusted_when_it_is_named(target: ProbeTarget, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, target.site("c4c"))
    trusting = replace(target, systems=("c4c",), ca_file=str(certificate))
    with stand_in(lambda _: LOGIN_PAGE, certificate) as server:
        outcome = run(trusting, server.url, tmp_path)
    assert len(server.asked) == 2
    assert "with a web page where OData was expected" in outcome.stopped["c4c"]


@pytest.mark.parametrize("answer", [LOGIN_PAGE, (302, "text/plain", b"")])
def test_a_login_page_in_place_of_the_tenant_is_recognised(
    target: ProbeTarget, answer: tuple[int, str, bytes], tmp_path: Path
) -> None:
    with stand_in(lambda _: answer) as server:
        outcome = run(target, server.url, tmp_path)
    assert "with a web page where OData was expected: a login page?" in outcome.stopped["c4c"]
    assert "CMI_URL must be the address of CMI itself" in outcome.stopped["cmi"]
    assert len(server.asked) == 3  # C4C was asked once without credentials before
    assert not [one for one in outcome.with_word("confirmed") if one.describable]


def test_a_chat_in_no_known_shape_is_refuted_without_a_value_and_leaves_its_form_as_evidence(
    target: ProbeTarget, tmp_path: Path
) -> None:
    document = {"conversation": {"parts": [{"media": {"href": "https://files.example/secret", "who": "Wilhelmina"}}]}}
    only_cmi = replace(target, systems=("cmi",))
    with stand_in(lambda _: (200, "application/json", json.dumps(document).encode())) as server:
        outcome = run_probe(
            replace(only_cmi, loopback_map=f"{target.site('cmi').partition('/')[0]}={server.url}"),
            Permits(),
            tmp_path / "probe",
        )
    [shape] = [one for one in outcome.verdicts if one.assumption.id == "cmi.dialect.chat_shape"]
    assert (shape.word, shape.describable) == ("refuted", False)
    assert "in none of the shapes A to D" in shape.detail
    assert "[cmi.chat_shape]" not in (outcome.folder / "dialect.toml").read_text()
    kept = json.loads((outcome.folder / outcome.files["cmi.chat"]).read_text())["answer"]["body"]
    [media] = kept["conversation"]["parts"]
    assert media["media"].keys() == {"href", "who"}
    assert "Wilhelmina" not in json.dumps(kept)


def test_messages_without_files_are_no_shape_and_no_refutation(target: ProbeTarget, tmp_path: Path) -> None:
    document = {"id": "1", "messages": [{"message": "hello", "originator_type": "customer"}]}
    with stand_in(lambda _: (200, "application/json", json.dumps(document).encode())) as server:
        outcome = run(replace(target, systems=("cmi", "c4c")), server.url, tmp_path)
    [shape] = [one for one in outcome.verdicts if one.assumption.id == "cmi.dialect.chat_shape"]
    assert (shape.word, shape.detail) == (
        "not seen",
        "messages, but no attachment among them: name a contact that has some",
    )


def test_refused_credentials_are_not_sent_again(target: ProbeTarget, wall: StandIn) -> None:
    host = target.site("c4c")
    client = ProbeClient(replace(target, loopback_map=f"{host}={wall.url}"), Permits())
    for label in ("first", "second"):
        with pytest.raises(CredentialsRefused):
            client.ask("c4c", label, f"{target.c4c_url}/sap/c4c/odata/v1/chatactivity/")
    client.ask("c4c", "nobody", f"{target.c4c_url}/", credentials="none")
    client.close()
    assert [credentials for _, _, credentials in wall.asked] == [True, False]
