"""How the suite and the documentation's pictures start a browser: the system's Chromium, with pinned fonts."""

from __future__ import annotations

import os
import shutil
from typing import Any

from instrument.pictures import FONTS

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
)
#: Every machine shows times and sizes alike.
CONTEXT_OPTIONS: dict[str, Any] = {"locale": "en-GB", "timezone_id": "Europe/Helsinki"}


def launch_options(*more_arguments: str) -> dict[str, Any]:
    """For Playwright's ``launch``. Raises LookupError where there is no Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next((found for name in names if (found := shutil.which(name))), None)
    if chromium is None:
        raise LookupError("no chromium on this machine; remedy: apt-get install chromium")
    return {
        "executable_path": chromium,
        "args": [*CHROMIUM_ARGUMENTS, *more_arguments],
        "env": {**os.environ, "FONTCONFIG_FILE": str(FONTS)},
    }
