"""The endpoint's happy path in Python's standard library: an example to start from, not a service to run.

It has no durability, no memory of what it has stored, no retry, and it trusts a token without checking its signature
(ECDSA is not in the standard library). `attachment-lab conform` shows what that costs: ../README.md
"""

import base64
import fnmatch
import json
import os
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ISSUERS = os.environ["TOKEN_ISSUERS"].split(",")
PATH = os.environ["ENDPOINT_PATH"]
C4C = "/sap/c4c/odata/v1/chatactivity"


def is_good(token: str) -> bool:
    """Whether the token's claims are those of an accepted caller, now."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return False
    return (
        any(fnmatch.fnmatchcase(claims.get("iss", ""), each) for each in ISSUERS)
        and os.environ["TOKEN_AUDIENCE"] in (claims.get("aud"), *(claims.get("aud") or ()))
        and os.environ["TOKEN_SCOPE"] in claims.get("scope", "").split()
        and claims.get("exp", 0) > time.time()
    )


def call(
    url: str, user: str, password: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> bytes:
    """One request; the proxy and the CA file come from HTTPS_PROXY and SSL_CERT_FILE."""
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Accept": "application/json", **(headers or {})}
    with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=60) as answer:  # noqa: S310 - an example
        content: bytes = answer.read()
        return content


def transfer(body: dict[str, Any], headers: Mapping[str, str]) -> None:
    """Read the chat's files from CMI and upload each to the chat's activity in C4C."""
    cmi, user, chat, c4c = body["cmi_url"], body["cmi_user"], body["contact_id"], body["sap_v1"]
    login, key = (user, headers["x-cmi-password"]), {"x-api-key": headers["x-cmi-api-key"]}
    sap = (c4c["user"], headers["x-sap-v1-password"])
    history = json.loads(call(f"{cmi}/chats/{chat}", *login, key))
    query = urllib.parse.urlencode({"$filter": f"ID eq '{chat}'", "$select": "ParentObjectID", "$format": "json"})
    found = json.loads(call(f"{c4c['url']}{C4C}/ChatActivityBTDReferenceCollection?{query}", *sap))
    activity = found["d"]["results"][0]["ParentObjectID"]
    for file in (each for message in history["messages"] for each in message.get("attachments", [])):
        content = call(
            urllib.parse.urljoin(cmi, file["url"]) if "://" in file["url"] else cmi + file["url"], *login, key
        )
        new = {
            "TypeCode": "10001",
            "CategoryCode": "2",
            "Name": file["name"],
            "MimeType": file["content_type"],
            "Binary": base64.b64encode(content).decode(),
        }
        address = f"{c4c['url']}{C4C}/ChatActivityCollection('{activity}')/ChatActivityAttachment"
        call(address, *sap, {"Content-Type": "application/json"}, json.dumps(new).encode())


class Endpoint(BaseHTTPRequestHandler):
    """POST ENDPOINT_PATH: 202, and the files travel in a thread."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        status = 404 if self.path != PATH else 202 if scheme == "Bearer" and is_good(token) else 401
        if status == 202:
            threading.Thread(target=transfer, args=(json.loads(body), self.headers)).start()
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Endpoint).serve_forever()
