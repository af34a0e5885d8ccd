"""The command that brings a database to this program's schema, or prints the SQL for it, or moves it elsewhere."""

from __future__ import annotations

import click

from attachment_contract.terminal import echo
from attachment_transfer.cli.support import fail, json_option, print_json, report_errors
from attachment_transfer.cli.support import settings as read_settings
from attachment_transfer.ledger import migrations
from attachment_transfer.runtime import database_tasks, logs


@click.command()
@click.option(
    "--from", "source_url", help="Move an embedded database (sqlite:///…) into DATABASE_URL and continue there."
)
@click.option("--sql", is_flag=True, help="Change nothing: print the SQL of the missing steps.")
@click.option(
    "--since",
    metavar="STEP",
    help=f"With --sql: without a connection, for a database at this step ({migrations.EMPTY}: an empty one; "
    f"{migrations.UNCOUNTED}: one from before steps were counted).",
)
@json_option
@report_errors
def migrate(source_url: str | None, sql: bool, since: str | None, as_text: bool) -> None:
    """Create or upgrade the database's schema. Safe to run twice, and several at once.

    A schema that only a later program understands is refused with exit code 1. With --from: stop the old service
    first. Everything is copied in one transaction, and open transfers continue.
    """
    settings = read_settings()
    logs.configure(settings.log_format)
    if since is not None and (not sql or since not in migrations.starts()):
        fail(f"--since {since}: with --sql, one of {', '.join(migrations.starts())}", 2)
    if sql and source_url is not None:
        fail("--sql and --from exclude each other", 2)
    if sql:
        click.echo(database_tasks.migration_script(settings, since), nl=False)
    elif source_url is None:
        found = database_tasks.migrate_all(settings)
        if as_text:
            print_json({"schema": found.version, "step": found.step, "engine_schema": found.engine})
        else:
            echo(f"ledger schema {found.version}, step {found.step}; engine schema {found.engine}")
    elif not source_url.startswith("sqlite:///"):
        fail(f"--from {source_url.split(':', 1)[0]}: only an embedded database, sqlite:///path, can be moved", 2)
    else:
        rows = database_tasks.move_from(settings, source_url)
        if as_text:
            print_json({"rows": rows})
        else:
            for table, count in rows.items():
                echo(f"{table}: {count} row(s)")
