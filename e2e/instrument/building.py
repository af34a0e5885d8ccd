"""Images that only tests need, from Debian packages, built on this machine's network as the others are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from attachment_lab.containers.engine import OWNER_LABEL, owner

ROOT = Path(__file__).resolve().parents[2]
_MOST_CA_BYTES = 100_000  # the kernel takes 128 KiB in one argument


def extra_ca() -> str:
    """PEM of this machine's authorities, as much as a build argument holds; a company's own come last."""
    bundle = Path(os.environ.get("EXTRA_CA_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    newest = bundle.read_text(encoding="utf-8")[-_MOST_CA_BYTES:] if bundle.exists() else ""
    return newest[max(newest.find("-----BEGIN"), 0) :]


def install_packages(*packages: str) -> str:
    """First stage of a Dockerfile, called ``packages``: installs them, and has what that changed in ``/changed``."""
    return f"""
ARG BASE_IMAGE
FROM ${{BASE_IMAGE}} AS packages
ARG EXTRA_CA=""
ARG DEBIAN_MIRROR=""
COPY deploy/images/debian.sh /tmp/
RUN /tmp/debian.sh /changed {" ".join(packages)}
"""


def build(dockerfile: str, name: str) -> None:
    """Build an image on the base image, with the repository as context; if this process is killed, it is swept away."""
    arguments = {
        "BASE_IMAGE": os.environ.get("BASE_IMAGE", "debian-python:local"),
        "EXTRA_CA": extra_ca(),
        "DEBIAN_MIRROR": os.environ.get("DEBIAN_MIRROR", ""),
    }
    words = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
    label = f"{OWNER_LABEL}={owner()}"
    command = ["docker", "build", "-q", "--network", "host", "--label", label, "-t", name, *words, "-f", "-", str(ROOT)]
    done = subprocess.run(command, input=dockerfile, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
