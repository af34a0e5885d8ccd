"""The words of the domain, as the documentation has them. Data only.

Sources (read 2026-11-22): CONF = Sinch, Chat attachment upload > Configuration; EDI = Sinch, Event-driven
integrations (Configuring, Request configuration, Available data, Using conditions); BYS = Chat attachment upload >
Before you start. Evidence is documented unless a comment says otherwise.
"""

from __future__ import annotations

import re

# --- request (EDI, Request configuration) ---
REQUEST_MEMBERS = (
    "method", "authentication", "headers", "params", "body", "condition", "timeout", "proxy", "block", "verify",
    "delay", "delayMax",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
AUTHENTICATION_MEMBERS = ("type", "secrets_ref", "client_id", "client_secret", "access_token_url", "scope")
RESPONSE_MEMBERS = ("set", "save")
ORCHESTRATION_SECRET = "orchestration-layer"  # noqa: S105 - the name of a secret

# --- this endpoint (CONF) ---
SECRET_HEADERS = {
    "x-cmi-api-key": "ri-apikey",
    "x-cmi-password": "cmi-chat-attachment-upload-user",
    "x-sap-v1-password": "sap-v1-secret",
}
BODY_MEMBERS = ("cmi_url", "cmi_user", "sap_v1", "contact_id")
SAP_MEMBERS = ("url", "user")
#: The target of SAP Service Cloud Version 2, which no public page of this workflow describes; its header is inferred.
SAP_V2 = "sap_v2"
SAP_V2_HEADER = "x-sap-v2-password"
CONTACT_ID = "{contact.guid}"
ENDPOINT_PATH = "/prod/chat-attachments"
#: Endpoint host → (what the page calls the region, AWS region). The AWS regions are inferred from the data centres.
REGIONS = {
    "cc-workflows-eu-c1.cc.sinch.com": ("Europe", "eu-central-1"),
    "cc-workflows-na-w2.cc.sinch.com": ("North America", "us-west-2"),
    "cc-workflows-au-s2.cc.sinch.com": ("Australia", "ap-southeast-2"),
}
#: Short names of the regions, as in host names.
SHORT_REGIONS = {"eu": "Europe", "na": "North America", "us": "North America", "au": "Australia"}
#: What the page says to replace: the sample → the name of the value.
SAMPLE_VALUES = {
    "8h6b51di7x.execute-api.eu-central-1.amazonaws.com": "CMI address",
    "my2554607.de1.crm.cloud.sap": "C4C address",
    "transcript.user": "CMI user",
    "v1user": "technical user",
}
FORBIDDEN_IN_PASSWORDS = "¤£€½§"
#: Assumed: the names in the documentation all fit.
SECRET_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

# --- placeholders (EDI, Available data; the page's list is cut off after the transferring agent) ---
_AGENT = ("", ".id", ".number", ".chat_address")
CONTACT_PATHS = frozenset(
    {
        *("channel_type", "channel_sub_type", "direction", "id", "guid", "created", "language", "priority", "skills"),
        *("source", "destination", "required_agents"),
        *(f"{queue}{part}" for queue in ("queue", "forwarding_queue") for part in ("", ".id", ".address")),
        *(f"{agent}{part}" for agent in ("agent", "preferred_agent", "transferring_agent") for part in _AGENT),
        *(f"email{part}" for part in ("", ".body", ".subject", ".to", ".cc")),
    }
)
EVENT_PATHS = frozenset({"name", "datetime"})
#: Known while the answer is read, not when the request is made (EDI, Debugging).
ANSWER_ROOTS = frozenset({"response", "request", "config_id"})
PLACEHOLDERS = frozenset(
    {"contact", "event"} | {f"contact.{path}" for path in CONTACT_PATHS} | {f"event.{path}" for path in EVENT_PATHS}
)

# --- conditions (EDI, Using conditions) ---
CONDITION_OBJECTS = frozenset({"contact", "event"})
CONDITION_MODULES = frozenset({"datetime", "json", "random", "re", "time"})
DOCUMENTED_GETTERS = frozenset(
    {"get_language", "get_seconds_since_created", "get_channel_type", "get_channel_sub_type", "get_priority"}
)
#: Inferred: one getter for each attribute of the available data.
INFERRED_GETTERS = frozenset(f"get_{path}" for path in CONTACT_PATHS if "." not in path) - DOCUMENTED_GETTERS
EVENT_GETTERS = frozenset({"get_name", "get_datetime"})  # inferred likewise

# --- the form (CONF; EDI, Configuring) ---
CHANNEL_TYPES = ("Phone", "Chat", "Email", "Multi-Channel")
DIRECTIONS = ("Inbound", "Outbound", "Both")
EVENTS = ("Received", "Queued", "Allocated", "Accepted", "Rejected", "Transferred", "Forwarded", "Ended", "Closed")
LAST_EVENTS = ("Ended", "Closed")
FORM_FIELDS = (
    "name", "description", "channel_type", "endpoint_url", "direction", "ordinal", "events", "queues",
    "direct_conversations", "enabled", "region",
)  # fmt: skip
#: Other spellings of the form's fields: its labels on screen and their short forms.
FORM_ALIASES = {
    "channel": "channel_type",
    "endpoint": "endpoint_url",
    "url": "endpoint_url",
    "conversation_direction": "direction",
    "order": "ordinal",
    "event": "events",
    "queue": "queues",
    "queue_type": "queues",
    "queue_types": "queues",
    "direct": "direct_conversations",
    "direct_chats": "direct_conversations",
    "direct_chat": "direct_conversations",
    "direct_conversation": "direct_conversations",
    "active": "enabled",
    "id": "name",
}
OUTBOUND_QUEUE = re.compile(r"(?:[^@\s]+)?@(?:sinchsms\.com|[a-z0-9-]+\.sinchconversation\.com)", re.IGNORECASE)

# --- addresses ---
CMI_HOST = re.compile(r"[a-z0-9]+\.execute-api\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com", re.IGNORECASE)
C4C_HOST = re.compile(r"(?:[a-z0-9-]+\.)+(?:crm\.cloud\.sap|crm\.ondemand\.com)", re.IGNORECASE)
#: Text of templates that must be replaced.
LEFT_OVERS = re.compile(
    r"<[^<>]+>|\b(?:TODO|FIXME|CHANGE[-_ ]?ME|REPLACE[-_ ]?ME|YOUR[-_][A-Z0-9_-]+|INSERT[-_ ][A-Z_-]+)\b"
    r"|\bexample\.(?:com|org|net)\b|\bx{4,}\b|\.{3}|…",
    re.IGNORECASE,
)
