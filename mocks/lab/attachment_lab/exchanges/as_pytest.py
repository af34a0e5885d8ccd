"""A recorded chat as a pytest file that plays it again and asserts the same result.

Pure text from data: every value passes ``literal``, so a customer's file name cannot become code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import fill
from typing import Any

from attachment_lab.exchanges.recording import RecordedFault, Recording

#: Of a line of the file, in characters.
LINE = 120
_HEAD = '''"""Chat {guid} of tenant {tenant}, played again.

Exported from the journal of attachment-lab. The files have the recorded names and sizes; their bytes are generated.
Run it with pytest where attachment-lab is installed; it starts the whole stack.
{limits}"""

from __future__ import annotations

{imports}

FILES = [{files}]
#: The service's final state of each attachment.
ATTACHMENTS = [{attachments}]
#: The chat's files in C4C at the end.
STORED = [{stored}]


def content(name: str, size_bytes: int) -> bytes:
    """Bytes of that size, different for each name."""
    pattern = f"{{name}} ".encode()
    return (pattern * (size_bytes // len(pattern) + 1))[:size_bytes]

'''


def source(recording: Recording) -> str:
    """The file's text, formatted as ``ruff format`` would have it."""
    head = _HEAD.format(
        guid=recording.guid,
        tenant=recording.tenant,
        limits=_limits(recording),
        imports="\n".join(_imports(recording)),
        files=_items((each.name, each.size_bytes, each.by) for each in recording.files),
        attachments=_items(recording.attachments),
        stored=_items(recording.stored),
    )
    return head + "\n".join([*_options(recording), *_test(recording)]) + "\n"


def _limits(recording: Recording) -> str:
    limits = list(recording.beyond)
    if any(fault.kind == "latency" for fault in recording.faults):
        limits.append("A planned delay takes the same time here.")
    if recording.state not in {None, "settled", "parked", "cancelled"}:
        limits.append("The recorded transfer was still active: its state is not asserted.")
    return "\n" + "\n".join(fill(each, LINE) for each in limits) + "\n" if limits else ""


def _imports(recording: Recording) -> Iterator[str]:
    if _marks(recording) or recording.dialects or recording.state is None or _has_options(recording):
        yield "import pytest"
    yield "from attachment_lab.reconciliation.invariants import judge"
    if _has_options(recording):
        yield "from attachment_lab.tenant.opening import TenantOptions"
    yield "from attachment_lab.testing.lab import LabTenant"


def _has_options(recording: Recording) -> bool:
    return bool(recording.dialects) or recording.events != ("Ended",) or recording.direct_conversations


def _options(recording: Recording) -> Iterator[str]:
    if not _has_options(recording):
        return
    yield from ("", "@pytest.fixture", "def tenant_options() -> TenantOptions:")
    yield '    """The tenant as it was: events, switches of the mocks."""'
    yield "    return TenantOptions("
    yield f"        events={literal(recording.events)},"
    yield f"        direct_conversations={literal(recording.direct_conversations)},"
    yield f"        dialects={literal(recording.dialects)},"
    yield "    )"
    yield ""


def _marks(recording: Recording) -> list[str]:
    marks = []
    if any(fault.on_the_wire for fault in recording.faults):
        marks.append("@pytest.mark.own_stack(fault_proxy=True)")
    if recording.broken_invariants:
        marks.append('@pytest.mark.no_reconciliation(reason="the recorded chat broke an invariant, asserted below")')
    return marks


def _test(recording: Recording) -> Iterator[str]:
    yield ""
    yield from _marks(recording)
    yield f"def test_chat_{recording.guid[:8].lower()}_ends_as_recorded(tenant: LabTenant) -> None:"
    yield from _indented(_play(recording))
    yield from _indented(_assertions(recording))


def _play(recording: Recording) -> Iterator[str]:
    yield (
        f"chat = tenant.chat(accepted={literal(recording.accepted)}, direct={literal(recording.direct)}, "
        f"channel_sub_type={literal(recording.channel_sub_type)})"
    )
    yield "for name, size_bytes, by in FILES:"
    yield "    chat.send((name, content(name, size_bytes)), originator_type=by)"
    for _ in range(recording.further_legs):
        yield "chat.add_leg()"
    ids = {each.id: place for place, each in enumerate(recording.files)}
    for fault in recording.faults:
        yield from _fault(fault, ids)
    if recording.ended:
        yield f"chat.end(fire={literal('Ended' in recording.fired)})"
        yield "tenant.wait_until_settled(timeout_s=180)"
    if recording.wrapped_up:
        yield f"chat.wrap_up(fire={literal('Closed' in recording.fired)})"
        yield "tenant.wait_until_settled(timeout_s=180)"


def _fault(fault: RecordedFault, ids: Mapping[str, int]) -> Iterator[str]:
    yield "tenant.fault("
    yield f"    mock={literal(fault.mock)},"
    yield f"    kind={literal(fault.kind)},"
    yield f"    path={_path(fault.path, ids)},"
    if fault.method != "*":
        yield f"    method={literal(fault.method)},"
    yield f"    phase={literal(fault.phase)},"
    yield f"    times={literal(fault.times)},"
    yield f"    skip={literal(fault.skip)},"
    for name, value in fault.params.items():
        yield f"    {name}={literal(value)},"
    yield ")"


def _path(path: str, ids: Mapping[str, int]) -> str:
    """The glob; the id of a recorded file is replaced by an expression for the new file's id."""
    for file_id, place in ids.items():
        if file_id in path:
            before, _, after = path.partition(file_id)
            return f"{literal(before)} + chat.files[{place}].id + {literal(after)}"
    return literal(path)


def _assertions(recording: Recording) -> Iterator[str]:
    yield "records = tenant.reconciliation.records().of_chat(chat.guid)"
    yield f"assert [each.state for each in records.deliveries] == {literal(list(recording.deliveries))}"
    if recording.state is None:
        yield "with pytest.raises(LookupError):"
        yield "    chat.transfer()"
    elif recording.state in {"settled", "parked", "cancelled"}:
        yield "transfer = chat.transfer()"
        yield f"assert (transfer.state, transfer.outcome) == {literal((recording.state, recording.outcome))}"
        yield "assert sorted((each.name, each.state) for each in transfer.attachments) == ATTACHMENTS"
        yield "assert sorted(each.name for each in records.objects) == STORED"
    broken = literal(list(recording.broken_invariants))
    yield f"assert sorted({{each.invariant for each in judge(records).violations}}) == {broken}"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _items(values: Any) -> str:
    lines = "".join(f"\n    {literal(value)}," for value in values)
    return f"{lines}\n" if lines else ""


def literal(value: Any) -> str:
    """A value as Python source, with double quotes as formatters have it; never anything but a literal."""
    if isinstance(value, str):
        plain = repr(value)
        return plain if plain.startswith('"') or '"' in value else f'"{plain[1:-1]}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(name)}: {literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)
