"""The standin of a module: processes start once, chats are a test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from standin.chat import Chat, Listed
from standin.processes import StandinStack, running_standin
from standin.rows import Ended, Row, play


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinStack]:
    """The service, the C4C mock and the stand-in, with the settings that ship."""
    with running_standin(tmp_path_factory.mktemp("standin")) as started:
        yield started


@pytest.fixture
def a_chat(standin: StandinStack) -> Callable[..., Chat]:
    """Makes chats, each with a CMI host and a C4C tenant of its own."""

    def make(*listed: Listed, front: bool = False) -> Chat:
        return Chat(standin, *listed, front=front)

    return make


@pytest.fixture(scope="module")
def ended(standin: StandinStack, request: pytest.FixtureRequest) -> dict[str, Ended]:
    """How every row of the module's table that is asked for ended."""
    module = request.module.__name__
    rows: list[Row] = []
    for item in request.session.items:
        row = getattr(item, "callspec", None) and item.callspec.params.get("row")  # type: ignore[attr-defined]
        if row and getattr(item, "module", None) and item.module.__name__ == module:  # type: ignore[attr-defined]
            rows.append(row)
    return play(standin, rows)
