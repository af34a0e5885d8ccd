"""Write ``docs/fidelity.md`` from the evidence labels in the code, or check that page and labels are in order.

Every behaviour of a mock and every assumption of the service has a label where it is coded. ``--write FILE``,
``--check FILE`` (exit 1 if it differs or a label lacks what it owes), ``--shares`` (exit 1 above a cap).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from attachment_lab.evidence.rows import Part, parts, shares
from attachment_lab.fidelity.checks import caps, debts, over_the_caps, shares_line, today
from attachment_lab.fidelity.page import page


@click.command()
@click.option("--write", "target", type=click.Path(path_type=Path), help="Write the page here.")
@click.option("--check", "existing", type=click.Path(path_type=Path), help="Exit 1 unless this file is the page.")
@click.option("--shares", "show_shares", is_flag=True, help="Print each label's share; exit 1 above a cap.")
def main(target: Path | None, existing: Path | None, show_shares: bool) -> None:
    """Write or check docs/fidelity.md; print the shares. Run it in the project's folder."""
    found, day = parts(), today()
    if target is not None:
        target.write_text(page(found, day), encoding="utf-8")
    troubles = _troubles(found, existing) if existing is not None else []
    if show_shares:
        by_label = shares(found, day)
        click.echo(shares_line(by_label, sum(len(part.rows) for part in found)))
        troubles += over_the_caps(by_label, caps(Path("pyproject.toml")))
    for trouble in troubles:
        click.echo(trouble, err=True)
    raise SystemExit(1 if troubles else 0)


def _troubles(found: Sequence[Part], existing: Path) -> list[str]:
    troubles = debts(found, Path.cwd())
    if not existing.exists() or existing.read_text(encoding="utf-8") != page(found, today()):
        troubles.append(f"{existing} differs from the code, or a recording has lapsed: run `make fidelity`")
    return troubles


if __name__ == "__main__":
    main()
