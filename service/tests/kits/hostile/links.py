"""Links of others, as CMI lists them or redirects to them, or as C4C pages on to them."""

from __future__ import annotations

from hostile.wire import C4C, CMI, NEXT_ENDPOINT, PUBLIC, SIGNED

#: The least number of calls that all links cause, in every way they are given.
LEAST_CALLS = 1_600
#: Allowed by name, and what they resolve to is the attacker's choice.
INNER = {
    "inner.crm.cloud.sap": ["127.0.0.1"],
    "metadata.crm.cloud.sap": ["169.254.169.254"],
    "wire.crm.cloud.sap": ["168.63.129.16"],
    "mapped.crm.cloud.sap": ["::ffff:10.0.0.1"],
    "site.crm.cloud.sap": ["fec0::1"],
    "half.crm.cloud.sap": [PUBLIC, "10.0.0.1"],
}
LINKS = [
    # Elsewhere.
    "https://evil.example/a",
    "//evil.example/a",
    "http://evil.example/a",
    "https://evil.example:443/acme/cmi/a",
    f"https://{CMI}.evil.example/a",
    f"https://evil.example/{CMI}/a",
    f"https://evil.example#@{CMI}/a",
    f"https://evil.example?@{CMI}/a",
    f"https://evil.example\\@{CMI}/a",
    f"https://{CMI}@evil.example/a",
    f"https://{CMI}:443@evil.example/a",
    f"https://{CMI}%40evil.example/a",
    f"https://{CMI}%2eevil.example/a",
    f"https://{CMI}\\.evil.example/a",
    f"https://{CMI}\u3002evil.example/a",
    f"https:\\\\evil.example\\{CMI}",
    "https:evil.example/a",
    "https:/evil.example/a",
    "https:///evil.example/a",
    "\\\\evil.example\\a",
    "/\\evil.example/a",
    " https://evil.example/a",
    "\thttps://evil.example/a",
    "ht\ntps://evil.example/a",
    "HTTPS://EVIL.EXAMPLE/a",
    # Next endpoint: allowed by the list, and not the transfer's own.
    f"https://{NEXT_ENDPOINT}/a",
    f"//{NEXT_ENDPOINT}/acme/cmi/a",
    f"https://{NEXT_ENDPOINT}/sms/richcontent/a",
    f"https://{C4C}/sap/c4c/odata/v1/a",
    f"https://{SIGNED}/a?X-Signature=s",
    f"https://{CMI}:8443/a",
    f"https://{CMI}:80/a",
    f"https://{CMI}./a",
    f"https://user:word@{CMI}/a",
    # Our own network.
    "https://127.0.0.1/a",
    "https://localhost/a",
    "https://[::1]/a",
    "https://2130706433/a",
    "https://0x7f.1/a",
    "https://169.254.169.254/latest/meta-data/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://10.0.0.1/a",
    *(f"https://{host}/a" for host in INNER),
    # No https at all.
    "file:///etc/passwd",
    "ftp://evil.example/a",
    "gopher://evil.example/_a",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "ws://evil.example/a",
    "unix:/run/docker.sock",
    # No address.
    "https://",
    "https://[bad/a",
    "https://a:b:c/a",
    f"https://{CMI}:99999/a",
    f"https://{CMI}/a\r\nHost: evil.example\r\nX-Evil: 1",
    f"https://{CMI}/a HTTP/1.1\r\nHost: evil.example\r\n\r\nGET /b",
    "https://" + "a" * 300 + ".crm.cloud.sap/a",
    "?x",
    "#x",
    "..",
    "../../../../a",
    "%2e%2e/%2e%2e/a",
]
