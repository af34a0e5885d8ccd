"""Ten customers who do not exist: regions, domains, names of secrets, several integrations, siblings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

DOCUMENTED = {"api_key": "ri-apikey", "cmi": "cmi-chat-attachment-upload-user", "c4c": "sap-v1-secret"}


def chat_configuration(
    cmi_url: str,
    c4c_url: str,
    *,
    users: tuple[str, str] = ("svc.files", "TECH_USER"),
    secrets: Mapping[str, str] = DOCUMENTED,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The JSON of the form's field for one customer."""
    return {
        "request": {
            "method": "POST",
            "authentication": {"type": "oauth", "secrets_ref": "orchestration-layer"},
            "headers": {
                "x-cmi-api-key": f"{{secrets.{secrets['api_key']}}}",
                "x-cmi-password": f"{{secrets.{secrets['cmi']}}}",
                "x-sap-v1-password": f"{{secrets.{secrets['c4c']}}}",
            },
            "body": {
                "cmi_url": cmi_url,
                "cmi_user": users[0],
                "sap_v1": {"url": c4c_url, "user": users[1]},
                "contact_id": "{contact.guid}",
                **(body or {}),
            },
        }
    }


def envelope(configuration: dict[str, Any], *, region: str = "eu-c1", **form: Any) -> dict[str, Any]:
    """The gate's envelope: form values around the JSON, which stands in it as text."""
    endpoint = f"https://cc-workflows-{region}.cc.sinch.com/prod/chat-attachments"
    values = {"channel_type": "Chat", "endpoint_url": endpoint, "ordinal": 1, "direction": "Both", "events": ["Ended"]}
    return {"form": values | form, "json": json.dumps(configuration, indent=2)}


def email_analysis(cmi_url: str, *, user: str = "mail.reader") -> dict[str, Any]:
    """The sibling for e-mails of the same customer."""
    request = {
        "method": "POST",
        "authentication": {"type": "oauth", "secrets_ref": "orchestration-layer"},
        "headers": {"x-cmi-api-key": "{secrets.ri-apikey}", "x-cmi-password": "{secrets.cmi-email-analysis-user}"},
        "body": {
            "cmi_url": cmi_url,
            "cmi_user": user,
            "contact_id": "{contact.id}",
            "from": "{contact.source}",
            "to": "{contact.email.to}",
            "subject": "{contact.email.subject}",
            "created": "{contact.created}",
        },
    }
    endpoint = "https://cc-workflows-eu-c1.cc.sinch.com/prod/email-analysis"
    form = {
        "channel_type": "Email",
        "endpoint_url": endpoint,
        "ordinal": 2,
        "direction": "Inbound",
        "events": ["Received"],
    }
    return {"form": form | {"events": ["Received"]}, "json": json.dumps({"request": request})}


_GATEWAY = "https://{}.execute-api.{}.amazonaws.com/{}/cmi"
FJORD = _GATEWAY.format("f1f2f3f4f5", "eu-central-1", "fjord")
#: Customer → configurations of its set.
CUSTOMERS: dict[str, list[dict[str, Any]]] = {
    "another region, other names of secrets": [
        chat_configuration(
            _GATEWAY.format("w9x8y7z6q5", "ap-southeast-2", "wombat"),
            "https://my700111.au1.crm.cloud.sap",
            users=("svc.wombat", "WOMBAT_TECH"),
            secrets={"api_key": "wombat-ri", "cmi": "wombat-cmi", "c4c": "wombat-c4c"},
        )
    ],
    "North America, in the envelope": [
        envelope(
            chat_configuration(
                _GATEWAY.format("n1a2b3c4d5", "us-west-2", "maple"), "https://my700222.us1.crm.cloud.sap"
            ),
            region="na-w2",
        )
    ],
    "an older domain of C4C": [
        chat_configuration(_GATEWAY.format("o1p2q3r4s5", "eu-central-1", "tulip"), "https://my700333.crm.ondemand.com")
    ],
    "custom domains": [chat_configuration("https://cmi.heron.example/heron/cmi", "https://crm.heron.example")],
    "CMI on premises, with a port": [
        chat_configuration("https://contact.brook.example:8443/RI/cmi", "https://my700555.de1.crm.cloud.sap")
    ],
    "both events, a queue of its own": [
        envelope(
            chat_configuration(
                _GATEWAY.format("a5b4c3d2e1", "eu-central-1", "cedar"), "https://my700666.de1.crm.cloud.sap"
            ),
            events=["Ended", "Closed"],
            ordinal=3,
        )
    ],
    "sap_v2 beside sap_v1": [
        chat_configuration(
            _GATEWAY.format("z1y2x3w4v5", "eu-central-1", "otter"),
            "https://my700777.de1.crm.cloud.sap",
            body={"sap_v2": {"url": "https://my1700777.de1.crm.cloud.sap", "user": "V2_TECH"}},
        )
    ],
    "two C4C systems, one for each direction": [
        envelope(chat_configuration(FJORD, "https://my700888.de1.crm.cloud.sap"), direction="Inbound", queues=[]),
        envelope(
            chat_configuration(FJORD, "https://my700889.de1.crm.cloud.sap", users=("svc.files", "OUT_TECH")),
            direction="Outbound",
            ordinal=2,
            queues=[{"address": "support@sinchsms.com"}],
        ),
    ],
    "with the sibling for e-mails": [
        envelope(
            chat_configuration(
                _GATEWAY.format("m1m2m3m4m5", "eu-central-1", "marten"), "https://my700999.de1.crm.cloud.sap"
            )
        ),
        email_analysis(_GATEWAY.format("m1m2m3m4m5", "eu-central-1", "marten")),
    ],
    "the documented path on another host": [
        chat_configuration(_GATEWAY.format("t1t2t3t4t5", "eu-west-1", "acme"), "https://my701000.de1.crm.cloud.sap")
    ],
}
