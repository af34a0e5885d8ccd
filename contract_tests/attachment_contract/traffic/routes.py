"""The hop of an exchange, by neighbour, method, path and header: the first matching line of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from attachment_contract.traffic.exchange import TrafficExchange

_READ = "GET HEAD"


@dataclass(frozen=True, kw_only=True)
class Route:
    """One line of the table: methods and a pattern for the whole path, and their hop."""

    methods: frozenset[str]
    path: re.Pattern[str]
    hop: str
    header: str = ""


def _route(methods: str, path: str, hop: str, *, header: str = "") -> Route:
    return Route(
        methods=frozenset(methods.split()),
        path=re.compile(path, re.DOTALL),
        hop=hop,
        header=header,
    )


_TENANT = r"/[^/]+"
_SECRETS = rf"{_TENANT}/system-configurator/api/secrets"
_INTEGRATIONS = rf"{_TENANT}/system-configurator/api/event-driven-integrations"
_ORCHESTRATION = (
    _route("POST", rf"{_TENANT}/oauth2/token", "oauth.token"),
    _route("POST", rf"{_TENANT}/oauth2/introspect", "oauth.introspection"),
    _route(_READ, rf"{_TENANT}/\.well-known/(openid-configuration|oauth-authorization-server)", "oauth.metadata"),
    _route(_READ, rf"{_TENANT}/\.well-known/jwks\.json", "oauth.keys"),
    _route(_READ, _SECRETS, "configurator.secrets"),
    _route("POST", _SECRETS, "configurator.secret"),
    _route("PUT", rf"{_SECRETS}/[^/]+", "configurator.secret_replaced"),
    _route("DELETE", rf"{_SECRETS}/[^/]+", "configurator.secret_deleted"),
    _route(_READ, _INTEGRATIONS, "configurator.integrations"),
    _route("POST", _INTEGRATIONS, "configurator.integration"),
    _route(_READ, rf"{_INTEGRATIONS}/[^/]+", "configurator.integration_read"),
    _route("PUT", rf"{_INTEGRATIONS}/[^/]+", "configurator.integration_replaced"),
    _route("PATCH", rf"{_INTEGRATIONS}/[^/]+", "configurator.integration_switched"),
    _route("DELETE", rf"{_INTEGRATIONS}/[^/]+", "configurator.integration_deleted"),
    _route("POST", "/prod/chat-attachments", "workflow"),
    _route("POST", "/prod/email-analysis", "workflow.other"),
)
_SERVICE = (
    _route("POST", "/prod/chat-attachments", "endpoint"),
    _route(_READ, "/transfers(/[^/]+)?", "status"),
    _route("POST", "/transfers/retry", "status.redrive"),
    _route("POST", "/transfers/[^/]+/(retry|cancel)", "status.moved"),
    _route(_READ, "/transfers/[^/]+/audit", "status.audit"),
    _route(_READ, "/(healthz|readyz)", "service.health"),
    _route(_READ, "/metrics", "service.metrics"),
    _route(_READ, r"/openapi\.json", "service.description"),
    _route(_READ, "/operator(/.*)?", "service.page"),
)
_WORKER = (
    _route(_READ, "/(healthz|readyz)", "worker.health"),
    _route(_READ, "/metrics", "worker.metrics"),
)
_CMI_BASE = rf"{_TENANT}/cmi"
_CMI = (
    _route(_READ, rf"{_CMI_BASE}/chats/[^/]+/attachments/[^/]+(/[^/]+)?", "cmi.file"),
    _route(_READ, rf"{_CMI_BASE}/chats/[^/]+", "cmi.chat"),
    _route(_READ, rf"{_CMI_BASE}/chats", "cmi.legs"),
    _route("POST", rf"{_CMI_BASE}/chats", "cmi.chat_created"),
    _route(_READ, rf"{_CMI_BASE}/chatMessages", "cmi.messages"),
    _route(_READ, rf"{_CMI_BASE}/contacts", "cmi.contacts"),
    _route(_READ, rf"{_CMI_BASE}/contacts/[^/]+", "cmi.contact"),
    _route(_READ, rf"{_CMI_BASE}/contacts/[^/]+/details", "cmi.contact_details"),
    _route("POST", rf"{_CMI_BASE}/contacts/[^/]+/remarks", "cmi.remark"),
    _route("PUT", rf"{_CMI_BASE}/contacts/[^/]+/remarks", "cmi.remark_replaced"),
    _route(_READ, rf"{_CMI_BASE}/contactData", "cmi.contact_data_list"),
    _route(_READ, rf"{_CMI_BASE}/contactData/[^/]+", "cmi.contact_data"),
    _route("POST", rf"{_CMI_BASE}/contactData", "cmi.contact_data_created"),
    _route(_READ, rf"{_CMI_BASE}/emails", "cmi.emails"),
    _route(_READ, rf"{_CMI_BASE}/emails/[^/]+", "cmi.email"),
    _route(_READ, rf"{_CMI_BASE}/messages", "cmi.queue_messages"),
    _route("POST", rf"{_CMI_BASE}/messages", "cmi.queue_message_created"),
    _route(_READ, rf"{_CMI_BASE}/messages/[^/]+", "cmi.queue_message"),
    _route("PUT", rf"{_CMI_BASE}/messages/[^/]+", "cmi.queue_message_replaced"),
    _route("DELETE", rf"{_CMI_BASE}/messages/[^/]+", "cmi.queue_message_deleted"),
    _route(_READ, rf"{_TENANT}/sms/richcontent/[^/]+", "cmi.link"),
    # A pre-signed address of an object store beside CMI: like a public link, it needs no credentials.
    _route(_READ, rf"{_TENANT}/objects/[^/]+", "cmi.link"),
    _route(
        "GET POST PUT DELETE",
        rf"({_CMI_BASE}/(scriptResults|callRecordings|callbacks|customerConsents)|{_TENANT}/(rmi|rci|rai|ecfs))(/.*)?",
        "cmi.unbuilt",
    ),
)
#: A key is in quotes, in which a quote is doubled, or bare, as numbers and dates are.
_KEY = r"\((?:'(?:[^']|'')*'|[^'()])*\)"
_ROOT = r"/sap/c4c/odata/v1/\w+"
_SET = rf"{_ROOT}/\w+Collection"
_WITHIN = rf"(/\w+({_KEY})?)+"
_ATTACHMENTS = r"\w*Attachment(?:Folder)?"
_C4C = (
    _route("POST", rf"{_ROOT}/\$batch", "c4c.batch"),
    _route(_READ, rf"{_ROOT}/\$metadata", "c4c.metadata"),
    _route(_READ, rf"{_ROOT}(/.*)?", "c4c.csrf", header="x-csrf-token"),
    _route(_READ, rf"{_ROOT}/?", "c4c.service"),
    _route(_READ, rf"{_SET}({_KEY})?({_WITHIN})?/\$count/?", "c4c.count"),
    _route(_READ, rf"{_SET}{_KEY}(/\w+({_KEY})?)*/\$value", "c4c.file"),
    _route(_READ, rf"{_SET}{_KEY}({_WITHIN})?/\$links/\w+({_KEY})?/?", "c4c.links"),
    _route(_READ, rf"{_ROOT}/\w*BTDReferenceCollection/?", "c4c.references"),
    _route(_READ, rf"{_ROOT}/\w*BTDReferenceCollection{_KEY}/?", "c4c.reference"),
    _route(_READ, rf"{_ROOT}/ChatActivityCollection{_KEY}/?", "c4c.activity"),
    _route(_READ, rf"{_SET}{_KEY}/{_ATTACHMENTS}/?", "c4c.attachments"),
    _route(_READ, rf"{_ROOT}/{_ATTACHMENTS}Collection/?", "c4c.attachments"),
    _route(_READ, rf"{_ROOT}/{_ATTACHMENTS}Collection{_KEY}/?", "c4c.attachment_read"),
    _route("POST", rf"{_SET}{_KEY}/{_ATTACHMENTS}/?", "c4c.attachment"),
    _route("POST", rf"{_ROOT}/{_ATTACHMENTS}Collection/?", "c4c.attachment"),
    _route(_READ, rf"{_SET}/?", "c4c.rows"),
    _route(_READ, rf"{_SET}{_KEY}/?", "c4c.entity"),
    _route(_READ, rf"{_SET}{_KEY}{_WITHIN}/?", "c4c.within"),
    _route(_READ, rf"{_ROOT}/Get\w+/?", "c4c.function"),
    _route("POST", rf"{_SET}({_KEY}{_WITHIN})?/?", "c4c.created"),
    _route("PUT PATCH MERGE", rf"{_SET}{_KEY}({_WITHIN})?/?", "c4c.changed"),
    _route("DELETE", rf"{_SET}{_KEY}({_WITHIN})?/?", "c4c.deleted"),
)
TABLES = {"orchestration": _ORCHESTRATION, "service": _SERVICE, "worker": _WORKER, "cmi": _CMI, "c4c": _C4C}


#: The neighbour at a host name, for a recorder that does not know who responded.
_HOSTS = (
    (re.compile(r"\.crm\.cloud\.sap$"), "c4c"),
    (re.compile(r"\.(execute-api|s3)\.[^.]+\.amazonaws\.com$"), "cmi"),
    (re.compile(r"^cc-workflows-"), "service"),
    (re.compile(r"^login-.*\.cc\.sinch\.com$"), "orchestration"),
)
_RICH_CONTENT = "/sms/richcontent/"


def neighbour_of(host: str, path: str) -> str:
    """The neighbour at a real host name; empty for an unknown host."""
    name = host.partition(":")[0].lower()
    found = next((neighbour for pattern, neighbour in _HOSTS if pattern.search(name)), "")
    # Public links to a chat's files have the log-on host, but CMI serves them.
    return "cmi" if found == "orchestration" and _RICH_CONTENT in path else found


def hop_of(exchange: TrafficExchange) -> str | None:
    """The hop of an exchange; None if the contract knows no such exchange."""
    path, method = unquote(exchange.path), _meant_method(exchange)
    return next(
        (route.hop for route in TABLES.get(exchange.neighbour, ()) if _fits(route, method, path, exchange)), None
    )


def _fits(route: Route, method: str, path: str, exchange: TrafficExchange) -> bool:
    return (
        method in route.methods
        and route.path.fullmatch(path) is not None
        and (not route.header or exchange.request.headers.get(route.header, "").lower() == "fetch")
    )


def _meant_method(exchange: TrafficExchange) -> str:
    """C4C accepts the method in a header of a POST. Source: SAP C4C OData guide; documented."""
    method = exchange.method.upper()
    return exchange.request.headers.get("x-http-method", method).upper() if method == "POST" else method
