"""The "JSON for Configuration" of an integration after ``definition_reader`` has read it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from orchestration_mock.model.integrations.placeholders import placeholders_in


@dataclass(frozen=True, kw_only=True)
class Authentication:
    """How the request authenticates its sender.

    Attributes:
        kind: basic, oauth or none.
        secrets_ref: name of a secret that is a whole credential.
        inline: the remaining members as written; strings may contain ``{secrets.x}``.
    """

    kind: str = "none"
    secrets_ref: str | None = None
    inline: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def literal_secrets(self) -> tuple[str, ...]:
        """Passwords that are written in the text itself, not as a placeholder."""
        values = (self.inline.get(name) for name in ("password", "client_secret"))
        return tuple(value for value in values if isinstance(value, str) and not [*placeholders_in(value)])


@dataclass(frozen=True, kw_only=True)
class RequestSpec:
    """The `request` of a configuration, checked; strings still contain their placeholders.

    Attributes:
        timeout_s: for connecting and for reading, each; None = the dialect's default.
        delay_s, delay_max_s: wait before sending, by the tenant's clock.
        proxy: ``auto``, ``no`` or an address; the mock notes it and connects directly.
        block: whether later requests of the conversation wait for the answer in any case.
    """

    method: str
    headers: dict[str, Any]
    params: dict[str, Any]
    body: Any
    condition: ast.expr | None
    timeout_s: float | None
    verify: bool
    delay_s: float
    delay_max_s: float
    authentication: Authentication
    proxy: str = "auto"
    block: bool = False


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A whole configuration text.

    Attributes:
        response_set, response_save: templates for what is written back to the conversation.
        warnings: what is allowed but undocumented or doubtful.
        used_secrets: names of all secrets the text refers to.
    """

    text: str
    request: RequestSpec
    response_set: dict[str, Any]
    response_save: dict[str, Any]
    warnings: tuple[str, ...]
    used_secrets: frozenset[str]

    @property
    def literal_secrets(self) -> tuple[str, ...]:
        """Passwords that are written in the text itself: of the authentication, or in a proxy's address."""
        user_info = self.request.proxy.rpartition("@")[0].rpartition("//")[2]
        password = user_info.partition(":")[2]
        return (*self.request.authentication.literal_secrets, *([password] if password else []))

    @property
    def waits_for_answer(self) -> bool:
        """Whether later requests of the conversation wait: by `block`, or because the answer is written back."""
        return self.request.block or bool(self.response_set or self.response_save)
