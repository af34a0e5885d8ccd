"""What the one-shot job of the compose file makes: each password is new, and lies where its reader alone mounts it."""

from __future__ import annotations

import stat
from pathlib import Path

import yaml

from attachment_lab.containers.provision import provision

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def password_of_grafana(root: Path) -> str:
    return (root / "grafana" / "admin_password").read_text(encoding="utf-8")


def test_grafanas_password_is_made_and_no_two_stacks_have_the_same(tmp_path: Path) -> None:
    assert provision(tmp_path / "one")
    assert provision(tmp_path / "two")
    passwords = {password_of_grafana(tmp_path / name) for name in ("one", "two")}
    assert len(passwords) == 2
    assert all(len(password) >= 24 for password in passwords)


def test_a_stack_of_an_older_release_gets_grafanas_password_and_keeps_the_rest(tmp_path: Path) -> None:
    provision(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    grafana = tmp_path / "grafana" / "admin_password"
    grafana.unlink()
    assert not provision(tmp_path)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path for path in after if after[path] != before[path]} == {grafana}


def test_only_their_own_user_reads_the_other_secrets(tmp_path: Path) -> None:
    provision(tmp_path)
    open_to_all = {path.name for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_mode & stat.S_IROTH}
    assert open_to_all == {"ca.pem", "admin_password"}


def test_grafana_reads_that_password_and_is_the_only_one_that_mounts_it() -> None:
    settings = COMPOSE["services"]["grafana"]["environment"]
    assert settings["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/lab/grafana/admin_password"
    mounts = {
        name: [m for m in each.get("volumes", []) if m.startswith("grafana:")]
        for name, each in COMPOSE["services"].items()
    }
    assert {name: found for name, found in mounts.items() if found} == {
        "provision": ["grafana:/run/lab/grafana"],
        "grafana": ["grafana:/run/lab/grafana:ro"],
    }
    assert COMPOSE["services"]["grafana"]["depends_on"]["provision"] == {"condition": "service_completed_successfully"}
    assert "grafana" in COMPOSE["volumes"]


def test_no_one_can_log_in_to_grafana_with_a_password() -> None:
    settings = COMPOSE["services"]["grafana"]["environment"]
    assert settings["GF_AUTH_BASIC_ENABLED"] == "false"
    assert settings["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert settings["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"


def test_no_container_may_leave_a_core_file() -> None:
    assert {name for name, each in COMPOSE["services"].items() if each.get("ulimits") != {"core": 0}} == set()
