"""The command line without any process: keys, check-config, and what a wrong environment is answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from attachment_transfer.cli.main import main
from attachment_transfer.core.hosts import host_is_too_wide, issuer_is_too_wide
from attachment_transfer.ledger.sealing import KeyRing

KEY = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PRODUCTION = {
    "ATTACHMENT_TRANSFER_SEALING_KEYS": KEY,
    "ATTACHMENT_TRANSFER_TOKEN_ISSUERS": "https://login-*.cc.sinch.com/*",
    "DATABASE_URL": "postgresql://user:Word-1618@db.example/transfers",
}


def run(*arguments: str, **env: str) -> Result:
    """Run a command with exactly this environment."""
    return CliRunner(env=dict.fromkeys(PRODUCTION)).invoke(main, arguments, env=env)


def findings(**env: str) -> tuple[int, list[dict[str, str]]]:
    result = run("check-config", "--json", **env)
    return result.exit_code, json.loads(result.stdout)["findings"]


def test_keys_new_prints_a_key_that_works_and_nothing_else() -> None:
    result = run("keys", "new", "--id", "k7")
    assert result.exit_code == 0
    [(key_id, raw)] = KeyRing.parse(result.stdout).keys
    assert (key_id, len(raw)) == ("k7", 32)
    assert result.stdout.count("\n") == 1
    assert run("keys", "new").stdout != run("keys", "new").stdout
    printed = json.loads(run("keys", "new", "--id", "k7", "--json").stdout)
    assert printed["setting"] == f"{printed['id']}:{printed['key']}"
    assert KeyRing.parse(printed["setting"]).keys[0][0] == "k7"


def test_migrate_and_rotate_print_json_for_scripts(tmp_path: Path) -> None:
    env = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
        "ATTACHMENT_TRANSFER_SEALING_KEYS": run("keys", "new").stdout.strip(),
    }
    migrated = run("migrate", "--json", **env)
    assert migrated.exit_code == 0, migrated.output
    assert set(json.loads(migrated.stdout)) == {"schema", "step", "engine_schema"}
    assert json.loads(run("keys", "rotate", "--json", **env).stdout) == {"transfers": 0}


TOO_WIDE = "has no fixed domain at its end"


def test_a_production_configuration_is_good() -> None:
    assert findings(**PRODUCTION) == (0, [])
    assert run("check-config", **PRODUCTION).stdout == "the settings are good\n"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ATTACHMENT_TRANSFER_LAB_MODE": "1"}, "lab mode is on"),
        ({"ATTACHMENT_TRANSFER_TOKEN_ISSUERS": ""}, "ATTACHMENT_TRANSFER_TOKEN_ISSUERS is empty"),
        ({"ATTACHMENT_TRANSFER_EGRESS_MAP": "*.crm.cloud.sap=https://gate.example"}, "an egress map is set"),
        ({"DATABASE_URL": "sqlite:///var/x.db"}, "one worker process"),
        ({"ATTACHMENT_TRANSFER_DRAINS_S": "9"}, "no setting: is it ATTACHMENT_TRANSFER_DRAIN_S?"),
        ({"ATTACHMENT_TRANSFER_TOKEN_ISSUERS": "https://*"}, f"TOKEN_ISSUERS: 'https://*' {TOO_WIDE}"),
        ({"ATTACHMENT_TRANSFER_TOKEN_ISSUERS": "*"}, TOO_WIDE),
        ({"ATTACHMENT_TRANSFER_TOKEN_ISSUERS": "http://login.cc.sinch.com/x"}, "its keys are never fetched"),
        ({"ATTACHMENT_TRANSFER_ALLOWED_HOSTS": "*.com"}, f"ALLOWED_HOSTS: '*.com' {TOO_WIDE}"),
        ({"ATTACHMENT_TRANSFER_ALLOWED_HOSTS": "*a*"}, f"ALLOWED_HOSTS: '*a*' {TOO_WIDE}"),
        ({"ATTACHMENT_TRANSFER_PRIVATE_NETWORKS": "*.x.example=0.0.0.0/0"}, "wider than a private network can be"),
        ({"ATTACHMENT_TRANSFER_ROUNDS_PER_WORKER": "4"}, "one slow tenant can occupy a whole worker"),
        ({"ATTACHMENT_TRANSFER_ROUNDS_PER_TENANT": "9"}, "one slow tenant can occupy a whole worker"),
        ({"ATTACHMENT_TRANSFER_COLOUR": "blue"}, "ATTACHMENT_TRANSFER_COLOUR is no setting; it changes nothing"),
    ],
)
def test_what_is_unsafe_is_a_warning_and_no_failure(changes: dict[str, str], words: str) -> None:
    exit_code, found = findings(**{**PRODUCTION, **changes})
    assert exit_code == 0
    [finding] = found
    assert finding["severity"] == "warning"
    assert words in finding["message"]


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"ATTACHMENT_TRANSFER_SEALING_KEYS": ""}, "ATTACHMENT_TRANSFER_SEALING_KEYS"),
        ({"ATTACHMENT_TRANSFER_SEALING_KEYS": "k1:short"}, "ATTACHMENT_TRANSFER_SEALING_KEYS"),
        ({"ATTACHMENT_TRANSFER_PORT": "http"}, "ATTACHMENT_TRANSFER_PORT"),
        ({"DATABASE_URL": "mysql://user:Word-1618@db.example/transfers"}, "DATABASE_URL"),
    ],
)
def test_what_is_wrong_is_an_error_that_names_its_variable(changes: dict[str, str], variable: str) -> None:
    exit_code, [finding] = findings(**{**PRODUCTION, **changes})
    assert exit_code == 1
    assert finding["severity"] == "error"
    assert variable in finding["message"]
    assert "Word-1618" not in finding["message"]


def test_every_error_is_printed_at_once_and_a_misspelt_name_beside_them() -> None:
    wrong = {
        "ATTACHMENT_TRANSFER_SEALING_KEYS": "",
        "ATTACHMENT_TRANSFER_PORT": "http",
        "ATTACHMENT_TRANSFER_CALLS_PER_S": "0",
        "ATTACHMENT_TRANSFER_LAB_MODE": "perhaps",
        "ATTACHMENT_TRANSFER_ALLOWED_HOSTS": "*",
        "ATTACHMENT_TRANSFER_DIALECT_FILE": "/nowhere/dialect.toml",
        "ATTACHMENT_TRANSFER_ORIGINATORS": "customer",
        "ATTACHMENT_TRANSFER_CALLERS_FILE": "/nowhere/callers.toml",
        "ATTACHMENT_TRANSFER_LOG_FORMAT": "xml",
        "ATTACHMENT_TRANSFER_LAB_CLOCK_FILE": "/tmp/clock",
        "ATTACHMENT_TRANSFER_LAB_CRASH_FILE": "/tmp/crash",
        "DATABASE_URL": "mysql://user:Word-1618@db.example/transfers",
    }
    exit_code, found = findings(**wrong, ATTACHMENT_TRANSFER_TOKEN_ISSUER="x")
    assert exit_code == 1
    errors = [finding["message"] for finding in found if finding["severity"] == "error"]
    [warning] = [finding["message"] for finding in found if finding["severity"] == "warning"]
    assert "is it ATTACHMENT_TRANSFER_TOKEN_ISSUERS?" in warning
    for variable in wrong.keys() - {"ATTACHMENT_TRANSFER_ORIGINATORS"}:
        assert [message for message in errors if message.startswith(variable)], variable
    assert len(errors) == len(wrong) - 1
    assert "write a number of calls per second above 0" in " ".join(errors)
    assert "Word-1618" not in " ".join(errors)


def test_with_warnings_alone_it_says_good_and_how_many() -> None:
    result = run("check-config", **{**PRODUCTION, "ATTACHMENT_TRANSFER_LAB_MODE": "1"})
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "the settings are good, 1 warning(s)"
    failed = run("check-config", **{**PRODUCTION, "ATTACHMENT_TRANSFER_PORT": "http"})
    assert "good" not in failed.stdout


def test_a_wide_pattern_of_the_callers_file_is_named_with_its_caller(tmp_path: Path) -> None:
    file = tmp_path / "callers.toml"
    file.write_text('[[caller]]\nname = "*acme"\nallowed_hosts = ["*.crm.cloud.sap", "*.cloud"]\n', encoding="utf-8")
    _, [finding] = findings(**{**PRODUCTION, "ATTACHMENT_TRANSFER_CALLERS_FILE": str(file)})
    assert "'*.cloud' of '*acme'" in finding["message"]


def test_the_allow_list_file_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "allow.json"
    env = {**PRODUCTION, "ATTACHMENT_TRANSFER_ALLOW_LIST_FILE": str(file)}
    exit_code, [missing] = findings(**env)
    assert (exit_code, missing["severity"]) == (1, "error")
    assert "cannot be read" in missing["message"]
    file.write_text('{"hosts": ["*.cloud"], "issuers": ["https://login.example.org/a"]}', encoding="utf-8")
    exit_code, [wide] = findings(**env)
    assert (exit_code, wide["severity"]) == (0, "warning")
    assert "ALLOW_LIST_FILE: hosts[0]='*.cloud'" in wide["message"]
    file.write_text('{"issuers": ["http://login.example.org/a"]}', encoding="utf-8")
    exit_code, [plain] = findings(**env)
    assert (exit_code, plain["severity"]) == (1, "error")
    assert "issuers[0]='http://login.example.org/a'" in plain["message"]


def test_issuers_of_the_allow_list_file_alone_are_enough(tmp_path: Path) -> None:
    file = tmp_path / "allow.json"
    file.write_text('{"issuers": ["https://login.example.org/a"]}', encoding="utf-8")
    changes = {"ATTACHMENT_TRANSFER_TOKEN_ISSUERS": "", "ATTACHMENT_TRANSFER_ALLOW_LIST_FILE": str(file)}
    assert findings(**{**PRODUCTION, **changes}) == (0, [])


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.com",
        "*com",
        "*.com.",
        "*a*",
        "my1.crm.*",
        "*.co.uk",
        "*.com.au",
        "*loud.sap",
        "*.internal",
        "x.*.",
        "*..com",
    ],
)
def test_a_host_pattern_without_a_fixed_domain_is_too_wide(pattern: str) -> None:
    assert host_is_too_wide(pattern)
    assert issuer_is_too_wide(f"https://{pattern}/tenant")


@pytest.mark.parametrize(
    "pattern",
    [
        "*.crm.cloud.sap",
        "*.execute-api.*.amazonaws.com",
        "*.example.co.uk",
        "login-*.cc.sinch.com",
        "localhost",
        "a.b",
        "*.x.internal",
    ],
)
def test_a_host_pattern_under_a_fixed_domain_is_not(pattern: str) -> None:
    assert not host_is_too_wide(pattern)
    assert not issuer_is_too_wide(f"https://{pattern}:8443/*")


@pytest.mark.parametrize(
    "command", [("serve",), ("work",), ("run",), ("migrate",), ("transfers", "list"), ("keys", "rotate")]
)
def test_no_command_starts_with_settings_that_cannot_be_used(command: tuple[str, ...]) -> None:
    result = run(*command, **{**PRODUCTION, "ATTACHMENT_TRANSFER_PORT": "http"})
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("attachment-transfer: ATTACHMENT_TRANSFER_PORT='http'")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [("nothing",), ("transfers", "list", "--state", "lost"), ("transfers", "show")])
def test_wrong_use_is_exit_code_2(command: tuple[str, ...]) -> None:
    assert run(*command, **PRODUCTION).exit_code == 2


def test_the_dialect_is_printed_with_its_evidence() -> None:
    document = json.loads(run("dialect").stdout)
    assert document["c4c"]["settle_s"]["evidence"] == "assumed"


def test_the_version_is_printed() -> None:
    assert run("--version").stdout.startswith("attachment-transfer, version ")
