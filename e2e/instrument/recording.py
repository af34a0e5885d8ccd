"""Traces, videos and screenshots of failed tests: how a video comes about without Playwright's own encoder.

Playwright pipes a Matroska stream of JPEG frames into an ``ffmpeg`` that it would download. Here that program is
a shell script that keeps the stream as it is, which costs nothing; only the video of a failed test is encoded,
by PyAV, which the lab uses anyway.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import playwright
from av.video.stream import VideoStream

KEEP = """#!/bin/sh
# The last argument is where the video belongs; the stream is kept as it comes.
for last; do :; done
exec cat >"$last"
"""
#: Pictures closer than this are left out: a person sees as much, and the encoder has less to do.
PAUSE_MS = 80
FAST = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1"}
NAMES = {"linux": "ffmpeg-linux", "darwin": "ffmpeg-mac"}
WHERE = "PLAYWRIGHT_BROWSERS_PATH"


def offer_recorder() -> tempfile.TemporaryDirectory[str]:
    """Put the script where Playwright looks for its encoder; lives as long as the folder that is returned."""
    folder = tempfile.TemporaryDirectory(prefix="recorder-")
    script = Path(folder.name, f"ffmpeg-{_revision()}", NAMES[sys.platform])
    script.parent.mkdir()
    script.write_text(KEEP)
    script.chmod(0o755)
    os.environ[WHERE] = folder.name
    return folder


def encode(video: Path) -> None:
    """Turn a kept stream of JPEG frames into VP9 WebM, in place; its pictures keep their times."""
    fresh = video.with_suffix(".tmp.webm")
    with av.open(str(video), format="matroska") as source, av.open(str(fresh), "w", format="webm") as target:
        frames = source.decode(video=0)
        first = next(frames)
        stream = target.add_stream("libvpx-vp9", rate=25, options=FAST)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = first.width // 2 * 2, first.height // 2 * 2
        stream.pix_fmt, stream.bit_rate, stream.thread_count = "yuv420p", 1_000_000, 2
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        last_ms = -PAUSE_MS
        for frame in chain([first], frames):
            now_ms = round((frame.time or 0) * 1000)
            if now_ms - last_ms < PAUSE_MS:
                continue
            picture = frame.reformat(width=stream.width, height=stream.height, format="yuv420p")
            picture.pts, picture.time_base, last_ms = now_ms, Fraction(1, 1000), now_ms
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    fresh.replace(video)


def _revision() -> str:
    """The encoder's revision that this Playwright asks for."""
    listed = Path(playwright.__file__).parent / "driver" / "package" / "browsers.json"
    browsers = json.loads(listed.read_text())["browsers"]
    return str(next(each["revision"] for each in browsers if each["name"] == "ffmpeg"))
