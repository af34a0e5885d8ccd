"""Reads the bodies of control requests into the model's types; says what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from cmi_mock.model.chat import ORIGINATORS, Agent, ChatCustomer, Originator, Queue
from cmi_mock.model.chats import NewChat
from cmi_mock.model.emails import NewEmail
from cmi_mock.model.ids import normal_id
from cmi_mock.model.rights import ALL, Grant, Rights
from cmi_mock.model.users import User
from cmi_mock.tenant import NewTenant
from mock_kit.http.problem import FieldError, bad_request

Body = Mapping[str, Any]
T = TypeVar("T")
_DEFAULT_QUEUE = Queue("0000000000000000000000000000C4A7", "Chat", "chat@queue.example")


def new_tenant(body: Body) -> NewTenant:
    """``POST /_mock/tenants``; the kit has checked the name, and ``make_tenant`` checks the dialect."""
    return NewTenant(
        name=text(body, "name"),
        host=text(body, "host").lower(),
        port=whole(body, "port", 443),
        tenant_path=text(body, "tenant_path"),
        api_key=text(body, "api_key", secret=True),
        user=text(body, "user", ""),
        password=text(body, "password", None if body.get("user") else "", secret=True),
        rights=rights(body),
        expires=moment(body, "expires_at"),
        dialect=body.get("dialect"),
        ids_seed=body.get("ids_seed"),
    )


def new_user(body: Body) -> User:
    """``POST /_mock/users``."""
    name, password = text(body, "name"), text(body, "password", secret=True)
    return User(name, password, rights(body), moment(body, "expires_at"))


def new_chat(body: Body) -> NewChat:
    """``POST /_mock/chats``; everything has a default."""
    direct = flag(body, "direct")
    direction = text(body, "direction", "inbound")
    if direction not in ("inbound", "outbound"):
        _wrong("direction", "inbound or outbound", direction)
    priority = whole(body, "priority", 50)
    return NewChat(
        channel_sub_type=text(body, "channel_sub_type", "whatsapp"),
        queue=queue_in(body) or _DEFAULT_QUEUE,
        direct=direct,
        customer=_customer(body),
        language=text(body, "language", "EN"),
        direction="inbound" if direction == "inbound" else "outbound",
        priority=priority,
        guid=text(body, "guid", ""),
    )


def new_mail(body: Body) -> NewEmail:
    """``POST /_mock/emails``; only ``from`` is needed."""
    data = _part(body, "attached_data", dict) or {}
    return NewEmail(
        queue=queue_in(body) or _DEFAULT_QUEUE,
        sender=text(body, "from"),
        recipients=_texts(body, "to"),
        copies=_texts(body, "cc"),
        subject=text(body, "subject", ""),
        body=text(body, "body", ""),
        incoming=not flag(body, "outgoing"),
        language=text(body, "language", "EN"),
        case_id=text(body, "case_id", ""),
        cid=text(body, "cid", ""),
        attached_data=data,
        agent=agent_in(body),
        id=text(body, "id", ""),
    )


def queue_in(body: Body) -> Queue | None:
    """The member ``queue`` {id, name?, address?, group_id?}; None when absent or null."""
    return _part(body, "queue", _queue)


def _queue(body: Body) -> Queue:
    return Queue(
        id=normal_id(text(body, "id")),
        name=text(body, "name", "Chat"),
        address=text(body, "address", "chat@queue.example"),
        group_id=normal_id(text(body, "group_id", "")),
    )


def agent_in(body: Body) -> Agent | None:
    """The member ``agent`` {id, number?, chat_address?}; None when absent or null."""
    return _part(
        body,
        "agent",
        lambda a: Agent(
            normal_id(text(a, "id")), text(a, "number", "5001"), text(a, "chat_address", "agent@chat.example")
        ),
    )


def originator(value: str) -> Originator:
    """customer, agent or system."""
    found = next((known for known in ORIGINATORS if value == known), None)
    return found or _wrong("originator_type", " | ".join(ORIGINATORS), value)


def rights(body: Body) -> Rights:
    """The member ``rights``; absent: everything.

    ``{"queues": […], "agents": […], "queue_groups": […]}`` are ids (or "*") for Manage contact history; the
    members ``statistics_details`` and ``messaging`` have the same three for those rights.
    """
    return _part(body, "rights", _rights) or Rights()


def _rights(body: Body) -> Rights:
    none = Grant()
    return Rights(
        _grant(body),
        _part(body, "statistics_details", _grant) or none,
        _part(body, "messaging", _grant) or none,
    )


def _grant(body: Body) -> Grant:
    return Grant(_ids(body, "queues"), _ids(body, "agents"), _ids(body, "queue_groups"))


def flag(body: Body, name: str) -> bool:
    """A member that is true or false; absent: false."""
    value = body.get(name, False)
    return value if isinstance(value, bool) else _wrong(name, "true or false", value)


def moment(body: Body, name: str) -> datetime | None:
    """An ISO-8601 moment; None when absent or null."""
    if body.get(name) is None:
        return None
    written = text(body, name)
    try:
        parsed = datetime.fromisoformat(written)
    except ValueError:
        _wrong(name, "ISO 8601, e.g. 2026-12-31T00:00:00Z", written)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def text(body: Body, name: str, default: str | None = None, *, secret: bool = False) -> str:
    """A string member. Without a default it must be there and not empty. Secrets are never echoed."""
    value = body.get(name, default)
    if not isinstance(value, str) or (default is None and not value) or not _is_clean(value):
        _wrong(name, "a text", None if secret else value)
    return value


def whole(body: Body, name: str, default: int) -> int:
    """A whole number, no bool."""
    value = body.get(name, default)
    if type(value) is not int:
        _wrong(name, "a whole number", value)
    return value


def _is_clean(value: str) -> bool:
    """No lone surrogates: they are no text and cannot be sent."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _customer(body: Body) -> ChatCustomer:
    found = _part(
        body,
        "customer",
        lambda c: (text(c, "name", "Visitor"), text(c, "email", ""), text(c, "address", "")),
    )
    name, email, address = found or ("Visitor", "", "")
    return ChatCustomer(name, email, address or email or "+49301234567")


def _ids(body: Body, name: str) -> frozenset[str]:
    return frozenset(one if one == ALL else normal_id(one) for one in _texts(body, name))


def _texts(body: Body, name: str) -> tuple[str, ...]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and _is_clean(one) for one in value):
        _wrong(name, "a list of texts", value)
    return tuple(value)


def _part(body: Body, name: str, read: Callable[[Body], T]) -> T | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        _wrong(name, "an object", value)
    return read(value)


def _wrong(name: str, expected: str, value: Any) -> NoReturn:
    found = {} if value is None else {"value": value}
    raise bad_request(f"{name} does not fit.", FieldError(name, expected, "Correct it.", **found))
