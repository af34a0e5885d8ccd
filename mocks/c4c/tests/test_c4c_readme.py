"""The README tells what is not built and names every control route."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from c4c_caller import TenantClient

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
CALLS = "/activity/PhoneCallCollection"


@pytest.mark.parametrize(
    ("method", "path", "body", "listed"),
    [
        ("GET", "/../cust/v1/mine/", None, "custom (`/cust`)"),
        ("GET", "/../uid/v1/c4codataapi/", None, "(`/uid`)"),
        ("GET", "/../../odata-sso/v1/activity/", None, "SSO"),
        ("GET", "/../../../byd/odata/v1/x/", None, "ByDesign"),
        ("PUT", "{call}/Subject", {"Subject": "x"}, "writing a single property"),
        ("PUT", "{call}/Subject/$value", {}, "`$value`"),
        ("POST", "{call}/$links/PhoneCallNotes", {"uri": "x"}, "writing `$links`"),
        ("POST", CALLS, {"PhoneCallNotes": [{"__metadata": {"uri": "x"}}]}, "binding to an existing entity"),
    ],
)
def test_what_is_not_built_answers_501_and_is_listed(
    tenant: TenantClient, method: str, path: str, body: dict[str, Any] | None, listed: str
) -> None:
    made = tenant.call("POST", CALLS, json={"Subject": "x"}).get_json()["d"]["results"]["ObjectID"]
    below = path.format(call=f"{CALLS}('{made}')")
    steps = below.count("/..")
    root = "/sap/c4c/odata/v1".rsplit("/", steps)[0] if steps else "/sap/c4c/odata/v1"
    headers = {"Host": tenant.host, "Authorization": tenant.basic(tenant.user, tenant.password)}
    answer = tenant.client.open(root + below.replace("/..", ""), method=method, headers=headers, json=body)
    assert answer.status_code == 501, answer.text
    assert listed in README.partition("```")[0]


def test_every_control_route_is_described(tenant: TenantClient) -> None:
    for rule in tenant.app.flask_app.url_map.iter_rules():
        if rule.endpoint.startswith("c4c_control."):
            path = rule.rule.replace("<int:number>", "<number>").replace("<path:path>", "<path>")
            row = next((line for line in README.splitlines() if f"{path}`" in line or f"{path}[" in line), "")
            assert (rule.methods or set()) & set(re.findall(r"[A-Z]+", row)), f"{path} is not in the README"


@pytest.mark.parametrize("name", ["FUZZ_REQUESTS", "UPLOAD_MIB", "DIFFERENTIAL_QUERIES"])
def test_every_long_run_is_described(name: str) -> None:
    code = "".join(p.read_text("utf-8") for p in Path(__file__).parent.glob("test_*.py") if p != Path(__file__))
    assert f'"{name}"' in code
    assert f"{name}=" in README
