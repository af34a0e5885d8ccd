"""What can go wrong, sorted by what we do next.

TransferError
├── NotWanted                our policy skips this file: no error, no person is needed
├── TryAgain                 a later round may succeed; the retry policy says when
│   ├── NeighbourUnavailable     no answer, or 5xx before anything was written
│   ├── NeighbourBusy            429, 503 or a lock: it asked us to slow down
│   │   ├── ActivityLocked           another user is saving to the same activity
│   │   └── NotCalled                it failed before, and we do not call it now
│   ├── NotThereYet              something at a neighbour does not exist yet
│   │   ├── NoHistory                CMI knows nothing of this contact
│   │   └── NoActivity               no lookup finds an activity with this contact's reference
│   ├── ScannerUnavailable       no verdict of the virus scanner: never treated as clean
│   ├── OutcomeUnknown           we sent an upload, and no answer says whether it was stored
│   │   └── StillCommitting          an earlier upload is given time to be committed
│   │       └── NotShownYet              C4C acknowledged it, and does not show it after that time
│   ├── DownloadDoubted          what CMI sent is not, or may not be, the file that it lists
│   │   ├── SizeDiffers              another number of bytes than the listing says
│   │   ├── NotTheFile               a web page, an error document, or a status that is no file
│   │   ├── UnknownCoding            packed in a way that the service does not unpack
│   │   └── IncompleteDownload       not whole by its length, or nothing shows that it is
│   ├── LinkExpired              a signed address is out of date; the next listing brings a new one
│   ├── UploadQuestioned         C4C refused a file for an unknown cause: sent once more
│   └── Defect                   an unexpected error of ours; a few tries, then a person
└── GiveUp                   parked for a person, with a remedy
    ├── CredentialRefused        401: never retried, a retry can lock the user
    ├── AccessDenied             403: a right or a service tick is missing
    ├── AttachmentGone           the source no longer has the file
    ├── AttachmentRefused        C4C, our policy or the virus scanner does not accept this file
    ├── AmbiguousActivity        more than one activity carries the reference
    ├── RedirectedUpload         C4C answered an upload with a redirect
    ├── DigestMismatch           the bytes at C4C are not the bytes of the source
    ├── DestinationRefused       an address outside the allow-list, or not https
    └── UnexpectedAnswer         a neighbour answered what its contract does not allow
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why something failed or was skipped, as an operator reads it.

    Attributes:
        code: stable, kebab-case; the key of the retry policy and of the runbook.
        message: one sentence, never with a secret or a body in it.
        remedy: what a person can do about it.
    """

    code: str
    message: str
    remedy: str


class TransferError(Exception):
    """Root of everything the service raises about a transfer."""

    code = "internal"
    remedy = "Search for the transfer id in the worker's log."
    #: True if an upload may exist at C4C despite the error: its intent stays open, and C4C is listed before the next
    #: POST.
    may_exist = False

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if remedy is not None:
            self.remedy = remedy

    @classmethod
    def because(cls, reason: Reason) -> Self:
        """The error for a reason that was decided elsewhere."""
        error = cls(reason.message, remedy=reason.remedy)
        error.code = reason.code
        return error

    @property
    def reason(self) -> Reason:
        """The error as it is stored and shown."""
        return Reason(code=self.code, message=self.message, remedy=self.remedy)


class NotWanted(TransferError):
    """Our policy skips this file; the reason is recorded."""

    code = "not-wanted"
    remedy = "Nothing to do."


class TryAgain(TransferError):
    """A later round may succeed."""

    #: The reason code once it was tried often enough; None: the same.
    given_up_code: str | None = None
    #: Whether ``retry_after_s`` is about the neighbour, so that the transfer's other files wait too (RFC 9110, 10.2.3).
    concerns_all_files = True

    code = "try-again"

    def __init__(self, message: str, *, retry_after_s: float | None = None, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class NeighbourUnavailable(TryAgain):
    """A neighbour did not answer, or answered 5xx before we wrote anything."""

    code = "neighbour-unavailable"
    remedy = "Check the neighbour's status and the network path; the transfer continues by itself."


class NeighbourBusy(TryAgain):
    """A neighbour asked us to slow down, or the object is locked."""

    code = "neighbour-busy"
    remedy = "Nothing to do: the transfer waits as long as the neighbour asks for."


class ActivityLocked(NeighbourBusy):
    """Another user is saving to the same activity: it may be free again for the next file."""

    concerns_all_files = False


class NotCalled(NeighbourBusy):
    """The neighbour failed before and is not called now. Nothing new is known of it: the earlier reason stands."""


class NotThereYet(TryAgain):
    """The chat's history, or the activity, does not exist yet.

    Attributes:
        end_code: the reason code of the normal end that it is if that does not change; None: it is none.
    """

    code = "not-there-yet"
    remedy = "Nothing to do: history may be complete only after wrap-up."
    end_code: str | None = None


class NoHistory(NotThereYet):
    """CMI knows nothing of this contact."""

    remedy = (
        "Tick the event Closed beside Ended: history may be complete only after wrap-up. Check that the CMI user has "
        "the right Manage contact history on the chat's queue."
    )
    end_code = "unknown-contact"


class NoActivity(NotThereYet):
    """No lookup finds an activity with this contact's reference.

    SAP documents the reference for inbound calls, and that outbound calls need none (KBA 3481409); chats are inferred.
    """

    remedy = (
        "Check in C4C that the chat's activity shows this contact id as its External ID, and the communication system "
        "of the CTI. An outbound chat's activity may carry none: attach its files by hand."
    )
    end_code = "no-activity"


class ScannerUnavailable(TryAgain):
    """The virus scanner is away, broke off, or answered with an error: the file was not scanned."""

    code = "scanner-unavailable"
    remedy = "Check the scanner at ATTACHMENT_TRANSFER_CLAMD; the transfer continues by itself."


class OutcomeUnknown(TryAgain):
    """An upload was sent and not answered; C4C is listed after the settle time."""

    code = "outcome-unknown"
    may_exist = True
    remedy = "Nothing to do: the service lists the activity's attachments before it posts again."


class StillCommitting(OutcomeUnknown):
    """An earlier upload of this file is given time to be committed: a wait of ours, so the other files go on."""

    concerns_all_files = False


class NotShownYet(StillCommitting):
    """C4C acknowledged the upload and does not show it after the settle time. It is not sent again by itself."""

    remedy = (
        "Look at the activity's attachments in C4C: the upload was acknowledged. If the file is not there after some "
        "minutes, retry the transfer: only then is it sent again."
    )


class DownloadDoubted(TryAgain):
    """What CMI sent is not, or may not be, the file that it lists. Nothing of it reaches C4C."""


class SizeDiffers(DownloadDoubted):
    """Another number of bytes than CMI's listing says."""

    code = "size-differs"
    remedy = (
        "Download the file with the CMI user and compare. If your tenant's listing is known to be wrong, set the "
        "dialect entry cmi.listed_size_is_exact to false; then retry the transfer."
    )


class NotTheFile(DownloadDoubted):
    """The answer is a web page, an error document, or has a status that is no file."""

    code = "not-the-file"
    remedy = (
        "Download the file with the CMI user and check what answers: a sign-in page, a proxy or a gateway is between "
        "service and CMI. Then retry the transfer."
    )


class UnknownCoding(DownloadDoubted):
    """The answer is packed (Content-Encoding) in a way that the service does not unpack, although it requested none."""

    code = "unknown-coding"
    remedy = "A proxy between service and CMI packs answers: switch that off for this address, then retry the transfer."


class IncompleteDownload(DownloadDoubted):
    """Not whole by its length, or nothing shows that it is; a broken connection is NeighbourUnavailable."""

    code = "incomplete-download"
    remedy = "Check the network path to CMI, and proxies on it; then retry the transfer."


class LinkExpired(TryAgain):
    """A signed address is out of date. The next round reads the listing again, which has a new one."""

    code = "link-expired"
    remedy = (
        "Compare the clocks of both systems, and the life of signed addresses with the time that a chat's transfer "
        "takes; then retry the transfer."
    )


class UploadQuestioned(TryAgain):
    """C4C refused a file with a client error of unknown cause: the file is sent once more before that is final."""

    code = "upload-questioned"
    given_up_code = "attachment-refused"


class Defect(TryAgain):
    """An unexpected error: a defect of ours, or a poisoned file. Only its type is recorded."""

    code = "internal"


class GiveUp(TransferError):
    """Parked for a person."""

    code = "give-up"


class CredentialRefused(GiveUp):
    """401. Never retried: repeated failures lock the technical user."""

    code = "credential-refused"
    remedy = (
        "Correct the secret in Contact Pro's secrets manager; the next event supplies it and the transfer continues."
    )


class AccessDenied(GiveUp):
    """403. A right, a service tick or an API key is missing."""

    code = "access-denied"
    remedy = (
        "CMI user: Manage Contact History on the queue, and a valid API key. "
        "C4C user: tick the OData services in the communication arrangement."
    )


class AttachmentGone(GiveUp):
    """The source no longer has the file."""

    code = "attachment-gone"
    remedy = "Check the retention time of attachments in Contact Pro; a file that is gone cannot be carried."


class AttachmentRefused(GiveUp):
    """C4C, our policy or the virus scanner does not accept this file."""

    code = "attachment-refused"
    remedy = "Check C4C's allowed MIME types and size limit; then retry the transfer."


class AmbiguousActivity(GiveUp):
    """More than one activity carries the reference: uploading would be guessing."""

    code = "ambiguous-activity"
    remedy = "Correct the duplicate external references in C4C, then retry the transfer."


class RedirectedUpload(GiveUp):
    """C4C, or a proxy before it, answered an upload with a redirect, which is not followed."""

    code = "redirected-upload"
    remedy = (
        "Open the C4C address with the technical user: a sign-in page or a proxy answers in its place. Correct the "
        "address or the proxy, then retry the transfer."
    )


class DigestMismatch(GiveUp):
    """The bytes at C4C are not the bytes of the source. Nothing is deleted: a person decides."""

    code = "digest-mismatch"
    remedy = "Compare the object in C4C with the source; remove the damaged one, then retry the transfer."


class DestinationRefused(GiveUp):
    """An address outside the allow-list, not https, or not public."""

    code = "destination-refused"
    remedy = "Add the host to ATTACHMENT_TRANSFER_ALLOWED_HOSTS if it is yours."


class UnexpectedAnswer(GiveUp):
    """A neighbour answered what its contract does not allow."""

    code = "unexpected-answer"
    remedy = "Compare the neighbour's answer with docs/fidelity.md; a dialect entry may be wrong."
