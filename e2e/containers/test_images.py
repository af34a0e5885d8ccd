"""Every image of the repository: nothing of the build's network is left in it, and two builds give the same files.

The build goes through a package index and a Debian mirror with a password in their address, and trusts one more CA, as
on a company network; afterwards no byte of the saved image may know of them. Needs a Docker engine and a base image
(BASE_IMAGE, default debian-python:local); skips with one line where they lack, unless REQUIRE_DOCKER=1.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from instrument.building import extra_ca
from pip._internal.models.index import PyPI

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1500)]

ROOT = Path(__file__).resolve().parents[2]
BASE_IMAGE = os.environ.get("BASE_IMAGE", "debian-python:local")
LABEL = "attachment-transfer.test=images"
PASSWORD = "Word-1618-of-the-mirror"

DOCKERFILES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("service/Dockerfile", "mocks/lab/Dockerfile", "deploy/images/*.Dockerfile")
    for path in ROOT.glob(pattern)
)
#: An image as deploy/images/debian.sh is meant to be used; small, so that its promise is tried on its own as well. The
#: package ssl-cert makes a private key of its own at each installation.
PACKAGES = "packages"
PACKAGES_DOCKERFILE = """
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS packages
ARG EXTRA_CA=""
ARG DEBIAN_MIRROR=""
COPY deploy/images/debian.sh /tmp/
RUN /tmp/debian.sh /changed tini ssl-cert
FROM ${BASE_IMAGE}
COPY --from=packages /changed /
RUN tini --version
"""


@dataclass(frozen=True, kw_only=True)
class Network:
    """A company's: its own CA, and addresses with a password. ``traces`` must be in no image."""

    ca_pem: str
    arguments: tuple[str, ...]
    traces: tuple[bytes, ...]


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    assert not check or done.returncode == 0, f"docker {arguments[0]}: {(done.stdout + done.stderr)[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def base() -> str:
    try:
        lack = subprocess.run(["docker", "image", "inspect", BASE_IMAGE], capture_output=True, check=False).returncode
    except OSError:
        lack = 1
    reason = f"no Docker engine answers, or it has no image {BASE_IMAGE}"
    if lack and os.environ.get("REQUIRE_DOCKER") == "1":
        pytest.fail(reason, pytrace=False)
    if lack:
        pytest.skip(reason)
    return BASE_IMAGE


def a_ca() -> str:
    """PEM of a CA that signs nothing; its like is nowhere else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"A company {uuid.uuid4()}")])
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + datetime.timedelta(days=9999))
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def with_password(address: str) -> str:
    return address.replace("://", f"://reader:{PASSWORD}@", 1)


@pytest.fixture(scope="module")
def network(base: str) -> Network:
    """The machine's own authorities stay in, so that the build reaches what the machine reaches."""
    ca = a_ca()
    mirror = os.environ.get("DEBIAN_MIRROR") or mirror_of(base)
    index = os.environ.get("PIP_INDEX_URL") or PyPI.simple_url
    pem = extra_ca() + ca
    return Network(
        ca_pem=pem,
        arguments=(f"PIP_INDEX_URL={with_password(index)}", f"DEBIAN_MIRROR={with_password(mirror)}"),
        traces=(PASSWORD.encode(), ca.splitlines()[2].encode()),
    )


def mirror_of(base: str) -> str:
    """The one that a base image was made from; one that was made from your own (DEBIAN_MIRROR) does not say."""
    sources = docker("run", "--rm", "--network", "none", "--entrypoint", "cat", base, "/etc/apt/sources.list")
    found = re.search(r"^deb\s+(?:\[[^]]*\]\s*)?(\S+)", sources, re.MULTILINE)
    assert found, f"{base}: /etc/apt/sources.list names no mirror; remedy: set DEBIAN_MIRROR"
    return found[1]


def declared(dockerfile: Path, argument: str) -> bool:
    return f"ARG {argument.partition('=')[0]}" in dockerfile.read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=[*DOCKERFILES, PACKAGES])
def dockerfile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param != PACKAGES:
        return ROOT / str(request.param)
    folder = tmp_path_factory.mktemp("packages")
    (folder / "deploy" / "images").mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "images" / "debian.sh", folder / "deploy" / "images")
    (folder / "Dockerfile").write_text(PACKAGES_DOCKERFILE, encoding="utf-8")
    return folder / "Dockerfile"


def build(dockerfile: Path, base: str, network: Network, *more: str) -> str:
    """Returns the new image's name."""
    name = f"images-test-{uuid.uuid4().hex[:12]}:1"
    context = ROOT if dockerfile.is_relative_to(ROOT) else dockerfile.parent
    arguments = [f"BASE_IMAGE={base}", f"EXTRA_CA={network.ca_pem}"]
    arguments += [argument for argument in network.arguments if declared(dockerfile, argument)]
    docker(
        "build", "-q", "--network", "host", "--label", LABEL, "-f", str(dockerfile), "-t", name, *more,
        *(word for argument in arguments for word in ("--build-arg", argument)), str(context),
    )  # fmt: skip
    return name


@pytest.fixture(scope="module")
def image(dockerfile: Path, base: str, network: Network) -> Iterator[str]:
    name = build(dockerfile, base, network)
    yield name
    docker("image", "rm", "-f", name, check=False)


def test_no_byte_of_an_image_knows_the_network_it_was_built_in(image: str, network: Network) -> None:
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saving:
        assert saving.stdout is not None
        assert traces_in(saving.stdout, network.traces) == []
    assert saving.returncode == 0


def test_an_image_says_what_it_is_and_runs_as_nobody_in_particular(image: str, dockerfile: Path) -> None:
    if dockerfile.is_relative_to(ROOT):
        config = json.loads(docker("image", "inspect", image))[0]["Config"]
        name = "org.opencontainers.image"
        assert str(config["Labels"][f"{name}.title"]).startswith("attachment-transfer")
        assert config["Labels"][f"{name}.description"]
        assert config["User"] == "10001:10001"
        # The lab's image is many programs; docker-compose.yml says how each is asked.
        assert ("Healthcheck" in config) is ("mocks/lab" not in str(dockerfile))


def traces_in(stream: IO[bytes], traces: tuple[bytes, ...]) -> list[bytes]:
    """Layers are tars and lie in the stream as they are, the history as JSON: a plain search sees them all."""
    found: set[bytes] = set()
    tail = b""
    while chunk := stream.read(1 << 22):
        window = tail + chunk
        found.update(trace for trace in traces if trace in window)
        tail = window[-max(map(len, traces)) :]
    return sorted(found)


def test_two_builds_give_the_same_files(image: str, dockerfile: Path, base: str, network: Network) -> None:
    again = build(dockerfile, base, network, "--no-cache")
    try:
        first, second = tree(image), tree(again)
    finally:
        docker("image", "rm", "-f", again, check=False)
    assert len(first) > 1000
    differing = sorted(path for path in first.keys() | second.keys() if first.get(path) != second.get(path))
    assert differing == []


def tree(image: str) -> dict[str, tuple[object, ...]]:
    """Path → type, mode, owner, and digest of the content or the link's target. Dates do not count."""
    container = docker("create", "--label", LABEL, image).strip()
    try:
        with (
            subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as exporting,
            tarfile.open(fileobj=exporting.stdout, mode="r|") as archive,
        ):
            return {member.name: traits(archive, member) for member in archive}
    finally:
        docker("rm", "-f", "-v", container, check=False)


def traits(archive: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[object, ...]:
    content = archive.extractfile(member) if member.isreg() else None
    # tarfile's members are ExFileObject, a BufferedReader; typeshed calls them IO[bytes].
    reader = cast("BufferedReader | None", content)
    digest = hashlib.file_digest(reader, "sha256").hexdigest() if reader else member.linkname
    return (member.type, member.mode, member.uid, member.gid, digest)


def test_a_base_image_that_is_made_anew_has_the_same_files_and_does_not_know_its_mirror(
    base: str, network: Network
) -> None:
    """Made twice where Debian has published updates since the one that is here was made."""
    again = f"images-test-{uuid.uuid4().hex[:12]}:base"
    made = [again]
    try:
        make_base(again, network)
        with subprocess.Popen(["docker", "save", again], stdout=subprocess.PIPE) as saving:
            assert saving.stdout is not None
            assert traces_in(saving.stdout, network.traces) == []
        first = base
        if installed_in(base) != installed_in(again):
            first = f"images-test-{uuid.uuid4().hex[:12]}:base"
            made.append(first)
            make_base(first, network)
        one, other = tree(first), tree(again)
    finally:
        docker("image", "rm", "-f", *made, check=False)
    differing = sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
    assert [path for path in differing if path != "etc/apt/sources.list"] == []


def make_base(name: str, network: Network) -> None:
    if os.geteuid() != 0:
        pytest.skip("debootstrap needs root")
    mirror = next(each for each in network.arguments if each.startswith("DEBIAN_MIRROR=")).partition("=")[2]
    command = [str(ROOT / "deploy/images/base.sh"), "--force", name]
    environment = os.environ | {"DEBIAN_MIRROR": mirror}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]


def installed_in(image: str) -> str:
    """Every Debian package with its version."""
    return docker("run", "--rm", "--network", "none", "--entrypoint", "dpkg-query", image, "-W")


def test_the_bill_of_materials_in_the_production_image_is_what_is_installed(base: str, network: Network) -> None:
    image = build(ROOT / "service" / "Dockerfile", base, network)
    python = "/opt/attachment-transfer/bin/python"
    code = (
        "import importlib.metadata as m, json, re; n = lambda s: re.sub('[-_.]+', '-', s).lower(); "
        "print(json.dumps(sorted([n(d.name), d.version] for d in m.distributions())))"
    )
    run = ["run", "--rm", "--network", "none", "--label", LABEL, "--entrypoint"]
    try:
        installed = json.loads(docker(*run, python, image, "-c", code))
        bill = json.loads(docker(*run, "cat", image, "/opt/attachment-transfer/sbom.cdx.json"))
    finally:
        docker("image", "rm", image, check=False)
    listed = sorted([re.sub("[-_.]+", "-", part["name"]).lower(), part["version"]] for part in bill["components"])
    own = {"attachment-contract", "attachment-transfer"}
    assert own <= {name for name, _ in installed}
    assert [part for part in installed if part[0] not in own] == listed
    assert all(part["licenses"] and part["hashes"] for part in bill["components"])
    assert bill["metadata"]["component"]["name"] == "attachment-transfer"
