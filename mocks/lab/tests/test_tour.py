"""The tour: a table of steps, a story that happens once, and a verdict on its end."""

from __future__ import annotations

import re
import string
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.console.pages import PAGES
from attachment_lab.console.tour import tour_runner
from attachment_lab.console.tour.steps import FALLBACK_PAGE, step, steps
from attachment_lab.console.tour.tour_runner import TourRunner
from attachment_lab.demo.tour import NoBrowser, TourOptions, show_tour, tour_url
from attachment_lab.errors import WrongUse
from attachment_lab.exchanges.reader import JournalReader
from attachment_lab.tenant.credentials import default_tenant
from attachment_lab.testing.lab import LabTenant

NOWHERE = dict.fromkeys(("console", "orchestration", "cmi", "c4c", "service"), "http://127.0.0.1:1")
TENANT = default_tenant()
LONGEST_CAPTION_WORDS = 50


@pytest.mark.parametrize(
    ("without", "remedy"), [("playwright", "make demo ARGS=--tour"), ("browser", "apt-get install chromium")]
)
def test_where_the_tour_cannot_open_a_browser_one_sentence_says_how_to_get_one(
    without: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    if without == "playwright":
        monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(NoBrowser, match=remedy):
        show_tour("http://127.0.0.1:1", "acme", TourOptions(headless=True), lambda: None)


@pytest.fixture
def client() -> FlaskClient:
    return build_app(StackClients(NOWHERE), TENANT, NOWHERE).test_client()


def test_every_step_has_a_unique_id_a_title_and_a_short_caption() -> None:
    assert len({each.id for each in steps()}) == len(steps())
    for each in steps():
        assert each.title
        assert 10 <= len(each.caption.split()) <= LONGEST_CAPTION_WORDS, each.id
        assert bool(each.waiting) <= bool(each.until), each.id


def test_every_address_of_a_step_can_be_filled() -> None:
    known = {"chat", "broken", "exchange"}
    for each in steps():
        assert {name for _, name, _, _ in string.Formatter().parse(each.page) if name} <= known, each.id
        assert re.fullmatch(r"[a-z0-9]+/(\?.*)?", each.page), each.id


def test_a_step_whose_page_does_not_exist_is_shown_on_the_chain() -> None:
    facts = {"chat": "GUID"}
    assert step("write").url(facts, {"chain", "chat"}) == "chat/?chat=GUID"
    assert step("write").url(facts, {"chain"}) == f"{FALLBACK_PAGE}?chat=GUID"
    assert step("write").url({}, {"chain"}) == f"{FALLBACK_PAGE}?chat="


def test_the_anchors_of_every_existing_page_exist() -> None:
    """A missing anchor is no error in the browser, so that only this test would find it."""
    templates = Path(tour_runner.__file__).parents[1] / "templates"
    there = set(re.findall(r'data-tour="([a-z0-9-]+)"', "".join(each.read_text() for each in templates.glob("*.html"))))
    pages = {page.name for page in PAGES}
    wanted = {each.anchor for each in steps() if each.anchor and each.page.partition("/")[0] in pages}
    assert wanted - there == set()


def test_the_address_keeps_speed_and_automatic_play(client: FlaskClient) -> None:
    url = tour_url("http://127.0.0.1:1", TENANT.name, TourOptions(speed=4))
    assert url == f"http://127.0.0.1:1/w/{TENANT.name}/tour/?auto=1&speed=4"
    answer = client.get(url.removeprefix("http://127.0.0.1:1"))
    assert answer.location == f"/w/{TENANT.name}/chain/?tour=welcome&auto=1&speed=4"


def test_an_unknown_step_is_404_with_the_known_ones(client: FlaskClient) -> None:
    answer = client.post(f"/w/{TENANT.name}/tour/api/steps/encore", json={})
    assert answer.status_code == 404
    assert "welcome, write" in answer.get_json()["detail"]


@pytest.mark.parametrize("speed", [0, -1, "fast", True, None])
def test_an_invalid_speed_is_refused(client: FlaskClient, speed: object) -> None:
    answer = client.post(f"/w/{TENANT.name}/tour/api/steps/welcome", json={"speed": speed})
    assert answer.status_code == 409
    assert "speed" in answer.get_json()["detail"]


def test_a_tour_that_was_not_taken_is_no_success(client: FlaskClient) -> None:
    verdict = client.get(f"/w/{TENANT.name}/tour/api/verdict").get_json()
    assert (verdict["finished"], verdict["ok"]) == (False, False)
    assert verdict["missing"][0] == "step write did not happen"


def test_an_unknown_condition_is_an_error_and_not_an_endless_wait() -> None:
    with pytest.raises(LookupError, match="stored, parked, repaired"):
        tour_of(None).holds("sunny")


def tour_of(tenant: LabTenant | None) -> TourRunner:
    if tenant is None:
        return TourRunner(None, None)  # type: ignore[arg-type]  # nothing is read from them
    return TourRunner(tenant.reconciliation, JournalReader(tenant.reconciliation, tenant.lab.urls))


@pytest.mark.stack
def test_entering_the_last_step_runs_the_whole_story_to_its_good_end(tenant: LabTenant) -> None:
    tour = tour_of(tenant)
    tour.enter("honest", speed=50)
    tenant.wait_until_settled()
    assert tour.holds("stored")
    assert tour.holds("repaired")
    facts = tour.facts()
    assert facts["exchange"].startswith("cmi-")
    assert facts["chat"] != facts["broken"]
    assert tour.verdict() == {"finished": False, "ok": False, "missing": []}
    tour.finish()
    assert tour.verdict()["ok"]
    assert len(tenant.stored()) == 6


@pytest.mark.stack
def test_going_back_repeats_nothing(tenant: LabTenant) -> None:
    tour = tour_of(tenant)
    for each in ("files", "write", "accept", "files"):
        tour.enter(each, speed=50)
    chats = tenant.mock("cmi").get("/_mock/chats", tenant=tenant.name)["chats"]
    assert [len(chat["messages"]) for chat in chats] == [2 + len(tour_runner.FILES)]


@pytest.mark.stack
def test_a_story_that_went_wrong_says_what_is_missing(tenant: LabTenant) -> None:
    tour = tour_of(tenant)
    tour.enter("red", speed=50)
    tenant.wait_until_settled()
    # The operator never gets the file back: every further download is refused too.
    tenant.fault(mock="cmi", kind="status", path="*/attachments/*", method="GET", times=None, status=404)
    tour.enter("honest", speed=50)
    tenant.wait_until_settled()
    tour.finish()
    assert tour.verdict() == {
        "finished": True,
        "ok": False,
        "missing": ["the file that was gone did not arrive after the retry"],
    }


@pytest.mark.stack
def test_the_next_run_begins_with_chats_of_its_own(tenant: LabTenant) -> None:
    tour = tour_of(tenant)
    tour.enter("write")
    first = tour.facts()["chat"]
    tour.begin()
    assert tour.facts()["chat"] == ""
    tour.enter("write")
    assert tour.facts()["chat"] not in {"", first}


def test_a_speed_of_zero_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="speed"):
        tour_of(None).enter("write", speed=0)
