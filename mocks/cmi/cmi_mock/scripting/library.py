"""The conversations that ship with this mock: ``cmi_mock/scripting/scripts/*.yaml``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from cmi_mock.model.errors import NoSuchThing


@cache
def library() -> dict[str, str]:
    """Every shipped script's text by name (the file's name without its ending), sorted."""
    found = (path for path in files("cmi_mock.scripting").joinpath("scripts").iterdir() if path.name.endswith(".yaml"))
    return {path.name.removesuffix(".yaml"): path.read_text("utf-8") for path in sorted(found, key=lambda p: p.name)}


def shipped(name: str) -> str:
    """Raises NoSuchThing."""
    try:
        return library()[name]
    except KeyError:
        raise NoSuchThing(f"no script is called {name}; there are: {', '.join(library())}") from None
