"""``up``: start a stack and keep it running; continue an earlier one, or begin with a snapshot."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from attachment_lab.cli.common import err, json_option, out, print_json
from attachment_lab.cli.configurations import configuration_options
from attachment_lab.cli.foreign_service import foreign_options, service_options
from attachment_lab.cli.starting import (
    dialect_option,
    fault_proxy_option,
    first_tenant,
    load_customers,
    open_default,
    port_option,
    run_dir_option,
    seed_option,
    show_stack,
    tenant_name_option,
)
from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.demo.run import default_files
from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.exits import Stopped, ending_on_signals
from attachment_lab.reconciliation.no_transfer import MOST_EVENTS
from attachment_lab.shared_files import replace_json
from attachment_lab.snapshots import archive, continued
from attachment_lab.snapshots.continued import KeptStack
from attachment_lab.snapshots.restoring import restore
from attachment_lab.stack import egress, ready_file
from attachment_lab.stack.foreign import ANY_ISSUER
from attachment_lab.stack.reset import StackOwner, show_tenant
from attachment_lab.stack.running import Stack, StackOptions, open_stack
from attachment_lab.tenant.conversation import LabConversation, Sendable
from attachment_lab.tenant.credentials import TenantNames

#: Number of files in the chat that waits for its event.
WAITING_FILES = 3


@click.command()
@port_option
@run_dir_option
@fault_proxy_option
@dialect_option
@tenant_name_option
@configuration_options
@service_options
@click.option(
    "--ready-file",
    "ready_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Write addresses and credentials here (mode 0600) once everything answers.",
)
@click.option(
    "--snapshot",
    "snapshot",
    default=None,
    metavar="NAME|FILE",
    help="Begin with the tenant of this snapshot (`attachment-lab snapshot save`).",
)
@seed_option
@json_option
def up(
    port_base: int | None,
    tenant_name: str | None,
    configurations: tuple[str, ...],
    secrets_file: Path | None,
    ask_secrets: bool,
    ready_path: Path | None,
    snapshot: str | None,
    seed: bool,
    as_json: bool,
    run_dir: Path | None,
    fault_proxy: bool,
    dialect: Path | None,
    **service: Any,
) -> None:
    """Start the stack and keep it running until Ctrl-C.

    With a --run-dir that an earlier `up` has used it continues there: tenants, chats, files and transfers.
    """
    is_foreign = bool(service["service_url"] or service["service_command"])
    _check_writable(ready_path)
    kept = continued.read(run_dir)
    begins_with = _snapshot_file(snapshot)
    _check_start(kept, run_dir, tenant_name, {"--edi": bool(configurations), "--snapshot": begins_with is not None})
    if is_foreign and (kept or begins_with or seed):
        raise WrongUse("a kept stack, a snapshot and --seed need our service; name an empty --run-dir")
    first = first_tenant(tenant_name, configurations, secrets_file, ask_secrets=ask_secrets)
    options = StackOptions(
        port_base=8100 if port_base is None else port_base,
        console=not is_foreign,  # its pages show our service's status API
        run_dir=run_dir,
        sealing_key=kept.sealing_key if kept else None,
        offset_s=kept.offset_s if kept else 0.0,
        fault_proxy=fault_proxy,
        dialect=dialect,
        # Other tenants may be opened later.
        foreign=foreign_options(issuers=(first.token_issuer, ANY_ISSUER), **service),
    )
    reader = UpReader(ready_path, seed=seed and not kept and not begins_with, as_json=as_json)
    err().print(Text("Starting the stack …", style="dim"))
    before_service = (lambda stack: continued.open_kept(stack, kept)) if kept else None
    with ending_on_signals(), open_stack(options, before_service=before_service) as stack:
        if kept:
            owner = _continued(stack, kept, tenant_name or kept.default, reader)
        elif begins_with:
            owner = _begun_with(stack, begins_with, reader)
        else:
            reader.prepare(stack, open_default(stack, first))
            owner = _owner(stack, first, reader)
        _stay(stack, owner, keeps=run_dir is not None and not is_foreign)


@dataclass(frozen=True)
class UpReader:
    """The reader of what ``up`` prints: a person, or programs by JSON and the ready file."""

    ready_path: Path | None
    seed: bool = field(kw_only=True)
    as_json: bool = field(kw_only=True)

    def prepare(self, stack: Stack, names: TenantNames, *, wait: bool = True) -> None:
        """Fill a new tenant and announce it; ``wait``: until the demo's customers are loaded, where they are wanted."""
        contact_id = _waiting_chat(stack, names, default_files()[:WAITING_FILES])
        if self.seed:
            load_customers(stack, names, err(), wait=wait)
        self.announce(stack, names, contact_id)

    def announce(self, stack: Stack, names: TenantNames, contact_id: str | None) -> None:
        """Print the stack, and write the ready file."""
        self.write_ready(stack, names, contact_id)
        if self.as_json:
            print_json(_stack_facts(stack, names, contact_id))
        else:
            show_stack(stack, names, contact_id, out())
        sys.stdout.flush()

    def write_ready(self, stack: Stack, names: TenantNames, contact_id: str | None) -> None:
        """Write the ready file, if one is wanted."""
        if self.ready_path:
            replace_json(self.ready_path, ready_file.ready_json(stack.urls, names, contact_id))


def _owner(
    stack: Stack, tenant: TenantNames, reader: UpReader, others: Mapping[str, TenantNames] | None = None
) -> StackOwner:
    return StackOwner(
        stack,
        tenant,
        lambda names: reader.prepare(stack, names, wait=False),
        follow=lambda names: reader.write_ready(stack, names, unfired_chat(stack.clients, names)),
        others=others,
    )


def _continued(stack: Stack, kept: KeptStack, default: str, reader: UpReader) -> StackOwner:
    """The kept tenants are open; what was kept is older than the service's database from now on."""
    continued.forget(stack.run_dir)
    tenant = kept.tenants[default]
    stack.start_console(tenant, stack_file=stack.announced_at)
    for name, names in kept.tenants.items():
        if name != default:
            show_tenant(stack.urls["console"], names)
    words = f"The stack of {stack.run_dir} continues where it ended: {', '.join(kept.tenants)}."
    err().print(Text(words, style="dim"), soft_wrap=True)
    reader.announce(stack, tenant, unfired_chat(stack.clients, tenant))
    return _owner(stack, tenant, reader, kept.tenants)


def _begun_with(stack: Stack, path: Path, reader: UpReader) -> StackOwner:
    restored = restore(path, stack.clients, run_dir=stack.run_dir, clock_file=stack.clock_file)
    stack.start_console(restored.names, stack_file=stack.announced_at)
    for remark in restored.remarks:
        err().print(Text(remark, style="yellow"), soft_wrap=True)
    reader.announce(stack, restored.names, unfired_chat(stack.clients, restored.names))
    return _owner(stack, restored.names, reader)


def _stay(stack: Stack, owner: StackOwner, *, keeps: bool) -> None:
    """Run until a signal; then save the tenants where the run directory is the user's own."""
    try:
        owner.stay()
    except Stopped:
        if keeps:
            _keep(stack, owner)
        raise


def _keep(stack: Stack, owner: StackOwner) -> None:
    console = err()
    try:
        lost = continued.keep(stack, owner.tenants, owner.default)
    except (LabFailed, OSError) as exc:
        console.print(Text(f"The state was not saved: {exc}", style="red"), soft_wrap=True)
        return
    again = f"`attachment-lab up --run-dir {stack.run_dir}` continues here."
    console.print(Text(f"The state is saved; {again}", style="dim"), soft_wrap=True)
    if lost:
        words = f"Not saved: {', '.join(lost)}; only the console or the test that opened them knows their credentials."
        console.print(Text(words, style="yellow"), soft_wrap=True)


def unfired_chat(to: StackClients, names: TenantNames) -> str | None:
    """The guid of a chat that has ended and whose event was not fired; None when there is none."""
    fired = to.orchestration.get("/_mock/events", tenant=names.name, limit=MOST_EVENTS)
    known = {each["contact_id"] for each in fired if each["delivery_ids"]}
    chats = to.cmi.get("/_mock/chats", tenant=names.name)["chats"]
    ended = [str(each["guid"]) for each in chats if each["status"] in {"Ended", "Handled"}]
    return next((guid for guid in ended if guid not in known), None)


def _snapshot_file(given: str | None) -> Path | None:
    """A file, or the name of a snapshot. It is read once before anything starts. Raises WrongUse."""
    if given is None:
        return None
    path = Path(given)
    chosen = path if path.suffix or os.sep in given or path.is_file() else archive.path_of(given, None)
    with archive.read(chosen):
        return chosen


def _check_start(kept: KeptStack | None, run_dir: Path | None, name: str | None, given: dict[str, bool]) -> None:
    """Raise WrongUse where options contradict what the run directory keeps, or one another."""
    wanted = [option for option, is_given in given.items() if is_given]
    if len(wanted) > 1:
        raise WrongUse(f"{' and '.join(wanted)} exclude each other: the first tenant is made from one of them")
    if kept is None:
        return
    if wanted:
        remedy = "open it by `attachment-lab tenant open` afterwards, or name an empty --run-dir"
        raise WrongUse(f"{wanted[0]}: {run_dir} continues with {', '.join(kept.tenants)}; {remedy}")
    if name is not None and name not in kept.tenants:
        raise WrongUse(f"--tenant {name}: {run_dir} continues with {', '.join(kept.tenants)}; name one of them")


def _check_writable(ready_path: Path | None) -> None:
    """Raise WrongUse before anything starts, where the ready file cannot be written."""
    if ready_path is None:
        return
    try:
        ready_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(ready_path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as exc:
        shown = str(ready_path)[:200]
        raise WrongUse(f"--ready-file {shown}: {exc.strerror}; name a file that can be written") from exc


def _waiting_chat(stack: Stack, tenant: TenantNames, files: list[Sendable]) -> str:
    """Play an ended chat with attachments and a C4C activity, without firing its event; returns its guid."""
    chat = LabConversation.open(stack.clients, tenant)
    chat.accept()
    chat.say("Here are the papers.")
    for each in files:
        chat.send(each)
    chat.end(fire=False)
    chat.wrap_up(fire=False)
    return chat.guid


def _stack_facts(stack: Stack, tenant: TenantNames, contact_id: str | None) -> dict[str, Any]:
    """The running stack as JSON; credentials are in the ready file alone."""
    more = {"service_needs": stack.foreign.needs()} if stack.foreign else {}
    health = {} if stack.foreign else {"worker_health": egress.url(stack.ports.worker_health)}
    return more | {
        "urls": {**stack.urls, **health},
        "default": tenant.name,
        "contact_id": contact_id,
        "run_dir": str(stack.run_dir),
        "stack_file": str(stack.announced_at),
    }
