"""``python -m orchestration_mock --port 8101 --egress "cc-workflows-*.cc.sinch.com=http://127.0.0.1:8104"``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mock_kit.server import main as serve_main
from orchestration_mock.wire.egress import BadEgress, read_egress

EGRESS_HELP = "where real hosts are reached: PATTERN=http://HOST:PORT, separated by commas; * = part of a name"
REAL_NETWORK_HELP = "call hosts that the egress map does not name, over https; the requests carry the secrets you saved"


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until a signal ends the process; exits 2 for wrong use."""
    _check_egress(list(sys.argv[1:] if argv is None else argv))
    serve_main(
        "orchestration_mock.app:create_app",
        prog="orchestration_mock",
        arguments=[("--egress", EGRESS_HELP)],
        switches=[("--allow-real-network", REAL_NETWORK_HELP)],
        argv=argv,
    )


def _check_egress(argv: list[str]) -> None:
    """Exit 2 for a map that cannot be read, before a worker starts and fails."""
    for at, word in enumerate(argv):
        name, sign, value = word.partition("=")
        if name != "--egress":
            continue
        try:
            read_egress(value if sign else (argv[at + 1] if at + 1 < len(argv) else ""))
        except BadEgress as exc:
            sys.stderr.write(f"orchestration_mock: --egress: {exc}\n")
            sys.exit(2)


if __name__ == "__main__":
    main()
