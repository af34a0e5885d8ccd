"""Run a command where there is no network but loopback: ``python e2e/alone.py pytest e2e …``.

Nothing can leave, whatever the browser or the stack try; and nobody else's containers, which come and go with
their network interfaces, make Chromium drop its requests (net::ERR_NETWORK_CHANGED). Linux only; where a network
namespace cannot be had, the command runs with the network there is, and one line says so.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

INSIDE = "--inside"
#: Set for the command, so that a test may insist on it.
VARIABLE = "E2E_ALONE"
# Source: netdevice(7), <linux/sockios.h>, <linux/if.h>.
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1


def main(arguments: list[str]) -> None:
    """Become the command; does not return."""
    if arguments[:1] == [INSIDE]:
        raise_loopback()
        os.environ[VARIABLE] = "1"
        os.execvp(arguments[1], arguments[1:])
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if shutil.which("unshare") and subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0:
        os.execvp("unshare", [*unshare, sys.executable, __file__, INSIDE, *arguments])
    print("e2e: no network namespace to be had here; the guard in the tests stands alone", file=sys.stderr)
    os.execvp(arguments[0], arguments)


def raise_loopback() -> None:
    """A new namespace has its loopback interface down."""
    with socket.socket() as any_socket:
        asked = struct.pack("16sh", b"lo", 0)
        (flags,) = struct.unpack("16xh", fcntl.ioctl(any_socket, SIOCGIFFLAGS, asked))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP))


if __name__ == "__main__":
    main(sys.argv[1:])
