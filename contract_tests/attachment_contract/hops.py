"""Which schema holds where on the way of an attachment: one validator for each hop and direction.

Made for whoever watches live traffic: name the hop, hand over the document, get sentences back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from attachment_contract.schemas_store import validator


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One exchange.

    Attributes:
        request: schemas of which the request has to fit one; empty = it has no body.
        answer: schemas of a good answer, one of which has to fit.
        refusal: schemas of an answer with a status from 400.
        wrapped: the documents are ``{"status", "headers", "body"}`` or ``{"headers", "form" | "body"}``.
    """

    request: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()
    refusal: tuple[str, ...] = ()
    wrapped: bool = False


HOPS: dict[str, Hop] = {
    "oauth.token": Hop(
        request=("oauth_token_request.v1",), answer=("oauth_token_answer.v1",), refusal=("oauth_error.v1",)
    ),
    "oauth.keys": Hop(answer=("jwks.v1",)),
    "endpoint": Hop(
        request=("chat_attachments_request.v1",),
        answer=("chat_attachments_answer.v1",),
        refusal=("chat_attachments_answer.v1",),
        wrapped=True,
    ),
    "status": Hop(answer=("transfer.v1", "transfers_page.v1"), refusal=("problem.v1",)),
    "cmi.chat": Hop(answer=("cmi_chat.v1", "cmi_chat_inline.v1"), refusal=("cmi_error.v1",)),
    "cmi.legs": Hop(answer=("cmi_chat_legs.v1",), refusal=("cmi_error.v1",)),
    "cmi.messages": Hop(answer=("cmi_chat_messages.v1",), refusal=("cmi_error.v1",)),
    "c4c.references": Hop(answer=("c4c_collection.v1",), refusal=("c4c_error.v1",)),
    "c4c.reference": Hop(answer=("c4c_reference.v1",), refusal=("c4c_error.v1",)),
    "c4c.activity": Hop(answer=("c4c_activity.v1",), refusal=("c4c_error.v1",)),
    "c4c.attachments": Hop(answer=("c4c_collection.v1",), refusal=("c4c_error.v1",)),
    "c4c.attachment": Hop(
        request=("c4c_attachment_create.v1",), answer=("c4c_attachment.v1",), refusal=("c4c_error.v1",)
    ),
}


def complaints(hop: str, part: str, document: Any) -> list[str]:
    """Why ``document`` fits no schema of this hop's ``part`` (request, answer, refusal); empty = it fits.

    The sentences name places and keywords, never values: a value may be a secret. Raises ``LookupError``.
    """
    if hop not in HOPS:
        raise LookupError(f"no hop {hop!r}; there are: {', '.join(HOPS)}")
    names: tuple[str, ...] = getattr(HOPS[hop], part)
    found = [_complaints(name, document) for name in names]
    if not found or not all(found):
        return []
    return min(found, key=len)


def _complaints(name: str, document: Any) -> list[str]:
    return [
        f"{name}: {'/'.join(str(part) for part in error.absolute_path) or 'the document'} breaks {error.validator!r}"
        for error in validator(name).iter_errors(document)
    ]
