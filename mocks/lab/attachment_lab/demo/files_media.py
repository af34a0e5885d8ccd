"""Sound and moving pictures a customer sends: a voice note and a short video.

In bit-exact mode ffmpeg (through PyAV) writes neither its version nor a random stream number into the files; one
encoder thread makes the bytes independent of the number of cores.
"""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np

Samples = np.ndarray[tuple[int, ...], np.dtype[np.int16]]

_BITEXACT = {"fflags": "+bitexact"}
_SAMPLES_PER_S = 48_000
_FRAMES_PER_S = 25


def voice_note(seconds: int = 6) -> bytes:
    """An OGG/Opus mono voice note: a gliding pitch with formant-like overtones in syllables."""
    out = io.BytesIO()
    with av.open(out, "w", format="ogg", options={**_BITEXACT, "serial_offset": "4711"}) as container:
        stream: Any = container.add_stream(
            "libopus", rate=_SAMPLES_PER_S, layout="mono", options={"flags": "+bitexact"}
        )
        stream.bit_rate = 24_000
        samples = _speech_like(seconds)
        for start in range(0, samples.size, 960):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 960], format="s16", layout="mono")
            frame.sample_rate = _SAMPLES_PER_S
            frame.time_base = Fraction(1, _SAMPLES_PER_S)
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def video(seconds: int = 3) -> bytes:
    """An MP4/H.264 video, 640x360: a bright disc crossing a drifting gradient."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options=_BITEXACT) as container:
        stream: Any = container.add_stream(
            "libx264", rate=_FRAMES_PER_S, options={"flags": "+bitexact", "preset": "veryfast"}
        )
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.thread_count = 1
        for number in range(seconds * _FRAMES_PER_S):
            frame = av.VideoFrame.from_ndarray(_picture(number, seconds * _FRAMES_PER_S), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _speech_like(seconds: int) -> Samples:
    t = np.arange(seconds * _SAMPLES_PER_S, dtype=np.float64) / _SAMPLES_PER_S
    pitch = 2 * np.pi * (130 * t + 4 * np.sin(2 * np.pi * 0.7 * t))
    voice = sum(np.sin(pitch * n) / n for n in (1, 2, 3, 5, 8))
    syllables = np.clip(np.sin(2 * np.pi * 2.5 * t), 0, 1) ** 0.5
    hiss = np.random.default_rng(7).standard_normal(t.size) * 0.01
    sound: Samples = np.asarray((voice * syllables + hiss) * 7000, dtype=np.int16)
    return sound


def _picture(number: int, total: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    y, x = np.mgrid[0:360, 0:640]
    disc = ((x - 640 * number / total) ** 2 + (y - 180) ** 2) < 60**2
    picture = np.stack(((x + 3 * number) % 256, (y + number) % 256, (x + y) % 256), axis=2).astype(np.uint8)
    picture[disc] = (250, 240, 90)
    return picture
