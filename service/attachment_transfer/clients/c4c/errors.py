"""Turns an answer of C4C into an error, by the table of ``core/answers/c4c.py``."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import httpx

from attachment_transfer.clients.c4c.error_texts import ErrorTexts, error_texts
from attachment_transfer.clients.documents import retry_after_s
from attachment_transfer.core.answers.c4c import MIME_REMEDY, SAYS_TYPE, LockWords, Meaning, Operation, meaning_of
from attachment_transfer.core.errors import ActivityLocked, TransferError, TryAgain, UploadQuestioned

#: How long to wait after a lock error, in seconds.
_LOCK_WAIT_S = 10.0
#: Shorter texts would be masked inside ordinary words.
_SHORTEST_SECRET_CHARACTERS = 4
_SILENT_REMEDY = (
    "C4C gave no reason. Attach the same file in C4C by hand, with the same user: what C4C shows there is the reason. "
    "Then retry the transfer."
)


class C4cErrors:
    """Raises what an answer means.

    Args:
        now_s: the service's clock, epoch seconds; what an HTTP date in an answer is compared with.
        monotonic_s: bounds the reading of an error document.
    """

    def __init__(self, locks: LockWords, *, now_s: Callable[[], float], monotonic_s: Callable[[], float]) -> None:
        self._locks = locks
        self._now_s = now_s
        self._monotonic_s = monotonic_s

    def raise_if_unwell(self, response: httpx.Response, operation: Operation) -> None:
        """Return if the status is a good one for ``operation``; else raise the error of its row."""
        meaning = meaning_of(response.status_code, operation)
        if meaning.error is None:
            return
        reads = meaning.quotes or meaning.may_be_lock
        said = error_texts(response, self._monotonic_s) if reads else ErrorTexts()
        said = said.without(_secrets_of(response.request))
        asked_s = retry_after_s(response, self._now_s)
        if meaning.may_be_lock and self._locks.found(said.everything):
            message = f"C4C: the activity is locked{_said(said)}"
            raise ActivityLocked(message, retry_after_s=max(_LOCK_WAIT_S, asked_s or 0.0))
        raise _error(meaning, meaning.error, response, said, asked_s)


def _error(
    meaning: Meaning, kind: type[TransferError], response: httpx.Response, said: ErrorTexts, asked_s: float | None
) -> TransferError:
    target = _target(response) if meaning.names_target else ""
    message = meaning.words.format(status=response.status_code, target=target) + _said(said)
    remedy = meaning.remedy
    if issubclass(kind, UploadQuestioned):
        remedy = _remedy_in_its_words(said, remedy)
    if issubclass(kind, TryAgain):
        error: TransferError = kind(message, retry_after_s=asked_s, remedy=remedy)
    else:
        error = kind(message, remedy=remedy)
    error.may_exist = meaning.may_exist
    return error


def _secrets_of(request: httpx.Request) -> frozenset[str]:
    """The password and the token that the request carried."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    found = {request.headers.get("x-csrf-token", ""), credential}
    if scheme.lower() == "basic":
        with suppress(ValueError):
            found.add(base64.b64decode(credential, validate=True).decode("utf-8", "replace").partition(":")[2])
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST_SECRET_CHARACTERS)


def _said(said: ErrorTexts) -> str:
    return f'; it said: "{said.quote}"' if said.quote else ""


def _remedy_in_its_words(said: ErrorTexts, remedy: str | None) -> str:
    if not said.quote:
        return remedy or _SILENT_REMEDY
    if any(SAYS_TYPE.search(text) for text in said.spoken):
        return f'C4C said: "{said.quote}". {MIME_REMEDY}'
    return f'C4C said: "{said.quote}". Correct that in C4C or in the file; then retry the transfer.'


def _target(response: httpx.Response) -> str:
    """The host that a redirect leads to. Its path and query may contain a sign-in ticket: they are not shown."""
    try:
        host = urlsplit(response.headers.get("location", "")).hostname or ""
    except ValueError:
        host = ""
    shown = "".join(char for char in host if char.isascii() and (char.isalnum() or char in ".-:"))
    return f" to {shown[:100]}" if shown else ""
