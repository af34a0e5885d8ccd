"""What holds for every suite: tests of one ``xdist_group`` share a worker; browser tests have a video recorder."""

from __future__ import annotations

import gc
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from _pytest.nodeid import coerce_node_id
from flask import Flask
from hypothesis import settings
from instrument.recording import offer_recorder
from werkzeug.routing import Rule

#: What pytest-xdist puts behind the name of a test that belongs to a group.
_GROUP = re.compile(r"@[^@\]/:]+$")

# How many examples hypothesis makes of each generated test, always the same: few in `make test`, many in `make long`.
settings.register_profile("quick", derandomize=True, database=None, deadline=None, max_examples=50)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=400)
settings.load_profile(os.environ.get("EXAMPLES", "quick"))


class _RuleBuiltOnce(Rule):
    """A route whose URL builder is compiled once in a process: most tests make an app of their own."""

    _builders: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (*self._trace, *sorted((self.defaults or {}).items()), append_unknown)
        if key not in self._builders:
            self._builders[key] = super()._compile_builder(append_unknown)
        return self._builders[key]


Flask.url_rule_class = _RuleBuiltOnce


def pytest_collection_finish() -> None:
    """What was collected lives as long as the run: the garbage collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--one-in N``: a bounded sample of the long tests."""
    parser.addoption(
        "--one-in",
        type=int,
        metavar="N",
        help="of the tests marked long: the first of each N of a file, in their order",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what ``--one-in`` leaves out: each file keeps its first long test, and one of each N after it.

    Tests on the lab's shared stack go to one worker, which starts it once: a start takes ten seconds of processor time.
    Those of the browser suite, which has a stack of its own in each worker, do not.
    """
    browser_suite = config.rootpath / "e2e"
    for item in items:
        on_shared_stack = "lab" in getattr(item, "fixturenames", ()) and not item.path.is_relative_to(browser_suite)
        if on_shared_stack and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("lab"))
    if every := config.getoption("one_in"):
        seen: Counter[Path] = Counter()
        kept: list[pytest.Item] = []
        left_out: list[pytest.Item] = []
        for item in items:
            long = item.get_closest_marker("long") is not None
            (left_out if long and seen[item.path] % every else kept).append(item)
            seen[item.path] += long
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.hookimpl(trylast=True, specname="pytest_collection_modifyitems")
def pytest_groups_of_tests(items: list[pytest.Item]) -> None:
    """Let ``xdist_group`` hold again.

    pytest-xdist 3.8 writes the group into ``_nodeid``, which pytest 9.2 no longer reads: it reads ``_id``. Without this
    every test is a group of its own, and both workers start everything. It goes once pytest-xdist knows of ``_id``.
    """
    for item in items:
        grouped = vars(item).get("_nodeid")
        if grouped is not None and grouped != item.nodeid:
            item._id = coerce_node_id(grouped)


class _OwnNames:
    """In the process that gathers the reports: a test by its own name, so that ``--last-failed`` finds it again."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        report.nodeid = _GROUP.sub("", report.nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """Videos of every browser test have a recorder; names of groups matter only to the process that gathers reports."""
    config.add_cleanup(offer_recorder().cleanup)
    if getattr(config.option, "dist", None) == "loadgroup" and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_OwnNames(), "own-names-of-grouped-tests")
