"""Each mock, and the ledger's PostgreSQL, as a Testcontainers container; and what a test that died leaves behind."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import textwrap
import uuid
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from attachment_lab.containers import engine
from attachment_lab.containers.fixtures import asking_docker
from attachment_lab.containers.mocks import C4CContainer, CMIContainer, ContactProContainer, LedgerPostgres

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600), pytest.mark.xdist_group("docker")]

#: A stack of one container, with a network and a volume of its own.
SMALL_COMPOSE = """
services:
  one:
    image: attachment-transfer-lab:local
    entrypoint: [sh, -c, "echo words of the small stack; exec sleep 600"]
    profiles: [core]
    volumes: ["kept:/kept"]
volumes: {kept: {}}
"""


def write_small_stack(folder: Path) -> None:
    (folder / "deploy").mkdir()
    (folder / "docker-compose.yml").write_text(SMALL_COMPOSE, encoding="utf-8")
    (folder / "deploy" / "compose.tests.yml").write_text("services: {one: {init: true}}\n", encoding="utf-8")


def killed(script: str) -> str:
    """Run a program that ends itself with SIGKILL; returns the line that it printed before."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    return done.stdout.strip()


def running() -> list[str]:
    return engine.docker("ps", "--format", "{{.Names}}").split()


def of_project(project: str) -> list[list[str]]:
    """Its containers, networks and volumes."""
    mine = f"--filter=label={engine.PROJECT_LABEL}={project}"
    return [engine.docker(*kind, "-q", mine).split() for kind in (("ps", "-a"), ("network", "ls"), ("volume", "ls"))]


def test_a_c4c_mock_in_a_container_answers_odata(c4c_container: C4CContainer) -> None:
    c4c_container.create_tenant(name="acme", host="my1234567.de1.crm.cloud.sap", user="v1user", password="Word-1618-x")
    address = f"{c4c_container.url}/sap/c4c/odata/v1/chatactivity/"
    host = {"Host": "my1234567.de1.crm.cloud.sap", "Accept": "application/json"}
    assert httpx.get(address, headers=host, trust_env=False).status_code == 401
    answer = httpx.get(address, headers=host, auth=("v1user", "Word-1618-x"), trust_env=False)
    assert answer.status_code == 200
    assert "ChatActivityCollection" in answer.text


def test_a_cmi_mock_in_a_container_wants_both_credentials(cmi_container: CMIContainer) -> None:
    given = {"api_key": "key-1618-of-cmi", "user": "transcript.user", "password": "Word-1618-of-the-cmi"}
    cmi_container.create_tenant(
        name="acme",
        host="x.execute-api.eu-central-1.amazonaws.com",
        tenant_path="acme",
        api_key=given["api_key"],
        user=given["user"],
        password=given["password"],
    )
    address, host = f"{cmi_container.url}/acme/cmi/chats", {"Host": "x.execute-api.eu-central-1.amazonaws.com"}
    assert httpx.get(address, headers=host, trust_env=False).status_code == 403
    headers = host | {"x-api-key": given["api_key"]}
    answer = httpx.get(address, headers=headers, auth=(given["user"], given["password"]), trust_env=False)
    assert (answer.status_code, answer.json()) == (200, [])


def test_a_contact_pro_mock_in_a_container_issues_tokens(contact_pro_container: ContactProContainer) -> None:
    oauth = {"client_id": "me", "client_secret": "Word-1618-of-oauth", "scope": "s", "audience": "a"}
    contact_pro_container.create_tenant(name="acme", tenant_path="acme", oauth=oauth)
    answer = httpx.post(
        f"{contact_pro_container.url}/acme/oauth2/token",
        data={"grant_type": "client_credentials", "scope": "s"},
        auth=("me", "Word-1618-of-oauth"),
        headers={"Host": "login-eu-c1.cc.sinch.com"},
        trust_env=False,
    )
    assert answer.status_code == 200
    assert answer.json()["access_token"]


def test_the_ledgers_postgresql_takes_the_services_schema(ledger_postgres: LedgerPostgres) -> None:
    from attachment_lab.tenant.credentials import sealing_key  # noqa: PLC0415

    settings = {"DATABASE_URL": ledger_postgres.url, "ATTACHMENT_TRANSFER_SEALING_KEYS": sealing_key()}
    done = subprocess.run(
        [sys.executable, "-m", "attachment_transfer", "migrate"],
        env=settings | {"PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    url = ledger_postgres.url.replace("postgresql://", "postgresql+psycopg://")
    assert {"transfer", "attachment", "upload_intent"} <= set(sa.inspect(sa.create_engine(url)).get_table_names())


def test_a_container_is_published_on_loopback_alone(c4c_container: C4CContainer) -> None:
    published = json.loads(engine.docker("inspect", str(c4c_container._name)))[0]["NetworkSettings"]["Ports"]
    assert [(each["HostIp"], each["HostPort"]) for each in published["8103/tcp"]] == [
        ("127.0.0.1", str(c4c_container.port))
    ]


def test_two_mocks_of_one_kind_live_side_by_side(c4c_container: C4CContainer) -> None:
    with C4CContainer() as other:
        assert other.port != c4c_container.port
        c4c_container.create_tenant(name="mine", host="my1000001.de1.crm.cloud.sap", user="u", password="Word-1618-x")
        assert other.control.get("/_mock/tenants") == {"tenants": []}


def test_what_a_killed_process_left_is_removed_by_the_next_container() -> None:
    script = """
        import os, signal
        from attachment_lab.containers.mocks import C4CContainer
        container = C4CContainer().start()
        print(container._name, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    with asking_docker():
        engine.require_images(C4CContainer.default_image)
    name = killed(script)
    assert name in running()
    engine.sweep_once.cache_clear()  # as in a process of its own
    with C4CContainer() as mine:
        assert name not in running()
        assert mine._name in running()


def test_what_a_killed_stack_left_is_removed_with_its_network_and_volume(tmp_path: Path) -> None:
    script = f"""
        import os, pathlib, signal
        from attachment_lab.containers.compose_stack import ComposeStack
        stack = ComposeStack(pathlib.Path({str(tmp_path)!r}))
        stack.compose("up", "-d")
        print(stack.project, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    with asking_docker():
        engine.require_images(C4CContainer.default_image)
    write_small_stack(tmp_path)
    project = killed(script)
    assert project.startswith(engine.PREFIX)
    assert [len(each) for each in of_project(project)] == [1, 1, 1]
    removed = engine.sweep()
    assert [len(each) for each in of_project(project)] == [0, 0, 0]
    assert len(removed) >= 3


def test_what_another_place_made_is_left_alone_until_it_is_a_day_old() -> None:
    with asking_docker():
        engine.require_images(C4CContainer.default_image)
    volume = f"{engine.PREFIX}-volume-{uuid.uuid4().hex[:8]}"
    elsewhere = "00000000-1-1"  # pid 1 of this machine is somebody else's there
    engine.docker("volume", "create", "--label", f"{engine.OWNER_LABEL}={elsewhere}", volume)
    try:
        assert f"volume {volume}" not in engine.sweep()
        made_at = datetime.datetime.now(datetime.UTC)
        assert not engine._is_gone(elsewhere, made_at)
        assert engine._is_gone(elsewhere, made_at - 2 * engine.FOREIGN_LIFETIME)
    finally:
        engine.docker("volume", "rm", "-f", volume)


def test_without_an_engine_a_fixture_skips_with_one_line_or_fails_if_docker_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.delenv("REQUIRE_DOCKER", raising=False)
    pytester.makepyfile("def test_it(c4c_container):\n    assert c4c_container.url")
    lenient = pytester.runpytest_subprocess("-rs", "-p", "no:cacheprovider")
    lenient.assert_outcomes(skipped=1)
    (reason,) = [line for line in lenient.outlines if line.startswith("SKIPPED")]
    assert "no Docker engine answers" in reason
    assert "remedy: start dockerd, or set DOCKER_HOST" in reason
    monkeypatch.setenv("REQUIRE_DOCKER", "1")
    strict = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    strict.assert_outcomes(errors=1)
    strict.stdout.fnmatch_lines(["*no Docker engine answers*"])


def test_what_does_not_start_on_an_engine_that_is_there_fails_and_is_not_skipped(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with asking_docker():
        engine.require_images(C4CContainer.default_image)
    monkeypatch.delenv("REQUIRE_DOCKER", raising=False)
    monkeypatch.setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
    pytester.makepyfile(
        """
        import pytest
        from attachment_lab.containers import mocks
        from attachment_lab.containers.fixtures import asking_docker

        class Broken(mocks.C4CContainer):
            module = "no_such_mock"

        @pytest.fixture
        def broken():
            with asking_docker():
                yield Broken().start()

        def test_it(broken):
            pass
        """
    )
    monkeypatch.setattr("attachment_lab.containers.mocks.START_TIMEOUT_S", 5)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*did not become healthy*", "*no_such_mock*"])


def test_the_log_of_a_container_is_in_the_report_of_a_failed_test(pytester: pytest.Pytester) -> None:
    with asking_docker():
        engine.require_images(C4CContainer.default_image)
    pytester.makepyfile(
        """
        def test_it(c4c_container):
            assert c4c_container.control.get("/_mock/health")["status"] == "on fire"
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*log of c4c_container*"])


def test_the_logs_of_a_stack_are_in_the_report_of_a_failed_test_by_whatever_name_it_goes(
    pytester: pytest.Pytester,
) -> None:
    with asking_docker():
        engine.require_images(C4CContainer.default_image)
    write_small_stack(pytester.path)
    pytester.makepyfile(
        """
        import pathlib
        import pytest
        from attachment_lab.containers.compose_stack import ComposeStack

        @pytest.fixture
        def my_stack():
            stack = ComposeStack(pathlib.Path.cwd())
            stack.compose("up", "-d")
            stack.wait_for(lambda: "words of the small" in stack.logs(), lambda: "silence", timeout_s=60)
            yield stack
            stack.stop()

        def test_it(my_stack):
            assert my_stack is None
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*logs of the stack (my_stack)*", "*words of the small stack*"])
