"""The console's pages: every module here offers ``PAGE``; ``order`` gives its place in the menu."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from attachment_lab.console.web.page import ConsolePage

_FOUND = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
PAGES: tuple[ConsolePage, ...] = tuple(sorted((module.PAGE for module in _FOUND), key=lambda page: page.order))
