"""Settings: every bad value names its variable, and no secret is ever shown."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from attachment_transfer.core.dialect import BadDialect, overlay, read_dialect
from attachment_transfer.runtime.setting_kinds import BadSettings
from attachment_transfer.runtime.settings import Settings, shipped_dialect

KEY = "k1:" + base64.urlsafe_b64encode(bytes(range(32))).decode()
GOOD = {"ATTACHMENT_TRANSFER_SEALING_KEYS": KEY}


def read(**changes: str) -> Settings:
    env = {
        **GOOD,
        **{
            name if name.isupper() and name.startswith("DATABASE") else f"ATTACHMENT_TRANSFER_{name}": value
            for name, value in changes.items()
        },
    }
    return Settings.from_env(env)


def test_a_sealing_key_is_all_that_must_be_set() -> None:
    settings = read()
    assert settings.database_url == "sqlite:///var/attachment-transfer.db"
    assert (settings.port, settings.worker_port) == (8104, 8105)
    assert settings.lab_mode is False
    assert settings.egress.rules == ()
    assert {pattern.text for pattern in settings.allowed_hosts} == {
        "*.execute-api.*.amazonaws.com",
        "*.crm.cloud.sap",
        "*.crm.ondemand.com",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65535"),
        ("PORT", "http"),
        ("PORT", ""),
        ("PORT", "²"),
        ("PORT", "-1"),
        ("PORT", "8104.0"),
        ("PORT", "9" * 5_000),
        ("LAB_MODE", "perhaps"),
        ("LAB_CLOCK_FILE", "/tmp/clock"),
        ("LAB_CRASH_FILE", "/tmp/crash"),
        ("EGRESS_MAP", "*.crm.cloud.sap"),
        ("EGRESS_MAP", "*.crm.cloud.sap=http://127.0.0.1:1"),
        ("EGRESS_MAP", "*.crm.cloud.sap=https://h:99999"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "https://x"),
        ("PRIVATE_NETWORKS", "10.0.0.0/8"),
        ("PRIVATE_NETWORKS", "x.example=10.0.0.1/8"),
        ("PRIVATE_NETWORKS", "x.example=somewhere"),
        ("TOKEN_LEEWAY_S", "-1"),
        ("TOKEN_LEEWAY_S", "nan"),
        ("UPLOAD_TIMEOUT_S", "inf"),
        ("READ_TIMEOUT_S", "soon"),
        ("REDRIVE_S", "0"),
        ("RETENTION_S", "-1"),
        ("RETENTION_S", "nan"),
        ("VERIFY_DIGEST", "2"),
        ("MAX_REQUEST_BYTES", "10"),
        ("MAX_ATTACHMENT_BYTES", "0"),
        ("ROUNDS_PER_WORKER", "0"),
        ("ROUNDS_PER_TENANT", "65"),
        ("DRAIN_S", "-1"),
        ("SYNC_WAIT_S", "61"),
        ("SYNC_WAIT_S", "nan"),
        ("LOG_FORMAT", "xml"),
        ("SETTLE_S", "-1"),
        ("SETTLE_S", "nan"),
        ("SETTLE_S", "inf"),
        ("SETTLE_S", "long"),
        ("DIALECT_FILE", "/nowhere/dialect.toml"),
        ("CALLERS_FILE", "/nowhere/callers.toml"),
        ("SEALING_KEYS", "k1:short"),
        ("SEALING_KEYS", f"{KEY},{KEY}"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=f"ATTACHMENT_TRANSFER_{name}"):
        read(**{name: value})


@pytest.mark.parametrize(("text", "meant"), [("1", True), (" TRUE ", True), ("on", True), ("0", False), ("", False)])
def test_switches_are_read_in_the_usual_words(text: str, meant: bool) -> None:
    assert read(VERIFY_DIGEST=text).verify_digest is meant


def test_the_lab_may_map_to_loopback_and_move_the_clock() -> None:
    settings = read(LAB_MODE="1", EGRESS_MAP="*.crm.cloud.sap=http://127.0.0.1:8103", LAB_CLOCK_FILE="/tmp/clock")
    assert settings.lab_clock_file == Path("/tmp/clock")
    assert settings.egress.target_for("a.crm.cloud.sap") is not None


def test_without_a_sealing_key_nothing_starts() -> None:
    with pytest.raises(BadSettings, match=r"ATTACHMENT_TRANSFER_SEALING_KEYS .*keys new"):
        Settings.from_env({})


def test_secrets_are_read_from_files(tmp_path: Path) -> None:
    keys, url = tmp_path / "keys", tmp_path / "url"
    keys.write_text(KEY + "\n", encoding="utf-8")
    url.write_text("postgresql://u:Word-1618@h/db\n", encoding="utf-8")
    settings = Settings.from_env({"ATTACHMENT_TRANSFER_SEALING_KEYS_FILE": str(keys), "DATABASE_URL_FILE": str(url)})
    assert settings.sealing_keys == KEY
    assert settings.database_url == "postgresql://u:Word-1618@h/db"


def test_a_secrets_file_outranks_the_default_that_an_image_brings(tmp_path: Path) -> None:
    url = tmp_path / "url"
    url.write_text("postgresql://u@h/db\n", encoding="utf-8")
    assert read(DATABASE_URL="sqlite:////data/x.db", DATABASE_URL_FILE=str(url)).database_url == "postgresql://u@h/db"


def test_an_empty_database_url_file_is_no_silent_way_to_another_database(tmp_path: Path) -> None:
    url = tmp_path / "url"
    url.write_text("\n", encoding="utf-8")
    with pytest.raises(BadSettings, match=r"DATABASE_URL_FILE=.* is empty"):
        read(DATABASE_URL="sqlite:////data/x.db", DATABASE_URL_FILE=str(url))


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b" \n"])
def test_a_secret_file_that_cannot_be_read_names_its_variable(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "keys"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadSettings, match="ATTACHMENT_TRANSFER_SEALING_KEYS_FILE"):
        Settings.from_env({"ATTACHMENT_TRANSFER_SEALING_KEYS_FILE": str(file)})


@pytest.mark.parametrize(
    "url", ["mysql://u:Word-1618@h/db", "ledger.db", "sqlite://", "sqlite:///:memory:", "http://x"]
)
def test_a_database_of_another_kind_is_refused_by_its_scheme_and_no_more(url: str) -> None:
    with pytest.raises(BadSettings, match=r"^DATABASE_URL starts with") as caught:
        read(DATABASE_URL=url)
    assert "Word-1618" not in str(caught.value)


def test_no_repr_shows_a_secret() -> None:
    shown = repr(Settings.from_env({**GOOD, "DATABASE_URL": "postgresql://u:Word-1618@h/db"}))
    assert KEY[3:] not in shown
    assert "Word-1618" not in shown


def test_a_settle_time_is_the_dialects_unless_it_is_set() -> None:
    assert read().dialect.c4c_settle_s == 30.0
    assert read(SETTLE_S="2.5").dialect.c4c_settle_s == 2.5
    assert read(SETTLE_S="0").dialect.c4c_settle_s == 0.0


def test_every_shipped_assumption_has_evidence_and_a_source() -> None:
    for section, entries in shipped_dialect().items():
        for name, entry in entries.items():
            assert entry["evidence"] in {"documented", "recorded", "inferred", "assumed"}, f"{section}.{name}"
            assert entry["source"], f"{section}.{name}"


def test_a_tenants_own_file_replaces_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "dialect.toml"
    file.write_text('[c4c.attachment_type_code]\nvalue = "10044"\n', encoding="utf-8")
    dialect = read(DIALECT_FILE=str(file)).dialect
    assert dialect.c4c_attachment_type_code == "10044"
    assert dialect.c4c_attachment_category_code == "2"


@pytest.mark.parametrize(
    "document",
    [
        {"c4c": {"unheard_of": {"value": 1}}},
        {"c4c": {"settle_s": {}}},
        {"c4c": {"settle_s": 5}},
        {"c4c": 5},
        {"settle_s": 5},
        {"c4c": {"settle_s": {"value": "long"}}},
        {"c4c": {"settle_s": {"value": -1}}},
        {"c4c": {"settle_s": {"value": True}}},
        {"c4c": {"lock_pattern": {"value": "("}}},
        {"c4c": {"lock_pattern": {"value": 5}}},
        {"c4c": {"lookups": {"value": [{"service": "x"}]}}},
        {"c4c": {"lookups": {"value": 5}}},
        {"c4c": {"lookups": {"value": []}}},
        {"c4c": {"size_field_holds_bytes": {"value": "no"}}},
        {"c4c": {"key_field": {"value": "Nmae"}}},
        {"cmi": {"chat_routes": {"value": "chats/{contact_id}"}}},
        {"cmi": {"chat_routes": {"value": ["chats/{contact}"]}}},
        {"cmi": {"chat_routes": {"value": []}}},
        {"cmi": {"originators": {"value": "customer"}}},
        {"cmi": {"originators": {"value": [5]}}},
    ],
)
def test_a_dialect_entry_that_cannot_be_used_is_refused_by_its_name(document: dict[str, object]) -> None:
    base = read_dialect(shipped_dialect())
    with pytest.raises(BadDialect, match=r"dialect (entry|section)"):
        overlay(base, document)


def test_a_dialect_that_lacks_an_entry_is_refused() -> None:
    document = shipped_dialect()
    del document["c4c"]["settle_s"]
    with pytest.raises(BadDialect, match="c4c_settle_s"):
        read_dialect(document)
