"""Ratios, side by side in one run: how the service carries bytes, against the naive way. `make bench`.

Source and sink are a process of their own on loopback that reads and throws away. Absolute numbers mean little on a
shared machine; the ratio between two variants of one round does. Median of the rounds.
"""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from attachment_transfer.clients.body import UploadBody

SIZE_MB = int(os.environ.get("BENCH_MB", "64"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
BLOCK = bytes(range(256)) * 4096  # 1 MB


def serve(ready: multiprocessing.Queue[int]) -> None:
    """GET sends SIZE_MB; POST is read to its end and answered 201. No keep-alive."""
    server = socket.create_server(("127.0.0.1", 0))
    ready.put(server.getsockname()[1])
    while True:
        connection, _ = server.accept()
        threading.Thread(target=answer_and_close, args=(connection,), daemon=True).start()


def answer_and_close(connection: socket.socket) -> None:
    with connection:
        answer(connection)


def answer(connection: socket.socket) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            return
        head += piece
    lines, _, rest = head.partition(b"\r\n\r\n")
    if lines.startswith(b"GET"):
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (SIZE_MB * 1024 * 1024)
        )
        for _ in range(SIZE_MB):
            connection.sendall(BLOCK)
        return
    length = int(lines.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    left = length - len(rest)
    buffer = bytearray(1 << 20)
    while left > 0:
        left -= connection.recv_into(buffer, min(left, len(buffer)))
    connection.sendall(b"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")


def streamed(client: httpx.Client, url: str) -> None:
    """As the service does it: blocks, digest, base64, known length."""
    with client.stream("GET", url) as source:
        body = UploadBody(source.iter_raw(), size_bytes=int(source.headers["content-length"]), fields={"Name": "f"})
        headers = {"Content-Length": str(body.content_length)}
        client.post(url, content=iter(body), headers=headers).raise_for_status()


def naive(client: httpx.Client, url: str) -> None:
    """Read it all, encode it all, send it all."""
    raw = client.get(url).content
    document = {"Name": "f", "Binary": base64.b64encode(raw).decode()}
    client.post(url, content=json.dumps(document).encode()).raise_for_status()


def seconds(variant: Callable[[httpx.Client, str], None], url: str) -> float:
    with httpx.Client(timeout=120, trust_env=False) as client:
        began = time.perf_counter()
        variant(client, url)
        return time.perf_counter() - began


def peak_growth_mb(variant: Callable[[httpx.Client, str], None], url: str) -> float:
    """Growth of the peak memory, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return float(pool.apply(_grown, (variant.__name__, url)))


def _grown(name: str, url: str) -> float:
    before = _peak_mb()
    seconds({"streamed": streamed, "naive": naive}[name], url)
    return _peak_mb() - before


def _peak_mb() -> float:
    """VmHWM, not ru_maxrss: the latter starts with the parent's peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def main() -> int:
    ready: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(ready,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ready.get(timeout=30)}/"
    ratios, rates = [], []
    for _ in range(ROUNDS):
        slow, fast = seconds(naive, url), seconds(streamed, url)
        ratios.append(slow / fast)
        rates.append(SIZE_MB / fast)
    memory = {variant.__name__: peak_growth_mb(variant, url) for variant in (streamed, naive)}
    server.terminate()
    print(f"{SIZE_MB} MB, {ROUNDS} rounds, download + sha256 + base64 + upload on loopback")
    ratio, rate = statistics.median(ratios), statistics.median(rates)
    print(f"streamed against naive: {ratio:.1f} x as fast (streamed {rate:.0f} MB/s)")
    print(f"growth of peak memory: streamed {memory['streamed']:.0f} MB, naive {memory['naive']:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
