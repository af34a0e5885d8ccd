"""Reading the configurations of one customer: ours, siblings, and the findings across them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attachment_contract import read_configuration_set

CORPUS = Path(__file__).parent / "corpus"
ENVELOPE: dict[str, Any] = json.loads((CORPUS / "sound" / "envelope.json").read_text(encoding="utf-8"))
OUTBOUND = (CORPUS / "sound" / "outbound_sms.json").read_bytes()
MAIL = (CORPUS / "broken" / "AC117_email_analysis.json").read_bytes()


def test_ours_siblings_and_what_is_unknown_are_apart() -> None:
    found = read_configuration_set(
        [("in.json", ENVELOPE), ("out.json", OUTBOUND), ("mail.json", MAIL), ("x.json", "{}")]
    )
    assert [each.name for each in found.ours] == ["in.json", "out.json"]
    assert [each.name for each in found.siblings] == ["mail.json"]
    assert [each.name for each in found.unknown] == ["x.json"]
    assert not found.ok


def test_a_customers_inbound_outbound_and_sibling_make_a_set_without_errors() -> None:
    found = read_configuration_set([ENVELOPE, OUTBOUND, MAIL])
    assert found.ok
    assert {finding.rule for _, finding in found.findings} == {"AC117"}
    assert [each.name for each in found.configurations] == [f"configuration {number}" for number in (1, 2, 3)]


def test_a_finding_across_configurations_is_at_the_later_one() -> None:
    found = read_configuration_set([("a.json", ENVELOPE), ("b.json", ENVELOPE)])
    assert [(name, finding.rule) for name, finding in found.findings] == [("b.json", "AC821")]
    assert found.configurations[1].warnings[0].rule == "AC821"
    assert found.ok


def test_two_cmi_addresses_in_one_set_are_an_error_also_between_ours_and_a_sibling() -> None:
    other = MAIL.replace(b"/contoso/cmi", b"/fabrikam/cmi")
    found = read_configuration_set([ENVELOPE, other])
    assert not found.ok
    assert [finding.rule for finding in found.configurations[1].errors] == ["AC823"]


def test_no_configuration_is_an_empty_set() -> None:
    assert read_configuration_set([]).configurations == ()
