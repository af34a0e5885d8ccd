"""What forged tokens cost valid callers: the time of an accepted request, calm and under a flood, in one run.

200 forged tokens a second from 50 made-up issuers, each of which sends its keys a byte a second. Calm and flooded
batches alternate, so that both see the same machine. Prints p50 and p99 in milliseconds and their ratios.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from itertools import count, cycle
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).parent.parent / "service" / "tests" / "kits"))

import httpx
from ingress_kit import SECRET_HEADERS, a_body
from joserfc.jwk import ECKey
from standin.answers import answer
from standin.processes import StandinStack, running_standin

_ISSUERS = [f"https://login-flood{number}.cc.sinch.com/acme" for number in range(50)]
_FORGED_PER_S = 200.0
_FLOODERS = 8
_numbers = count(1)


def accepted_s(standin: StandinStack, client: httpx.Client) -> float:
    """Seconds of one valid request; it must be accepted."""
    body = a_body(
        contact_id=f"{next(_numbers):032X}",
        cmi_url="https://flood.cmi.example.org/acme/cmi",
        sap_v1={"url": "https://flood.crm.cloud.sap", "user": "v1user"},
    )
    headers = {"Authorization": f"Bearer {standin.issuer.token()}", **SECRET_HEADERS}
    began_s = time.perf_counter()
    status = client.post(f"{standin.url}/prod/chat-attachments", json=body, headers=headers).status_code
    took_s = time.perf_counter() - began_s
    if status != 202:
        raise SystemExit(f"a valid request was answered {status}")
    return took_s


@contextmanager
def flood(standin: StandinStack) -> Iterator[None]:
    """Forged tokens at the rate, sent and not waited for longer than the answer takes."""
    stop, forger = threading.Event(), ECKey.generate_key("P-256", {"kid": "forged"})
    tokens = cycle([standin.issuer.token(iss=issuer, key=forger) for issuer in _ISSUERS])

    def forge() -> None:
        with httpx.Client(trust_env=False, timeout=30.0) as client:
            while not stop.wait(_FLOODERS / _FORGED_PER_S):
                headers = {"Authorization": f"Bearer {next(tokens)}", **SECRET_HEADERS}
                client.post(f"{standin.url}/prod/chat-attachments", json=a_body(), headers=headers)

    with ThreadPoolExecutor(_FLOODERS) as pool:
        for _ in range(_FLOODERS):
            pool.submit(forge)
        try:
            yield
        finally:
            stop.set()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, default=4, help="pairs of a calm and a flooded batch")
    parser.add_argument("--requests", type=int, default=100, help="valid requests in a batch")
    chosen = parser.parse_args()
    times_s: dict[str, list[float]] = {"calm": [], "flooded": []}
    with tempfile.TemporaryDirectory() as folder, running_standin(Path(folder), MIN_FREE_DISK_BYTES="0") as standin:
        drip = answer(200, b'{"keys": [' + b" " * 5_000, content_type="application/json").dripping(body=1.0)
        for issuer in _ISSUERS:
            standin.server.site(issuer.split("/")[2]).plan("/acme/.well-known/jwks.json", drip)
        with httpx.Client(trust_env=False, timeout=30.0) as client:
            for _ in range(20):
                accepted_s(standin, client)
            for _ in range(chosen.batches):
                for name, around in (("calm", nullcontext()), ("flooded", flood(standin))):
                    with around:
                        times_s[name] += [accepted_s(standin, client) for _ in range(chosen.requests)]
    report(times_s)


def report(times_s: dict[str, list[float]]) -> None:
    """Print a line for each half, and the ratios."""
    cuts = {name: quantiles(taken, n=100) for name, taken in times_s.items()}
    print(f"valid callers, {len(times_s['calm'])} requests each; {_FORGED_PER_S:.0f} forged tokens a second")
    for name, cut in cuts.items():
        print(f"  {name:8} p50 {cut[49] * 1000:7.1f} ms   p99 {cut[98] * 1000:7.1f} ms   503: 0")
    calm, flooded = cuts["calm"], cuts["flooded"]
    print(f"  flooded / calm: p50 {flooded[49] / calm[49]:.2f}, p99 {flooded[98] / calm[98]:.2f}")


if __name__ == "__main__":
    main()
