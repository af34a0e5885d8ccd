"""The tenant to probe, with its accounts: from environment variables only, never from a command line.

Every variable may be given as ``NAME_FILE`` instead: the path of a file with the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from attachment_lab.errors import WrongUse

PREFIX = "ATTACHMENT_PROBE_"
System = Literal["cmi", "c4c", "token", "endpoint"]
SYSTEMS: tuple[System, ...] = get_args(System)

#: Variables that a system needs, with their meaning.
NEEDED: Mapping[System, Mapping[str, str]] = {
    "cmi": {
        "CMI_URL": "the public CMI address, https://….execute-api.….amazonaws.com/TENANT/cmi",
        "CMI_API_KEY": "the API key of the RESTful interfaces",
        "CMI_USER": "the CMI user of the chat attachment upload",
        "CMI_PASSWORD": "that user's password",
        "CONTACT_ID": "{contact.guid} of an ended chat with attachments, 32 hex digits",
    },
    "c4c": {
        "C4C_URL": "the address of SAP Service Cloud, https://my….crm.cloud.sap",
        "C4C_USER": "the technical user of the communication arrangement",
        "C4C_PASSWORD": "that user's password",
        "CONTACT_ID": "{contact.guid} of a chat that has an activity in C4C, 32 hex digits",
    },
    "token": {
        "TOKEN_URL": "access_token_url of the secret orchestration-layer",
        "CLIENT_ID": "client_id of that secret",
        "CLIENT_SECRET": "client_secret of that secret",
    },
    "endpoint": {"ENDPOINT_URL": "https://…/prod/chat-attachments of the transfer service"},
}
_ADDRESSES = ("CMI_URL", "C4C_URL", "TOKEN_URL", "ENDPOINT_URL")
_OPTIONAL = ("SCOPE", "OUTBOUND_CONTACT_ID", "TEST_HOSTS", "TEST_ACTIVITY", "LOOPBACK_MAP", "CA_FILE")
_HEX = frozenset("0123456789ABCDEF")


@dataclass(frozen=True, kw_only=True)
class ProbeTarget:
    """Addresses without a trailing slash, and the accounts; an empty text is a system that is not probed.

    Attributes:
        contact_id: 32 upper-case hex digits; outbound_contact_id: of a chat that an agent began.
        test_hosts: sites that are not production: C4C hosts, and CMI's as ``host/tenant``.
        test_activity: ObjectID of the one chat activity that may be written to.
        loopback_map: for rehearsals against mocks, see loopback.py.
        ca_file: certificates to trust instead of the system's.
    """

    systems: tuple[System, ...]
    cmi_url: str = ""
    cmi_api_key: str = field(default="", repr=False)
    cmi_user: str = ""
    cmi_password: str = field(default="", repr=False)
    contact_id: str = ""
    outbound_contact_id: str = ""
    c4c_url: str = ""
    c4c_user: str = ""
    c4c_password: str = field(default="", repr=False)
    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    endpoint_url: str = ""
    scope: str = ""
    test_hosts: tuple[str, ...] = ()
    test_activity: str = ""
    loopback_map: str = ""
    ca_file: str = ""

    def address(self, system: System) -> str:
        """Base address of a system."""
        return str(getattr(self, f"{system}_url"))

    def site(self, system: System) -> str:
        """What is listed as production or test: the host, for CMI with the tenant."""
        parts = urlsplit(self.address(system))
        host = (parts.hostname or "").lower()
        return f"{host}/{parts.path.strip('/').split('/')[0]}" if system == "cmi" else host

    def guarded(self) -> dict[str, str]:
        """Texts that must never be printed or stored, by a name that may be; empty ones are left out."""
        named = {
            "the CMI API key": self.cmi_api_key,
            "the CMI user": self.cmi_user,
            "the CMI password": self.cmi_password,
            "the contact id": self.contact_id,
            "the outbound contact id": self.outbound_contact_id,
            "the C4C user": self.c4c_user,
            "the C4C password": self.c4c_password,
            "the client id": self.client_id,
            "the client secret": self.client_secret,
        }
        return {name: value for name, value in named.items() if value}


def target_from(env: Mapping[str, str], systems: Sequence[System]) -> ProbeTarget:
    """Read the environment. Raises WrongUse that lists every missing or unusable variable with its remedy."""
    wanted = [name for system in systems for name in NEEDED[system]]
    values: dict[str, str] = {}
    problems: list[str] = []
    for name in dict.fromkeys((*wanted, *_OPTIONAL)):
        try:
            values[name] = _value(env, name)
        except WrongUse as exc:
            problems.append(str(exc))
    message = {name: text for system in systems for name, text in NEEDED[system].items()}
    missing = [name for name in message if not values.get(name)]
    problems += [f"{PREFIX}{name} (or {PREFIX}{name}_FILE) is not set: {message[name]}" for name in missing]
    problems += _unusable(values)
    if problems:
        raise WrongUse(f"the tenant cannot be probed ({', '.join(systems)}):\n  " + "\n  ".join(problems))
    return _target(values, systems)


def _value(env: Mapping[str, str], name: str) -> str:
    full = PREFIX + name
    direct, path = env.get(full, ""), env.get(f"{full}_FILE", "")
    if direct and path:
        raise WrongUse(f"{full} and {full}_FILE are both set: remove one")
    if not path:
        return direct.strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no UTF-8 text"
        raise WrongUse(f"{full}_FILE={path!r} cannot be read: {reason}") from exc


def _unusable(values: Mapping[str, str]) -> Iterator[str]:
    for name in _ADDRESSES:
        value = values.get(name, "")
        if value and (urlsplit(value).scheme != "https" or not urlsplit(value).hostname or "@" in value):
            yield f"{PREFIX}{name} is no https address: write https://host/path, without user or password"
    contact = values.get("CONTACT_ID", "")
    if contact and not is_id(contact):
        yield f"{PREFIX}CONTACT_ID is no contact id: write its 32 hex digits"


def is_id(text: str) -> bool:
    """True for 32 hex digits in either case, with or without dashes."""
    plain = text.replace("-", "").upper()
    return len(plain) == 32 and set(plain) <= _HEX


def _target(values: Mapping[str, str], systems: Sequence[System]) -> ProbeTarget:
    listed = tuple(part.strip().lower() for part in values["TEST_HOSTS"].split(",") if part.strip())
    rest = {name.lower(): value for name, value in values.items() if name not in {"TEST_HOSTS", *_ADDRESSES}}
    for name in ("contact_id", "outbound_contact_id"):
        rest[name] = rest.get(name, "").replace("-", "").upper()
    addresses = {name.lower(): values.get(name, "").rstrip("/") for name in _ADDRESSES}
    return ProbeTarget(systems=tuple(systems), test_hosts=listed, **rest, **addresses)
