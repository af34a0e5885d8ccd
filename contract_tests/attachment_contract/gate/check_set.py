"""Checks what several configurations have in common, beside each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePath

from attachment_contract.gate.check import Examined
from attachment_contract.gate.context import RawFinding
from attachment_contract.gate.rules import sets


def check_set(examined: Sequence[Examined], *, one_tenant: bool = False) -> list[Examined]:
    """The same texts with the findings across them. A text that cannot be read is left as it is.

    Args:
        one_tenant: whether all of them belong to one customer's tenant, which has one CMI address.
    """
    paths = [PurePath(each.report.source.name) for each in examined]
    in_one_folder = len({path.parent for path in paths}) == 1
    members = [
        sets.SetMember(
            index=index, name=paths[index].name if in_one_folder else str(paths[index]), context=each.context
        )
        for index, each in enumerate(examined)
        if each.context is not None
    ]
    found = defaultdict[int, list[RawFinding]](list)
    for index, raw in (*sets.ordinals(members), *(sets.cmi_addresses(members) if one_tenant else ())):
        found[index].append(raw)
    return [each.with_findings(found[index]) if index in found else each for index, each in enumerate(examined)]
