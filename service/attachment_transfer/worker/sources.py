"""Where a file's bytes come from: CMI, or, for a transcript, the chat's messages, rendered again each time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from attachment_transfer.clients.body import BLOCK_BYTES
from attachment_transfer.clients.cmi.client import CmiClient
from attachment_transfer.clients.cmi.downloads import OpenSource
from attachment_transfer.core.answers.sniffing import plain_type
from attachment_transfer.core.errors import NotThereYet
from attachment_transfer.core.model import SourceAttachment
from attachment_transfer.core.transcript import contact_of, render, sha256_of, transcript_source


@contextmanager
def open_source(source: SourceAttachment, cmi: CmiClient) -> Iterator[OpenSource]:
    """Open ``source`` to be read once. Raises what the CMI client raises."""
    if not source.is_transcript:
        with cmi.open(source) as opened:
            yield opened
        return
    content = _transcript(cmi, contact_of(source))
    if hashlib.sha256(content).hexdigest() != sha256_of(source):
        raise NotThereYet("the chat changed while its transcript was made")
    pieces = (content[start : start + BLOCK_BYTES] for start in range(0, len(content), BLOCK_BYTES))
    yield OpenSource(len(content), pieces, plain_type(source.content_type))


def present_transcript(source: SourceAttachment, cmi: CmiClient) -> SourceAttachment:
    """The chat's present transcript: ``source`` again, or a newer version of it."""
    contact_id = contact_of(source)
    return transcript_source(contact_id, _transcript(cmi, contact_id))


def _transcript(cmi: CmiClient, contact_id: str) -> bytes:
    conversation = cmi.conversation(contact_id, with_messages=True)
    if not conversation.known:
        raise NotThereYet("CMI has no history of this contact any more")
    return render(contact_id, conversation.messages)
