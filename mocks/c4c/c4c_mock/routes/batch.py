"""``$batch``: not built yet."""

from __future__ import annotations

from c4c_mock.model.errors import NotBuilt

from .call import Call, Reply


def run_batch(call: Call) -> Reply:  # noqa: ARG001
    """Refuse with an explanation."""
    raise NotBuilt("$batch is not built in this mock", hint="send the parts as single requests")
