"""How we know each behaviour of this mock: one entry per switch of the dialect, one per settled behaviour.

Labels: documented (by SAP or Sinch), recorded (seen in payloads of real tenants), inferred, assumed, own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from c4c_mock.model.dialect import switches
from mock_kit.evidence import Evidence, EvidenceBook, Label
from mock_kit.worlds import World

BOOK = EvidenceBook()
PREFIX = "c4c."

_GUIDE = "SAP C4C OData API developer guide (github SAP-archive/C4CODATAAPIDEVGUIDE)"
_META = "$metadata recorded from a tenant (github Soontao/light-odata, tests/resources)"

_SETTLED: tuple[tuple[str, str, Label, str], ...] = (
    ("quirk-a", "a single entity stands in d.results", "recorded", f"{_GUIDE}; SAP client tests for C4C"),
    ("quirk-b", "an expanded to-many navigation is a bare array", "recorded", "SAP/cloud-sdk-js issue 508"),
    ("quirk-c", "odata-v2-strict-json-format: true gives the standard's JSON", "documented", "SAP help 2005"),
    ("no-payload", "odata-no-response-payload empties a 201, Location stays", "documented", _GUIDE),
    ("no-codedescs", "odata-no-codedescs leaves out descriptions of codes", "documented", _GUIDE),
    ("size-is-bytes", "SizeInkB holds bytes as a decimal string", "recorded", f"sample reply in {_GUIDE}"),
    ("binary-echo", "a 201 repeats the Binary", "recorded", f"sample reply in {_GUIDE}"),
    ("filter-grammar", "what is not documented for $filter is refused", "documented", _GUIDE),
    ("rights", "creatable, updatable, filterable, mandatory are enforced", "documented", _GUIDE),
    ("etag", "weak datetimeoffset ETags; If-Match is honoured, never demanded", "documented", _GUIDE),
    ("csrf", "a business user's write needs the token and all cookies, else 403", "documented", _GUIDE),
    (
        "basic-auth",
        "credentials are checked before services (401, then 403)",
        "documented",
        "SAP KBA 3742580",
    ),
    ("password-alphabet", "¤ £ € ½ § and non-Latin letters are refused", "documented", "Sinch guide"),
    (
        "empty-error-code",
        "the code of an error is empty",
        "recorded",
        "error of a tenant in light-odata's tests",
    ),
    ("metadata-shape", "namespaces, annotations and associations of $metadata", "recorded", _META),
    ("cti-reference", "ExternalReferenceID: at most 35 letters and digits", "documented", "SAP KBA 3481409"),
    ("cti-system", "without a communication system no reference is stored", "documented", "SAP KBA 3481409"),
    (
        "lock",
        "a second concurrent writer of one object is told 'locked by user'",
        "documented",
        "SAP KBA 3577788",
    ),
    ("tunnel", "POST with x-http-method does what that method does", "inferred", "SAP blog on ByDesign"),
    ("batch", "$batch with atomic change sets", "recorded", f"{_GUIDE}; replies in light-odata's tests"),
)

for _id, _behaviour, _label, _source in _SETTLED:
    BOOK.register(Evidence(PREFIX + _id, _behaviour, _label, _source))
for _switch in switches().values():
    BOOK.register(
        Evidence(PREFIX + _switch.name, _switch.behaviour, _switch.label, _switch.source, switch=_switch.name)
    )


def seen(behaviour: str) -> None:
    """A settled behaviour has just shown itself in the running request."""
    BOOK.touch(PREFIX + behaviour)


class Touching(Mapping[str, Any]):
    """A world's dialect that counts each look: what was looked at is what a result rests on."""

    def __init__(self, dialect: Mapping[str, Any], world: World) -> None:
        self._dialect = dialect
        self._world = world

    def __getitem__(self, name: str) -> Any:
        BOOK.touch(PREFIX + name, self._world)
        return self._dialect[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._dialect)

    def __len__(self) -> int:
        return len(self._dialect)
