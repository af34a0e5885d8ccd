"""When a process is ready: an address, what it must answer, and what it answered last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

#: On a busy machine a health check may take seconds.
ANSWER_TIMEOUT_S = 10.0
SHOWN_CHARS = 200


@dataclass
class Readiness:
    """Sends ``method`` to ``url`` until the answer is ``good``.

    Attributes:
        wanted: what a good answer is, in words that follow the address; empty for a health address.
        last: the last answer, or the error in its place.
    """

    url: str
    method: str = "GET"
    good: Callable[[httpx.Response], bool] = lambda answer: answer.is_success
    wanted: str = ""
    last: str = "no answer yet"

    def ready(self) -> bool:
        """Ask once."""
        body: dict[str, str] | None = {} if self.method == "POST" else None
        try:
            answer = httpx.request(self.method, self.url, json=body, timeout=ANSWER_TIMEOUT_S, trust_env=False)
        except httpx.HTTPError as exc:
            self.last = type(exc).__name__
            return False
        self.last = f"{answer.status_code} {answer.text[:SHOWN_CHARS]}".strip()
        return self.good(answer)

    def words(self) -> str:
        """The address and its last answer."""
        if self.wanted:
            return f"{self.method} {self.url} {self.wanted}; the last answer: {self.last}"
        return f"{self.url} says {self.last}"
