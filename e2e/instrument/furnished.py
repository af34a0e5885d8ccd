"""A tenant as a partner shows it: the demo's customers, their chats in every state, their files."""

from __future__ import annotations

import time

import httpx

from attachment_lab.errors import NotSettled

LOADED_S = 240.0
POLL_S = 0.2


def furnish(console_url: str, tenant: str) -> None:
    """Let the console load the demo's customers. Raises NotSettled when that fails or does not end."""
    url = f"{console_url}/api/tenants/{tenant}/seed"
    with httpx.Client(trust_env=False, timeout=30) as http:
        http.post(url, json={}).raise_for_status()
        deadline = time.monotonic() + LOADED_S
        while (state := http.get(url).raise_for_status().json())["is_loading"]:
            if time.monotonic() > deadline:
                raise NotSettled(f"the demo's customers were not loaded within {LOADED_S:g} s: {state['message']}")
            time.sleep(POLL_S)
    if state["error"]:
        raise NotSettled(state["error"])
