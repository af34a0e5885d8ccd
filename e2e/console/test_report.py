"""The report: made by one press, opened from disk, printed on A4, and equal for equal runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from instrument.stacks import TenantView
from pages.report_page import ReportPage
from playwright.sync_api import Browser, Page, expect

from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.report.gather import gather
from attachment_lab.report.model import Scope
from attachment_lab.report.page import render
from attachment_lab.shared_files import replace_json
from attachment_lab.stack.ready_file import RunningStack, stack_json
from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.tenant.credentials import TenantNames, fresh_tenant
from attachment_lab.tenant.opening import open_tenant
from attachment_lab.testing.lab import Lab, LabTenant

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

FILES = [("contract of Alice.pdf", b"%PDF-1.4 " + b"a contract " * 300), ("photo.jpg", b"\xff\xd8\xff" + b"p" * 900)]
ALL_ARRIVED = "All 2 attachments arrived; every byte is equal at both ends."
POINTS_PER_MM = 72 / 25.4


@pytest.fixture
def report(page: Page, view: TenantView) -> ReportPage:
    """The page of the test's tenant, not opened yet."""
    return ReportPage(page, view.url("report"))


def test_one_press_saves_a_file_that_opens_from_disk_and_asks_for_nothing(
    report: ReportPage, view: TenantView, browser: Browser, tmp_path: Path
) -> None:
    chat = view.tenant.chat(files=FILES)
    chat.end()
    view.tenant.wait_until_settled()
    report.open()
    report.expect_headline(ALL_ARRIVED)
    saved = report.save(tmp_path)
    assert saved.name == f"attachment-report-{view.tenant.names.tenant_path}.html"

    asked: list[str] = []
    errors: list[str] = []
    with browser.new_context() as context:
        offline = context.new_page()
        context.on("request", lambda request: asked.append(request.url))
        context.on("console", lambda line: errors.append(line.text))
        offline.goto(saved.as_uri(), wait_until="networkidle")
        expect(offline.locator("h1")).to_have_text(ALL_ARRIVED)
        for name, _ in FILES:
            expect(offline.get_by_text(name)).to_be_visible()
        expect(offline.locator(".stack")).to_be_visible()
        assert offline.locator(".files .equal").count() == len(FILES)
        text = re.sub(r"\s", "", offline.locator("body").inner_text())
        assert all(file.sha256 in text for file in chat.files)
    assert asked == [saved.as_uri()]
    assert errors == []


def test_it_is_about_one_chat_or_hides_names_when_asked(report: ReportPage, view: TenantView) -> None:
    for number, name in enumerate(("Alice Example", "Bob Muster")):
        customer = {"name": name, "email": f"c{number}@example.com"}
        view.tenant.chat(files=FILES[: number + 1], customer=customer).end()
    view.tenant.wait_until_settled()
    report.open()
    report.expect_headline("All 3 attachments arrived; every byte is equal at both ends.")
    about = report.page.get_by_label("About")
    about.select_option(about.locator("option", has_text="Alice").get_attribute("value"))
    report.expect_headline("The attachment arrived; every byte is equal at both ends.")
    expect(report.paper.locator(".chat")).to_have_count(1)
    report.page.get_by_label("Hide file names and customers").check()
    expect(report.paper.get_by_text("file 1.pdf")).to_be_visible()
    expect(report.paper.get_by_text("Alice")).to_have_count(0)


def test_before_the_first_chat_the_page_says_what_to_do(report: ReportPage) -> None:
    report.open()
    expect(report.page.get_by_text("There is nothing to report yet.")).to_be_visible()
    expect(report.page.get_by_role("button", name="Print")).to_be_disabled()


def test_what_happens_after_a_report_was_made_is_said_until_it_is_made_anew(
    report: ReportPage, view: TenantView
) -> None:
    view.tenant.chat(files=FILES[:1]).end()
    view.tenant.wait_until_settled()
    report.open()
    report.expect_headline("The attachment arrived; every byte is equal at both ends.")
    view.tenant.chat(files=FILES).end()
    view.tenant.wait_until_settled()
    expect(report.page.get_by_role("status")).to_contain_text("Generate it again", timeout=90_000)
    report.page.get_by_role("button", name="Generate it again").click()
    report.expect_headline("All 3 attachments arrived; every byte is equal at both ends.")
    expect(report.page.get_by_role("status")).to_have_text("")


def test_a_failure_is_in_the_report_with_its_reason(report: ReportPage, view: TenantView) -> None:
    view.tenant.fault(mock="cmi", kind="status", path="*/attachments/*", method="GET", status=404)
    view.tenant.chat(files=FILES).end()
    view.tenant.wait_until_settled()
    report.open()
    report.expect_headline("1 of 2 attachments arrived with every byte equal; 1 reported failed, with the reason.")
    expect(report.paper.locator(".files .reason")).to_contain_text("attachment-gone")
    expect(report.paper.locator(".files .remedy")).not_to_be_empty()


def test_no_secret_is_in_it(view: TenantView, page: Page) -> None:
    view.tenant.chat(files=FILES[:1]).end()
    view.tenant.wait_until_settled()
    html = page.request.get(f"{view.url('report')}file").text()
    assert [what for what, secret in view.tenant.names.guarded().items() if secret in html] == []


def test_the_report_in_the_frame_may_run_nothing_and_be_framed_by_nobody_else(view: TenantView, page: Page) -> None:
    view.tenant.chat(files=FILES[:1]).end()
    view.tenant.wait_until_settled()
    policy = page.request.get(f"{view.url('report')}file").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in policy
    assert "frame-ancestors 'self'" in policy


def test_it_prints_on_a4_with_numbered_pages_and_nothing_cut(
    view: TenantView, browser: Browser, tmp_path: Path
) -> None:
    pypdfium2 = pytest.importorskip("pypdfium2")
    view.tenant.chat(files=[(f"page {n}.txt", b"text " * n) for n in range(1, 31)]).end()
    view.tenant.wait_until_settled()
    saved = tmp_path / "report.html"
    saved.write_text(render(gather(view.tenant.reconciliation, Scope())), encoding="utf-8")
    with browser.new_context() as context:
        paper = context.new_page()
        paper.goto(saved.as_uri())
        paper.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True, print_background=True)
    document = pypdfium2.PdfDocument(tmp_path / "report.pdf")
    count = len(document)
    texts = [document[number].get_textpage().get_text_range() for number in range(count)]
    assert count >= 3
    for number in range(count):
        width, height = document[number].get_size()
        assert (round(width / POINTS_PER_MM), round(height / POINTS_PER_MM)) == (210, 297)
        assert f"{number + 1} of {count}" in texts[number]
    # A row is never cut: each file's name and its digest's verdict stand on the same page.
    for each in range(1, 31):
        (where,) = [text for text in texts if re.search(rf"\bpage {each}\.txt", text)]
        assert where.count("equal in C4C") >= 1
    assert sum(text.count("equal in C4C") for text in texts) == 30
    # The table's head is repeated on each page that the table runs over.
    assert sum("SHA-256 at CMI and in C4C" in text for text in texts) >= 2


def test_equal_runs_give_equal_bytes_but_for_time() -> None:
    names = fresh_tenant()
    first, second = _played(names), _played(names)
    assert _without_times(first) == _without_times(second)
    assert first != second


def test_the_command_writes_the_same_file(tmp_path: Path, view: TenantView) -> None:
    """Against a stack file of this tenant, as ``up`` would have written it."""
    chat = view.tenant.chat(files=FILES)
    chat.end()
    view.tenant.wait_until_settled()
    names = view.tenant.names
    running = RunningStack(urls=view.tenant.lab.urls, tenants={names.name: names}, default=names.name)
    replace_json(tmp_path / "stack.json", stack_json(running))
    command = [sys.executable, "-m", "attachment_lab", "report", "--stack", str(tmp_path / "stack.json")]
    out = tmp_path / "run.html"
    done = _run(*command, "--out", str(out), "--chat", chat.guid, "--json")
    assert done.returncode == 0, done.stderr
    expected = render(gather(view.tenant.reconciliation, Scope(chat=chat.guid)))
    assert _without_times(out.read_text(encoding="utf-8")) == _without_times(expected)
    wrong = _run(*command, "--out", str(out), "--chat", "F" * 32)
    assert wrong.returncode == 2
    assert "there is no chat" in wrong.stderr


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _played(names: TenantNames) -> str:
    """A tenant of these names on a stack of its own, one chat, and its report."""
    with open_stack(StackOptions()) as stack:
        open_tenant(stack.clients, names)
        tenant = LabTenant(Lab(stack, is_own=True), names)
        tenant.chat(files=FILES).end()
        tenant.wait_until_settled()
        return render(gather(Reconciliation(stack.clients, names), Scope()))


def _without_times(html: str) -> str:
    return re.sub(r"<time[^>]*>[^<]*</time>", "<time/>", html)
