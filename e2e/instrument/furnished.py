"""A world as a partner would show it: customers, chats in every state, files of every kind."""

from __future__ import annotations

import tempfile
from pathlib import Path

from attachment_lab.conversation import Sendable
from attachment_lab.files import customer_files
from attachment_lab.tenant import Tenant

#: Every kind of file but the one of 25 MB, which would only take time.
SMALL_BYTES = 4 * 1024 * 1024


def furnish(tenant: Tenant) -> None:
    """One chat that waits, one under way, one without files, one that failed in part, and last one that arrived."""
    with tempfile.TemporaryDirectory(prefix="furnished-") as folder:
        files: list[Sendable] = [each for each in customer_files(Path(folder)) if _is_small(each.path)]
        _wait_for_an_agent(tenant, files)
        _be_under_way(tenant, files)
        _end_without_files(tenant)
        _lose_one_file(tenant, files)
        _arrive(tenant, files)


def _wait_for_an_agent(tenant: Tenant, files: list[Sendable]) -> None:
    chat = tenant.chat(files=files[3:4], accepted=False, customer={"name": "Aino Korhonen", "email": "aino@example.fi"})
    chat.say("Hei! Lähetän tarjouspyynnön liitteenä.")


def _be_under_way(tenant: Tenant, files: list[Sendable]) -> None:
    chat = tenant.chat(files=files[:2], customer={"name": "Jonas Weber", "email": "jonas.weber@example.de"})
    chat.say("Die Heizung zeigt Fehler F28. Fotos habe ich angehängt.")
    chat.say("Danke, ich sehe sie mir an.", originator_type="agent")


def _end_without_files(tenant: Tenant) -> None:
    chat = tenant.chat(customer={"name": "Jonas Weber", "email": "jonas.weber@example.de"})
    chat.say("When do you open tomorrow?")
    chat.end()
    tenant.wait_until_settled()


def _lose_one_file(tenant: Tenant, files: list[Sendable]) -> None:
    chat = tenant.chat(files=files[:4])
    gone = f"*/attachments/{chat.files[1].id}*"
    fault = tenant.fault(mock="cmi", kind="status", path=gone, method="GET", times=None, status=404)
    chat.end()
    tenant.wait_until_settled(timeout_s=120)
    fault.remove()
    chat.wrap_up()


def _arrive(tenant: Tenant, files: list[Sendable]) -> None:
    chat = tenant.chat(files=files)
    chat.say("Hello! The boiler is broken, I am sending photos and the papers.")
    chat.say("Thank you, I have everything I need.", originator_type="agent")
    chat.end()
    tenant.wait_until_settled(timeout_s=120)
    chat.wrap_up()
    tenant.wait_until_settled(timeout_s=120)


def _is_small(path: Path) -> bool:
    return path.stat().st_size < SMALL_BYTES
