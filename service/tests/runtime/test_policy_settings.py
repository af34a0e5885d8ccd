"""The settings of the attachment policy: their defaults, and a bad value names its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from attachment_transfer.clients.clamd import ClamdAddress
from attachment_transfer.core.policy import MimePattern
from attachment_transfer.ledger.sealing import new_master_key
from attachment_transfer.runtime.setting_kinds import PREFIX, BadSettings
from attachment_transfer.runtime.settings import Settings

NEEDED = {f"{PREFIX}SEALING_KEYS": f"k1:{new_master_key()}"}
NAMES = ("MIME_ALLOW", "MIME_DENY", "ORIGINATORS", "DEDUPLICATE_NAMES", "CLAMD", "TRANSCRIPT", "WRITE_BACK")


def settings(**values: str) -> Settings:
    return Settings.from_env({**NEEDED, **{PREFIX + name: value for name, value in values.items()}})


def test_by_default_everything_is_carried_distinctly_and_nothing_more_is_done() -> None:
    found = settings()
    assert (found.mime_allow, found.mime_deny) == ((), ())
    assert found.originators == ("customer", "agent")
    assert found.deduplicate_names is True
    assert (found.clamd, found.transcript, found.write_back) == (None, False, False)


def test_rules_are_read_as_lists() -> None:
    found = settings(MIME_ALLOW="image/*, application/pdf", MIME_DENY="image/svg+xml", ORIGINATORS="Customer, SYSTEM")
    assert found.mime_allow == (MimePattern("image/*"), MimePattern("application/pdf"))
    assert found.mime_deny == (MimePattern("image/svg+xml"),)
    assert found.originators == ("customer", "system")


def test_the_dialects_originators_hold_where_the_setting_is_silent(tmp_path: Path) -> None:
    overlay = tmp_path / "dialect.toml"
    overlay.write_text('[cmi.originators]\nvalue = ["Visitor"]\n')
    assert settings(DIALECT_FILE=str(overlay)).originators == ("visitor",)
    assert settings(DIALECT_FILE=str(overlay), ORIGINATORS="visitor,agent").originators == ("visitor", "agent")


def test_switches_and_the_scanners_address_are_read() -> None:
    found = settings(DEDUPLICATE_NAMES="0", TRANSCRIPT="1", WRITE_BACK="yes", CLAMD="unix:/run/clamd.ctl")
    assert (found.deduplicate_names, found.transcript, found.write_back) == (False, True, True)
    assert found.clamd == ClamdAddress(path="/run/clamd.ctl")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MIME_ALLOW", "images"),
        ("MIME_DENY", "image/*,exe"),
        ("ORIGINATORS", "custmer"),
        ("DEDUPLICATE_NAMES", "maybe"),
        ("CLAMD", "clamd"),
        ("CLAMD", "unix:relative"),
        ("TRANSCRIPT", "2"),
        ("WRITE_BACK", "sometimes"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=PREFIX + name):
        settings(**{name: value})


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_is_in_the_readmes_table(name: str) -> None:
    readme = Path(__file__).parents[2] / "README.md"
    table = [line for line in readme.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert [line for line in table if f"`{name}`" in line.split("|")[1]]
