"""What helps, for a person with an own implementation: one sentence for each kind of violation."""

from __future__ import annotations

from attachment_lab.reconciliation.content_change import CMI_TO_SERVICE, CUSTOMER_TO_CMI, SERVICE_TO_C4C

DELIVER = (
    "Answer each valid event with 2xx within the time limit of the event engine. An event that failed must be sent "
    "again by an administrator: the engine tries once (assumed)."
)
LOST_EVENT = (
    "Write an event to disk, or to a database, before you answer 2xx: nothing is delivered again after that, even if "
    "the process dies."
)
ACCOUNT = "Give each attachment that CMI lists an outcome; one that is not stored needs a reason."
CARRY = (
    "Carry each attachment that CMI lists; after a failure that may pass try again, after Retry-After or with growing "
    "pauses."
)
DO_NOT_CARRY = "Apply the policy before the upload."
#: By the hop where bytes changed.
KEEP_BYTES = {
    CUSTOMER_TO_CMI: "Look at CMI: what it holds is not what was sent.",
    CMI_TO_SERVICE: (
        "Compare each download with the listed size and type, its Content-Length and its clean end, undo only codings "
        "that you know, and try again where they differ. CMI gives no digest: one changed byte cannot be seen."
    ),
    SERVICE_TO_C4C: "Send the bytes as they were read, whole, as padded Base64, under the name of their own file.",
}
ONCE = (
    "Before an upload is repeated, wait until C4C has committed the first one, list the activity, and adopt what is "
    "there: give each attachment a key that can be read back."
)
NAME_OBJECT = "Report as stored what C4C answered 201 to, or what is found in the activity's list, with its ObjectID."
NO_ORPHAN = "Store nothing but the attachments that CMI lists for the chat of the event."
NAMING = "Keep the letters, digits and extension of the customer's name; remove only what harms or deceives."
TYPE = "Send the type that the customer declared, without parameters."
HONEST = "Report a transfer as stored only when each of its files is stored or skipped with a reason."
KEEP_SECRETS = "Mask secrets before anything is written; keep them sealed while a transfer is open."
SHRED = "Delete the secrets of a transfer in the transaction that ends it."
