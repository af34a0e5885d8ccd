"""The manifests of ``deploy/kubernetes`` as documents, and what a pod of them would be started with."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from process_kit import free_port

from attachment_transfer.ledger.sealing import new_master_key

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "kubernetes"
EXAMPLE = FOLDER / "overlays" / "example"
WORKLOADS = ("api", "worker", "migrate")

Document = dict[str, Any]


def documents(file: Path) -> list[Document]:
    return [document for document in yaml.safe_load_all(file.read_text(encoding="utf-8")) if document]


def kustomizations() -> list[Path]:
    return sorted(FOLDER.rglob("kustomization.yaml"))


def patches() -> set[Path]:
    """Files that are merged into other documents: parts, not wholes."""
    return {
        file.parent / patch["path"]
        for file in kustomizations()
        for patch in documents(file)[0].get("patches", [])
        if "path" in patch
    }


def wholes() -> list[tuple[str, Document]]:
    """(file, document) of every manifest that is complete as it stands."""
    left_out = patches() | set(kustomizations())
    return [
        (str(file.relative_to(FOLDER)), document)
        for file in sorted(FOLDER.rglob("*.yaml"))
        if file not in left_out
        for document in documents(file)
    ]


def base() -> list[Document]:
    return [document for file, document in wholes() if file.startswith("base/")]


def rendered(*components: str, folder: Path) -> list[Document]:
    """The example overlay as ``kubectl kustomize`` makes it, with these components more. Skips without kubectl."""
    if shutil.which("kubectl") is None:
        if os.environ.get("REQUIRE_KUBECTL") == "1":
            pytest.fail("kubectl is not on the PATH", pytrace=False)
        pytest.skip("kubectl is not on the PATH: the overlays are not rendered")
    copy = folder / "kubernetes"
    shutil.copytree(FOLDER, copy)
    top = copy / "overlays" / "example" / "kustomization.yaml"
    content = yaml.safe_load(top.read_text(encoding="utf-8"))
    content["components"] += [f"../../components/{name}" for name in components]
    top.write_text(yaml.safe_dump(content), encoding="utf-8")
    done = subprocess.run(["kubectl", "kustomize", str(top.parent)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def of_kind(found: list[Document], kind: str) -> list[Document]:
    return [document for document in found if document["kind"] == kind]


def workloads(found: list[Document]) -> dict[str, Document]:
    """Deployments and Jobs by component: ``api``, ``worker``, ``migrate``."""
    return {
        document["metadata"]["labels"]["app.kubernetes.io/component"]: document
        for document in found
        if document["kind"] in {"Deployment", "Job"}
    }


def pod(workload: Document) -> Document:
    spec: Document = workload["spec"]["template"]["spec"]
    return spec


def labels(workload: Document) -> dict[str, str]:
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def container(workload: Document) -> Document:
    [one] = pod(workload)["containers"]
    found: Document = one
    return found


def settings_of(found: list[Document], workload: Document) -> dict[str, str]:
    """What the pod's manifests put into the environment."""
    maps = {document["metadata"]["name"]: document["data"] for document in of_kind(found, "ConfigMap")}
    env: dict[str, str] = {}
    for source in container(workload).get("envFrom", []):
        env |= maps[source["configMapRef"]["name"]]
    return env | {one["name"]: one["value"] for one in container(workload).get("env", [])}


def image_env() -> dict[str, str]:
    """What the image puts there before: ``ENV`` of the last stage."""
    text = (ROOT / "service" / "Dockerfile").read_text(encoding="utf-8").rsplit("\nFROM ", 1)[1]
    [block] = re.findall(r"^ENV ((?:.*\\\n)*.*)$", text, re.MULTILINE)
    return dict(re.findall(r"([A-Z_]+)=(\S+)", block))


def environment(found: list[Document], component: str, *, secrets: dict[str, str], mount: Path) -> dict[str, str]:
    """The environment of a pod, with its Secret mounted below ``mount``: exactly what the image and manifests give."""
    workload = workloads(found)[component]
    env = {name: value for name, value in image_env().items() if name != "PATH"} | settings_of(found, workload)
    for name, path in mounted_files(workload):
        file = mount / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets[name] + "\n", encoding="utf-8")
    paths = {path for _, path in mounted_files(workload)}
    return {name: str(mount / value.lstrip("/")) if value in paths else value for name, value in env.items()}


def mounted_files(workload: Document) -> Iterator[tuple[str, str]]:
    """(key of the Secret, path in the container) of every secret file."""
    mounts = {mount["name"]: mount["mountPath"] for mount in container(workload)["volumeMounts"]}
    for volume in pod(workload)["volumes"]:
        for item in volume.get("secret", {}).get("items", []):
            yield item["key"], f"{mounts[volume['name']]}/{item['path']}"


def selects(selector: Document, of: dict[str, str]) -> bool:
    """Whether a label selector takes a pod with these labels."""
    wanted = selector.get("matchLabels", {})
    among = selector.get("matchExpressions", [])
    assert all(one["operator"] == "In" for one in among)
    return all(of.get(name) == value for name, value in wanted.items()) and all(
        of.get(one["key"]) in one["values"] for one in among
    )


KEY = new_master_key()


class Pod:
    """One container of ours without the container: its arguments, its environment, its probes."""

    def __init__(self, component: str, folder: Path, database_url: str) -> None:
        workload = workloads(base())[component]
        self.container, self.grace_s = container(workload), pod(workload).get("terminationGracePeriodSeconds", 30)
        self.port = free_port()
        secrets = {"database-url": database_url, "sealing-keys": f"k1:{KEY}"}
        env = environment(base(), component, secrets=secrets, mount=folder)
        # Ports are the machine's here, not the pod's own; all else is as it would be.
        env |= {
            "ATTACHMENT_TRANSFER_HOST": "127.0.0.1",
            "ATTACHMENT_TRANSFER_PORT": str(self.port),
            "ATTACHMENT_TRANSFER_WORKER_PORT": str(self.port),
        }
        command = [sys.executable, "-m", "attachment_transfer", *self.container["args"]]
        self.log = folder / f"{component}-{self.port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env={"PATH": os.environ["PATH"], **env}, cwd=folder, stdout=log, stderr=log
            )

    def probe(self, name: str) -> int:
        """The status that a probe is answered; 0 if nobody answers in the time that the manifest gives."""
        probe = self.container[f"{name}Probe"]
        url = f"http://127.0.0.1:{self.port}{probe['httpGet']['path']}"
        try:
            with urllib.request.urlopen(url, timeout=probe["timeoutSeconds"]) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            return 0

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(self.grace_s)
