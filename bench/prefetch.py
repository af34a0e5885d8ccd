"""How much sooner a chat is at C4C when the next file is fetched during an upload. Latency is the mocks', planned.

Both neighbours take DELAY_S for a file's bytes, as far-away ones do; one chat at a time, FILES files. The ratio counts.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.testing.lab import Lab

FILES, CHATS = 6, int(os.environ.get("BENCH_ROUNDS", "4"))
DELAY_S = 0.5
SIZE_BYTES = 200_000


def seconds_per_chat(prefetch_bytes: int) -> float:
    """Median time from a chat's end to its last file at C4C, in seconds."""
    environment = {"ATTACHMENT_TRANSFER_PREFETCH_BYTES": str(prefetch_bytes)}
    took = []
    with (
        open_stack(StackOptions(service_environment=environment)) as stack,
        Lab(stack, is_own=True).tenant() as tenant,
    ):
        tenant.fault(mock="cmi", kind="latency", path="*/attachments/*", method="GET", times=None, delay_s=DELAY_S)
        tenant.fault(mock="c4c", kind="latency", path="*", method="POST", times=None, delay_s=DELAY_S)
        for number in range(CHATS + 1):
            chat = tenant.chat(files=[(f"{number}-{n}.bin", os.urandom(SIZE_BYTES)) for n in range(FILES)])
            began_s = time.monotonic()
            chat.end()
            tenant.wait_until_settled(timeout_s=120)
            took.append(time.monotonic() - began_s)
    return statistics.median(took[1:])


def main() -> int:
    without_s, with_s = seconds_per_chat(0), seconds_per_chat(16 * 1024**2)
    print(f"{FILES} files a chat, {DELAY_S:g} s for each at CMI and at C4C, median of {CHATS} chats")
    print(f"one after the other {without_s:.1f} s, next one fetched ahead {with_s:.1f} s")
    print(f"ratio: {without_s / with_s:.2f} x as fast")
    return 0


if __name__ == "__main__":
    sys.exit(main())
