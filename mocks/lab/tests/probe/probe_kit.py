"""A tenant that differs in many ways, and a battery of requests to compare two of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.tenant.credentials import TenantNames

#: Switches that the service can live with unaided; every one of them differs from its default.
DIFFERENT: dict[str, dict[str, Any]] = {
    "cmi": {
        "chat_shape": "B",
        "leg_messages": "cumulative",
        "attachment_url": "absolute",
        "attachment_size_listed": False,
        "default_limit": 2,
        "unknown_chat": "empty_200",
        "xml_form": "attributes",
        "length_known": False,
        "ranges": False,
        "auth_mode": "basic",
    },
    "c4c": {
        "delete_status": 200,
        "post_follows_strict_header": False,
        "root_without_slash": 200,
        "page_size": 3,
        "expand_page_size": 2,
        "filter_substringof": True,
        "string_eq_ignores_case": True,
        "escape_date_slashes": False,
        "csrf_for_technical_users": True,
        "head_fetch_on_navigation": 500,
        "unticked_service_status": 404,
        "lock_status": 423,
        "attachment_back_navigation": True,
        "attachment_category_mandatory": False,
        "attachment_update_status": 405,
        "attachment_type_code_required": False,
        "attachment_type_codes": [],
        "document_without_binary": True,
        "empty_binary": False,
        "batch_status": 200,
        "batch_inherits_strict_header": False,
        "search_in_batch": True,
        "search_double_quotes": "literal",
        "filter_or_across_properties": True,
        "filter_not": True,
        "filter_on_not_filterable": True,
        "conditional_reads": False,
        "metadata_labels": "always",
        "atom_property_types": True,
        "base64_white_space": True,
        "gzip_replies": False,
        "csrf_token_on_errors": False,
        "error_innererror": True,
        "mime_deny_list": ["application/x-msdownload"],
        "mime_refused_status": 415,
        "parent_object_id_creatable": False,
        "attachment_title_creatable": False,
    },
    "orchestration": {"oauth_signing": "RS256"},
}

_ROOT = "/sap/c4c/odata/v1"
_CHATS = "/chatactivity/ChatActivityCollection"


@dataclass
class Battery:
    """Requests that the probe does not send in this form, with plain httpx, at the mocks' own addresses."""

    to: StackClients
    names: TenantNames
    contact_id: str
    activity: str

    def answers(self) -> dict[str, Any]:
        """By request: status, form of the body, and the headers that a client acts on."""
        with httpx.Client(timeout=30, trust_env=False) as http:
            return {**dict(self._cmi(http)), **dict(self._c4c(http)), **dict(self._writes(http))}

    def _cmi(self, http: httpx.Client) -> Iterator[tuple[str, Any]]:
        contact, names = self.contact_id, self.names
        both = {"x-api-key": names.api_key}
        basic = (names.cmi_user, names.cmi_password)
        paths = (
            f"chats/{contact}",
            f"chats?groupId={contact}",
            f"chatMessages?contactId={contact}",
            "chats/" + "F" * 32,
        )
        for path in (*paths, f"chatMessages?contactId={contact}&limit=3", "chats?limit=1", "nothing"):
            for accept in ("application/json", "application/xml"):
                url = f"{self.to.cmi.base_url}/{names.tenant_path}/cmi/{path}"
                headers = {"Host": names.cmi_host, "Accept": accept}
                shown = path.replace(contact, "CONTACT")
                yield f"cmi {shown} {accept}", seen(http.get(url, headers=headers | both, auth=basic))
                yield f"cmi {shown} {accept} without a key", seen(http.get(url, headers=headers, auth=basic))

    def _c4c(self, http: httpx.Client) -> Iterator[tuple[str, Any]]:
        reference = f"/chatactivity/ChatActivityBTDReferenceCollection?$filter=ID eq '{self.contact_id}'"
        paths = {
            "root": "/chatactivity",
            "unticked": "/c4codataapi/",
            "metadata": "/chatactivity/$metadata",
            "reference": reference,
            "lower case": reference.replace(self.contact_id, self.contact_id.lower()),
            "page": f"{_CHATS}?$select=ObjectID&$inlinecount=allpages",
            "substring": f"{_CHATS}?$filter=substringof('a',Name)&$select=ObjectID",
            "not": f"{_CHATS}?$filter=not (ID eq 'x')&$select=ObjectID",
            "unknown property": f"{_CHATS}?$select=Nothing",
            "activity": f"{_CHATS}('{self.activity}')",
            "children": f"{_CHATS}('{self.activity}')?$expand=ChatActivityParties",
        }
        for what, path in paths.items():
            for form in ({}, {"odata-v2-strict-json-format": "true"}, {"Accept": "application/atom+xml"}):
                yield f"c4c {what} {form}", seen(self._send(http, "GET", path, {"Accept": "application/json", **form}))

    def _writes(self, http: httpx.Client) -> Iterator[tuple[str, Any]]:
        token = {"x-csrf-token": "fetch", "Accept": "application/json"}
        given = self._send(http, "GET", "/chatactivity/", token).headers.get("x-csrf-token", "")
        bodies: dict[str, dict[str, Any]] = {
            "plain": {},
            "bad code": {"TypeCode": "77777"},
            "no category": {"CategoryCode": None},
            "no content": {"Binary": None},
            "empty": {"Binary": ""},
            "title": {"Title": "t"},
            "program": {"MimeType": "application/x-msdownload"},
        }
        for what, changes in bodies.items():
            for csrf in ({}, {"x-csrf-token": given}):
                answer = self._send(http, "POST", f"{_CHATS}('{self.activity}')/ChatActivityAttachment", csrf, changes)
                yield f"c4c POST {what} {sorted(csrf)}", seen(answer)
                if answer.status_code == 201:
                    path = "/chatactivity/" + answer.headers["location"].rpartition("/")[2]
                    deleted = self._send(http, "DELETE", path, {"x-csrf-token": given})
                    yield f"c4c DELETE {what} {sorted(csrf)}", seen(deleted)

    def _send(
        self,
        http: httpx.Client,
        method: str,
        path: str,
        headers: Mapping[str, str],
        changes: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        fields = {"TypeCode": "10001", "CategoryCode": "2", "Name": "battery.txt", "MimeType": "text/plain"}
        fields |= {"Binary": base64.b64encode(b"battery").decode()} | dict(changes or {})
        body = {name: value for name, value in fields.items() if value is not None} if method == "POST" else None
        return http.request(
            method,
            self.to.c4c.base_url + _ROOT + quote(path, safe="/$?=&()',"),
            headers={"Host": self.names.c4c_host, "Accept": "application/json", **headers},
            auth=(self.names.c4c_user, self.names.c4c_password),
            json=body,
        )


def seen(answer: httpx.Response) -> Any:
    """What of an answer must be the same on two tenants that speak one dialect."""
    acted_on = ("content-type", "content-encoding", "x-csrf-token", "allow", "www-authenticate")
    headers = {name: answer.headers[name] for name in acted_on if name in answer.headers}
    if headers.get("x-csrf-token", "Required") != "Required":
        headers["x-csrf-token"] = "given"
    try:
        form = shape(json.loads(answer.content))
    except ValueError:
        form = sorted({tag.split(b" ")[0].split(b">")[0] for tag in answer.content.split(b"<")[1:]})
        form += [b"attributes"] if b'm:type="' in answer.content or b'sap:label="' in answer.content else []
    return answer.status_code, headers, form, b"\\/Date(" in answer.content


def shape(value: Any) -> Any:
    """Names and kinds, without values; a list is as long as it is."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__
