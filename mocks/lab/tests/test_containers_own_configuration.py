"""What a customer's configuration becomes for the containers: aliases, certificates, settings, the first tenant."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode does not
from configuration_samples import CUSTOMERS, chat_configuration, envelope

from attachment_lab.containers import names as fixed
from attachment_lab.containers.own_configuration import FOLDER, compose_override, read_folder
from attachment_lab.containers.provision import provision
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.tenant.credentials import TenantNames

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SETTINGS = COMPOSE["x-service-environment"]


def written(folder: Path, configurations: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    for number, each in enumerate(configurations):
        (folder / f"{number}.json").write_text(json.dumps(each))
    return folder


def names_of(folder: Path) -> TenantNames:
    found = read_folder(folder)
    assert found is not None
    return found.names


def test_the_settings_that_a_configuration_adds_to_are_those_of_the_compose_file() -> None:
    assert SETTINGS["ATTACHMENT_TRANSFER_ALLOWED_HOSTS"] == fixed.ALLOWED_HOSTS
    assert SETTINGS["ATTACHMENT_TRANSFER_TOKEN_ISSUERS"] == fixed.TOKEN_ISSUERS
    given = SETTINGS["ATTACHMENT_TRANSFER_PRIVATE_NETWORKS"].replace(" ", "")
    assert given == fixed.private_networks(fixed.PRIVATE_NAMES)


def test_custom_domains_become_aliases_allowed_hosts_and_private_names(tmp_path: Path) -> None:
    folder = written(tmp_path / "edi", CUSTOMERS["custom domains"])
    services = compose_override(names_of(folder), folder)["services"]
    assert services["cmi"]["networks"]["stack"]["aliases"] == ["cmi.heron.example"]
    assert services["c4c"]["networks"]["stack"]["aliases"] == ["crm.heron.example"]
    assert "orchestration" not in services, "the issuer's host is one of the documented ones"
    assert services["provision"]["volumes"] == [f"{folder}:{FOLDER}:ro"]
    for name in ("api-1", "api-2", "worker-1", "worker-2"):
        settings = services[name]["environment"]
        assert settings["ATTACHMENT_TRANSFER_ALLOWED_HOSTS"].endswith(",cmi.heron.example,crm.heron.example")
        assert settings["ATTACHMENT_TRANSFER_TOKEN_ISSUERS"].endswith(",https://login-eu-c1.cc.sinch.com/heron")
        assert "crm.heron.example=172.16.0.0/12" in settings["ATTACHMENT_TRANSFER_PRIVATE_NETWORKS"]


def test_an_issuer_of_ones_own_is_an_alias_and_the_only_one_added(tmp_path: Path) -> None:
    inner = chat_configuration("https://cmi.teal.example/teal/cmi", "https://crm.teal.example")
    issuer = "https://auth.teal.example/realms/cc"
    given = envelope(inner) | {"oauth": {"access_token_url": f"{issuer}/token", "issuer": issuer}}
    folder = written(tmp_path / "edi", [given])
    services = compose_override(names_of(folder), folder)["services"]
    assert services["orchestration"]["networks"]["stack"]["aliases"] == ["auth.teal.example"]
    settings = services["api-1"]["environment"]
    assert settings["ATTACHMENT_TRANSFER_TOKEN_ISSUERS"] == f"{fixed.TOKEN_ISSUERS},{issuer}"
    assert "auth.teal.example" not in settings["ATTACHMENT_TRANSFER_ALLOWED_HOSTS"]


@pytest.mark.parametrize("customer", [each for each in CUSTOMERS if "port" not in each])
def test_every_customer_gets_a_certificate_for_each_name(tmp_path: Path, customer: str) -> None:
    own = names_of(written(tmp_path / "edi", CUSTOMERS[customer]))
    assert provision(tmp_path / "run", own)
    covered = {"cmi": {own.cmi_host}, "c4c": set(own.c4c_hosts)}
    for container, hosts in covered.items():
        pem = (tmp_path / "run" / f"tls-{container}" / "tls.pem").read_bytes()
        certificate = x509.load_pem_x509_certificates(pem)[0]
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert hosts <= set(named.get_values_for_type(x509.DNSName))
    settings = json.loads((tmp_path / "run" / "console" / "console.json").read_text())
    assert TenantNames.from_json(settings["tenant"]) == own


def test_a_port_of_its_own_is_refused_with_the_other_way(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="up --edi"):
        read_folder(written(tmp_path / "edi", CUSTOMERS["CMI on premises, with a port"]))


def test_errors_of_the_gate_refuse(tmp_path: Path) -> None:
    broken = chat_configuration("http://cmi.heron.example/heron/cmi", "https://crm.heron.example")
    with pytest.raises(LabError, match="no tenant can be made"):
        read_folder(written(tmp_path / "edi", [broken]))


def test_no_file_is_no_configuration(tmp_path: Path) -> None:
    assert read_folder(tmp_path) is None
    assert read_folder(tmp_path / "missing") is None


def test_volumes_of_another_configuration_are_refused_and_stay_as_they_are(tmp_path: Path) -> None:
    heron = names_of(written(tmp_path / "heron", CUSTOMERS["custom domains"]))
    tulip = names_of(written(tmp_path / "tulip", CUSTOMERS["an older domain of C4C"]))
    assert provision(tmp_path / "run", heron)
    before = (tmp_path / "run" / "console" / "console.json").read_bytes()
    with pytest.raises(WrongUse, match="make down"):
        provision(tmp_path / "run", tulip)
    assert not provision(tmp_path / "run", heron), "the same one again"
    assert not provision(tmp_path / "run"), "started again without it"
    assert (tmp_path / "run" / "console" / "console.json").read_bytes() == before
