"""How reports are written down: one function per format, from reports to text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attachment_contract.gate.formats.machine import github, json_document, junit, sarif
from attachment_contract.gate.report import GateReport

Writer = Callable[[Sequence[GateReport]], str]
#: Machine formats by name; ``text`` is for people and writes to a console instead.
WRITERS: dict[str, Writer] = {"json": json_document, "junit": junit, "github": github, "sarif": sarif}
FORMATS = ("text", *WRITERS)

__all__ = ["FORMATS", "WRITERS", "Writer"]
