"""The customer's phone as a person uses it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

_DROPPED = """([area, files, kind]) => {
  const data = new DataTransfer();
  for (const { name, mimeType, bytes } of files)
    data.items.add(new File([new Uint8Array(bytes)], name, { type: mimeType }));
  const at = document.querySelector(area);
  const how = { bubbles: true, cancelable: true };
  if (kind === "paste") at.dispatchEvent(new ClipboardEvent("paste", { ...how, clipboardData: data }));
  else for (const step of ["dragenter", "dragover", "drop"])
    at.dispatchEvent(new DragEvent(step, { ...how, dataTransfer: data }));
}"""
#: A large file, on a busy machine.
UPLOAD_MS = 60_000


class ConversationPage:
    """The conversation, on the customer's and on the agent's page: words, files, the log."""

    area = ""
    composer = ""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def log(self) -> Locator:
        """What was said, oldest first."""
        return self.page.get_by_role("log").get_by_role("listitem")

    @property
    def uploads(self) -> Locator:
        """Files on their way, and refused ones."""
        return self.page.get_by_role("list", name="Files on their way").get_by_role("listitem")

    def say(self, words: str) -> None:
        """Write and press Enter."""
        self.page.locator(f"#{self.composer}-text").fill(words)
        self.page.keyboard.press("Enter")
        expect(self.log.last).to_contain_text(words)

    def attach(self, *files: Path | FilePayload) -> None:
        """By the button and the system's file dialog."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Attach files").click()
        paths = [each for each in files if isinstance(each, Path)]
        chooser.value.set_files(paths or [each for each in files if not isinstance(each, Path)])

    def drop(self, *files: FilePayload) -> None:
        """Drag files into the conversation."""
        self._transfer_data(files, "drop")

    def paste(self, *files: FilePayload) -> None:
        """Paste files from the clipboard."""
        self._transfer_data(files, "paste")

    def _transfer_data(self, files: Sequence[FilePayload], kind: str) -> None:
        plain = [{**each, "bytes": list(each["buffer"]), "buffer": None} for each in files]
        self.page.evaluate(_DROPPED, [self.area, plain, kind])

    def expect_sent(self, *names: str) -> None:
        """All of them are in the log, none is still on its way."""
        for name in names:
            expect(self.log.filter(has_text=name).first).to_be_visible(timeout=UPLOAD_MS)
        expect(self.uploads).to_have_count(0, timeout=UPLOAD_MS)


class ChatPage(ConversationPage):
    """The page "Customer chat"."""

    area = "#phone"
    composer = "chat"

    def open(self, url: str) -> None:
        """Open it and wait until its stream has begun."""
        self.page.goto(url)
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()

    def start(self, customer: str, *, channel: str = "WhatsApp", direct: bool = False) -> None:
        """Choose customer and channel, and begin."""
        self.page.get_by_label(customer).check()
        self.page.get_by_role("combobox", name="Channel", exact=True).select_option(label=channel)
        self.page.get_by_label("Straight to an agent").set_checked(direct)
        self.page.get_by_role("button", name="Start a new chat").click()
        expect(self.state).to_contain_text("Waiting for an agent")

    @property
    def state(self) -> Locator:
        """The line below the name on the phone."""
        return self.page.locator("#phone-state")
