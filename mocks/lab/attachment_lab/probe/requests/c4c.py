"""The requests to C4C that change nothing, in this order. docs/probe.md lists every request.

The first request with the password is sent alone: if it is refused, none of the others is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from attachment_lab.probe.client import ProbeClient, ProbeFailed
from attachment_lab.probe.edm import AttachmentNav, Edm, EdmUnreadable, read_edm
from attachment_lab.probe.exchange import ProbeExchange
from attachment_lab.probe.permits import ROOT

SERVICES = ("chatactivity", "activity", "call_list", "socialmediaactivity")
#: Not ticked in the documented arrangement: it shows the answer of an unticked service.
UNTICKED = "c4codataapi"
JSON = {"Accept": "application/json"}
STRICT = {**JSON, "odata-v2-strict-json-format": "true"}
UNASSIGNED_ID = "0" * 32


@dataclass(frozen=True, kw_only=True)
class ReferenceLookup:
    """One place of the contact's reference in an activity; the service's lookup has the same form."""

    label: str
    service: str
    set: str
    field: str
    parent: str
    activity_set: str


LOOKUPS = (
    ReferenceLookup(
        label="reference",
        service="chatactivity",
        set="ChatActivityBTDReferenceCollection",
        field="ID",
        parent="ParentObjectID",
        activity_set="ChatActivityCollection",
    ),
    ReferenceLookup(
        label="groupware",
        service="chatactivity",
        set="ChatActivityCollection",
        field="GroupwareItemID",
        parent="ObjectID",
        activity_set="ChatActivityCollection",
    ),
    ReferenceLookup(
        label="phone",
        service="activity",
        set="PhoneCallBTDReferenceCollection",
        field="ID",
        parent="ParentObjectID",
        activity_set="PhoneCallCollection",
    ),
    ReferenceLookup(
        label="social",
        service="socialmediaactivity",
        set="SocialMediaActivityCollection",
        field="SocialMediaMessageID",
        parent="ObjectID",
        activity_set="SocialMediaActivityCollection",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Activity:
    """The contact's activity, as a lookup found it."""

    lookup: ReferenceLookup
    object_id: str

    @property
    def path(self) -> str:
        """Below the service root."""
        return f"{self.lookup.activity_set}('{quote(self.object_id, safe='')}')"


class C4cRequests:
    """Sends the requests, and keeps what later ones need."""

    def __init__(self, client: ProbeClient) -> None:
        self.client = client
        self.edm: dict[str, Edm] = {}
        self.activity: Activity | None = None

    def ask(
        self, label: str, service: str, path: str, options: Mapping[str, str] | None = None, **how: object
    ) -> ProbeExchange:
        """One request below a service root."""
        query = f"?{urlencode(options, quote_via=quote)}" if options else ""
        url = f"{self.client.target.c4c_url}{ROOT}/{service}{path}{query}"
        how.setdefault("headers", JSON)
        return self.client.ask("c4c", f"c4c.{label}", url, **how)  # type: ignore[arg-type]

    def run(self) -> None:
        """The whole list. Raises ProbeFailed, CredentialsRefused."""
        self.ask("anonymous", "chatactivity", "/", credentials="none")
        self._check_is_odata(self.ask("service.chatactivity", "chatactivity", "/"))
        self._documents()
        self._find_activity()
        if self.activity is not None:
            self._activity(self.activity)
            self._attachments(self.activity)
            self._search(self.activity)
        if "chatactivity" in self.edm:
            self._errors_and_filters()
            self._token()

    def _check_is_odata(self, first: ProbeExchange) -> None:
        if first.media_type == "text/html" or 300 <= first.status < 400:
            raise ProbeFailed(
                "c4c",
                f"{first.status} with a web page where OData was expected: a login page? C4C_URL must lead to C4C "
                "itself, and the user must be the technical user of a communication arrangement",
            )

    def _documents(self) -> None:
        for service in SERVICES[1:]:
            self.ask(f"service.{service}", service, "/")
        self.ask("unticked", UNTICKED, "/")
        self.ask("catalog", "odataservicecatalog", "/ODataServiceCollection", {"$format": "json"})
        self.ask("no_slash", "chatactivity", "")
        for service in SERVICES:
            found = self.client.log.good(f"c4c.service.{service}")
            if found is not None:
                self._metadata(service)

    def _metadata(self, service: str) -> None:
        answer = self.ask(f"metadata.{service}", service, "/$metadata", headers={"Accept": "application/xml"})
        if answer.ok:
            try:
                self.edm[service] = read_edm(answer.body)
            except EdmUnreadable as exc:
                raise ProbeFailed("c4c", f"$metadata of {service} is not the XML it should be ({exc})") from exc

    def _find_activity(self) -> None:
        contact = self.client.target.contact_id
        for lookup in LOOKUPS:
            if lookup.service not in self.edm or not self.edm[lookup.service].has(lookup.set, lookup.field):
                continue
            chosen = dict.fromkeys(("ObjectID", lookup.parent))
            options = {"$filter": f"{lookup.field} eq '{contact}'", "$select": ",".join(chosen)}
            found = self.ask(f"lookup.{lookup.label}", lookup.service, f"/{lookup.set}", options)
            parents = {str(row.get(lookup.parent)) for row in found.rows if row.get(lookup.parent)}
            if len(parents) == 1 and self.activity is None:
                self.activity = Activity(lookup=lookup, object_id=parents.pop())
        if self.activity is not None:
            lookup = self.activity.lookup
            options = {"$filter": f"{lookup.field} eq '{contact.lower()}'", "$select": "ObjectID"}
            self.ask("lookup.lower_case", lookup.service, f"/{lookup.set}", options)
        self._find_outbound()

    def _find_outbound(self) -> None:
        """Whether the activity of a chat that an agent began has a reference, where one was named."""
        contact = self.client.target.outbound_contact_id
        for lookup in LOOKUPS:
            if contact and lookup.service in self.edm and self.edm[lookup.service].has(lookup.set, lookup.field):
                options = {"$filter": f"{lookup.field} eq '{contact}'", "$select": "ObjectID"}
                self.ask(f"outbound.{lookup.label}", lookup.service, f"/{lookup.set}", options)

    def _activity(self, activity: Activity) -> None:
        service, path = activity.lookup.service, f"/{activity.path}"
        plain = self.ask("activity", service, path)
        self.ask("activity.strict", service, path, headers=STRICT)
        self.ask("activity.gzip", service, path, headers={**JSON, "Accept-Encoding": "gzip"})
        self.ask("activity.atom", service, path, headers={"Accept": "application/atom+xml"})
        self.ask("activity.no_codes", service, path, headers={**JSON, "odata-no-codedescs": "true"})
        if etag := plain.headers.get("etag"):
            self.ask("activity.unchanged", service, path, headers={**JSON, "If-None-Match": etag})
        navigations = self.edm[service].navigations(activity.lookup.activity_set)
        attachments = self.edm[service].attachment_nav(activity.lookup.activity_set)
        # Not the attachments: the answer would include their Binary.
        wanted = [name for name in navigations if attachments is None or name != attachments.navigation]
        if wanted:
            options = {"$expand": ",".join(wanted)}
            self.ask("activity.expand", service, path, options)
            self.ask("activity.expand.strict", service, path, options, headers=STRICT)

    def _attachments(self, activity: Activity) -> None:
        service = activity.lookup.service
        nav = self.edm[service].attachment_nav(activity.lookup.activity_set)
        if nav is None:
            return
        path = f"/{activity.path}/{nav.navigation}"
        listed = self.ask("attachments", service, path, {"$select": selection(nav)})
        self.ask("csrf.head", service, path, method="HEAD", headers={**JSON, "x-csrf-token": "fetch"})
        documents = [row for row in listed.rows if row.get("ObjectID") and row.get("SizeInkB")]
        if documents:
            object_id = quote(str(documents[0]["ObjectID"]), safe="")
            value = f"/{nav.entity_set}('{object_id}')/Binary/$value"
            self.ask("attachment.value", service, value, headers={"Accept": "*/*"}, is_file=True)

    def _search(self, activity: Activity) -> None:
        """By the activity's own number: a word that certainly occurs and is no personal data."""
        plain = self.client.log.good("c4c.activity")
        word = str(plain.entity.get("ID") or "") if plain is not None else ""
        if word.isalnum():
            terms = {
                "search": word,
                "search.quoted": f'"{word}"',
                "search.single": f"'{word}'",
                "search.part": word[:-1],
                "search.wildcard": f"{word[:-1]}*",
            }
            for label, term in terms.items():
                options = {"$search": term, "$select": "ObjectID"}
                self.ask(label, activity.lookup.service, f"/{activity.lookup.activity_set}", options)

    def _errors_and_filters(self) -> None:
        edm = self.edm["chatactivity"]
        chats = "ChatActivityCollection"
        self.ask("unknown_key", "chatactivity", f"/{chats}('{UNASSIGNED_ID}')")
        self.ask(
            "version", "chatactivity", f"/{chats}('{UNASSIGNED_ID}')", headers={**JSON, "DataServiceVersion": "3.0"}
        )
        self.ask("page", "chatactivity", f"/{chats}", {"$select": "ObjectID", "$inlinecount": "allpages"})
        self._expanded_page(chats)
        asked = {
            "substringof": "substringof('probe',SubjectName)",
            "or": f"ID eq '{UNASSIGNED_ID}' or SubjectName eq '{UNASSIGNED_ID}'",
            "not": f"not (ID eq '{UNASSIGNED_ID}')",
            "function": f"length(ID) eq {len(UNASSIGNED_ID)}",
        }
        hidden = edm.not_filterable(chats)
        if hidden:
            asked["not_filterable"] = f"{hidden} eq null"
        for label, condition in asked.items():
            options = {"$filter": condition, "$select": "ObjectID", "$top": "1"}
            self.ask(f"filter.{label}", "chatactivity", f"/{chats}", options)

    def _expanded_page(self, chats: str) -> None:
        """Ids alone, with the ids of one navigation that is not the attachments'."""
        attachments = self.edm["chatactivity"].attachment_nav(chats)
        others = [
            name
            for name in self.edm["chatactivity"].navigations(chats)
            if attachments is None or name != attachments.navigation
        ]
        if others:
            options = {"$expand": others[0], "$select": f"ObjectID,{others[0]}/ObjectID", "$inlinecount": "allpages"}
            self.ask("page.expand", "chatactivity", f"/{chats}", options)

    def _token(self) -> None:
        """Which cookies a token has; whether a refused read returns one: a GET of $batch is always refused."""
        self.ask("csrf.fetch", "chatactivity", "/", headers={**JSON, "x-csrf-token": "fetch"})
        self.ask("csrf.batch", "chatactivity", "/$batch", headers={**JSON, "x-csrf-token": "fetch"})


def selection(nav: AttachmentNav) -> str:
    """The selected properties of attachments: never the bytes, nor their creator."""
    wanted = ("ObjectID", "ParentObjectID", "Name", "Title", "MimeType", "SizeInkB", "TypeCode", "CategoryCode")
    return ",".join(name for name in wanted if name in nav.properties)
