"""What the settings say reaches the attempts."""

from __future__ import annotations

import base64
from pathlib import Path

from attachment_transfer.ledger.database import open_database
from attachment_transfer.runtime.round_wiring import attempt_rules, round_store_of
from attachment_transfer.runtime.settings import Settings
from attachment_transfer.worker.neighbours import Limits


def test_an_attempt_waits_and_verifies_as_the_settings_say(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {
            "ATTACHMENT_TRANSFER_SEALING_KEYS": f"k1:{base64.b64encode(bytes(32)).decode()}",
            "ATTACHMENT_TRANSFER_SETTLE_S": "17",
            "ATTACHMENT_TRANSFER_VERIFY_DIGEST": "1",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'a.db'}",
        }
    )
    store = round_store_of(settings, open_database(settings.database_url), lambda: 1.0)
    rules = attempt_rules(settings, Limits(), store, lambda: 1.0, 7.0)
    assert (rules.settle_s, rules.verify_digest, rules.now_s(), rules.predecessors_dead_at_s) == (17.0, True, 1.0, 7.0)
