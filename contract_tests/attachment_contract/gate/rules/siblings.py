"""AC117: the configuration of a sibling workflow, of which the general rules alone are checked."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_contract.gate.context import RawFinding, RuleContext, finding_at


def recognised(context: RuleContext) -> Iterator[RawFinding]:
    """A note that names the workflow, and why it was recognised."""
    if context.request is None:
        return
    workflow = context.recognised.workflow
    message = f"This is a configuration of {workflow}, so the rules of chat-attachments do not apply to it."
    expected = "a configuration of chat-attachments, if the rules of that workflow are to apply"
    span = context.request.opening
    yield finding_at("AC117", context.request, message, expected, found=context.recognised.why, span=span)
