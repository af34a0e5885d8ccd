"""One writer per object: the second one is told who holds it, while the first is still writing."""

import io
import json

import pytest

PREFIX = b'"Name":"big","CategoryCode":"2","Binary":"'


class Interrupting(io.BytesIO):
    """A request body in two pieces that calls back between them."""

    def __init__(self, first, rest, callback):
        super().__init__(first + rest)
        self._first = len(first)
        self._callback = callback

    def read(self, size=-1):
        if self.tell() == 0:
            return super().read(self._first)
        callback, self._callback = self._callback, None
        if callback:
            callback()
        return super().read(size)


def post_while(tenant, path, first, callback):
    """POST a body of two pieces; ``callback`` runs between them."""
    body = Interrupting(first, b'QUJD"}', callback)
    return tenant.call("POST", path, input_stream=body, content_type="application/json")


def forms(tenant, chat):
    """Path and start of the body for both ways to create an attachment."""
    parent = json.dumps(chat).encode()
    return {
        "navigation": (f"{tenant.path(chat)}/ChatActivityAttachment", b"{" + PREFIX),
        "flat": (
            "/chatactivity/ChatActivityAttachmentCollection",
            b'{"ParentObjectID":' + parent + b"," + PREFIX,
        ),
    }


@pytest.mark.parametrize("form", ["navigation", "flat"])
def test_the_second_writer_of_a_chat_is_told_who_locks_it(tenant, form):
    chat = tenant.chat()
    seconds = []
    path, start = forms(tenant, chat)[form]
    first = post_while(tenant, path, start, lambda: seconds.append(tenant.attach(chat)))
    assert first.status_code == 201, first.text
    assert seconds[0].status_code == 400
    assert "locked by user V1USER" in seconds[0].get_json()["error"]["message"]["value"]
    assert [a["name"] for a in tenant.stored()] == ["big"]
    assert tenant.attach(chat).status_code == 201


def test_the_status_of_a_lock_is_the_dialects(make_tenant):
    tenant = make_tenant(lock_status=423)
    chat = tenant.chat()
    seconds = []
    path, start = forms(tenant, chat)["navigation"]
    post_while(tenant, path, start, lambda: seconds.append(tenant.call("DELETE", tenant.path(chat))))
    assert [s.status_code for s in seconds] == [423]


def test_another_chat_is_not_locked(tenant):
    chat, other = tenant.chat("A"), tenant.chat("B")
    seconds = []
    path, start = forms(tenant, chat)["navigation"]
    post_while(tenant, path, start, lambda: seconds.append(tenant.attach(other)))
    assert [s.status_code for s in seconds] == [201]


def test_readers_are_not_locked_out_and_see_nothing_half_written(tenant):
    chat = tenant.chat()
    counts = []
    path, start = forms(tenant, chat)["navigation"]
    count = f"{tenant.path(chat)}/ChatActivityAttachment/$count"
    post_while(tenant, path, start, lambda: counts.append(tenant.get(count).text))
    assert counts == ["0"]


def test_a_refused_write_gives_its_lock_back(tenant):
    chat = tenant.chat()
    assert tenant.attach(chat, CategoryCode="9").status_code == 400
    assert tenant.attach(chat).status_code == 201


@pytest.mark.parametrize(("dialect", "statuses"), [({}, [503]), ({"parallel_status": 429}, [429])])
def test_one_request_too_many_at_once_is_turned_away_and_the_next_one_is_not(make_tenant, dialect, statuses):
    tenant = make_tenant(parallel_limit=1, **dialect)
    chat, seconds = tenant.chat(), []
    path, start = forms(tenant, chat)["navigation"]
    first = post_while(tenant, path, start, lambda: seconds.append(tenant.get(tenant.path(chat))))
    assert first.status_code == 201
    assert [s.status_code for s in seconds] == statuses
    assert seconds[0].mimetype == "text/html"
    assert [tenant.get(tenant.path(chat)).status_code for _ in range(3)] == [200] * 3


def test_requests_in_a_row_never_reach_the_limit(make_tenant):
    tenant = make_tenant(parallel_limit=1)
    chat = tenant.chat()
    tenant.attach(chat)
    asked = [("HEAD", tenant.path(chat)), ("GET", "/nothing/"), ("GET", f"{tenant.file_path()}/Binary/$value")]
    asked += [("PATCH", tenant.path(chat)), ("DELETE", tenant.file_path()), ("FOO", tenant.path(chat))]
    answers = [tenant.call(verb, path, json={} if verb == "PATCH" else None).status_code for verb, path in asked]
    assert answers == [200, 404, 200, 204, 204, 405]


def test_without_a_limit_nobody_is_turned_away(make_tenant):
    tenant = make_tenant(parallel_limit=0)
    chat, seconds = tenant.chat(), []
    path, start = forms(tenant, chat)["navigation"]
    post_while(tenant, path, start, lambda: seconds.append(tenant.get(tenant.path(chat))))
    assert [s.status_code for s in seconds] == [200]
