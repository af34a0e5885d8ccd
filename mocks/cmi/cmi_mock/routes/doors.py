"""Coming in by the two doors, and what every resource asks once inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import request

from cmi_mock.model.chat import Agent, Queue
from cmi_mock.model.errors import NoSuchThing
from cmi_mock.model.ids import is_id, normal_id
from cmi_mock.model.rights import Grant
from cmi_mock.model.users import User
from cmi_mock.routes import queries
from cmi_mock.routes.answers import WireError
from cmi_mock.routes.auth import log_on, pass_gateway
from cmi_mock.tenant import CmiTenant
from mock_kit.mock import Mock

T = TypeVar("T")


@contextmanager
def entered(mock: Mock[CmiTenant]) -> Iterator[tuple[CmiTenant, User]]:
    """Tenant and user after both doors, with the tenant's lock held. Raises WireError."""
    tenant = mock.tenant()
    with tenant.lock:
        pass_gateway(tenant, request)
        yield tenant, log_on(tenant, request)


def must_hold(
    grant: Grant, tenant: CmiTenant, queue: Queue | None, agent: Agent | None = None, *, right: str, what: str
) -> None:
    """Raises WireError when the right does not reach this queue or agent."""
    if not grant.reaches(queue, agent):
        raise queries.no_right(tenant, right, what)


@contextmanager
def absent_as(what: str) -> Iterator[None]:
    """An unknown id as 404 in CMI's words."""
    try:
        yield
    except NoSuchThing as exc:
        raise WireError(404, f"{what} not found", note=str(exc)) from exc


def text_in(body: dict[str, Any], name: str, default: str | None = None) -> str:
    """A text in a document that was sent. Raises WireError 400."""
    value = body.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise WireError(400, f"{name} is missing or no text")
    return value


def queue_in(named: Any, tenant: CmiTenant) -> Queue:
    """A queue that was sent as ``{"id": …}`` or as its id; its name is known from conversations. WireError 400."""
    queue_id = named.get("id") if isinstance(named, dict) else named
    if not isinstance(queue_id, str) or not is_id(normal_id(queue_id)):
        raise WireError(400, "the queue's id is missing or no id")
    wanted = normal_id(queue_id)
    known = (one.queue for one in tenant.conversations if one.queue and one.queue.id == wanted)
    return next(known, Queue(wanted, "", ""))
