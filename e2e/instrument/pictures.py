"""Screenshots compared with kept ones, as an eye would: what anti-aliasing does is no difference.

Chromium sees the pinned fonts alone (fonts.conf), so that a bare machine draws what the developer's does. A new
picture is accepted with ``--update-screenshots``; a difference leaves kept, actual and diff beside the trace.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pixelmatch import pixelmatch
from playwright.sync_api import Locator, Page

KEPT = Path(__file__).parents[1] / "screenshots"
FONTS = Path(__file__).with_name("fonts.conf")
#: Colour distance that counts, 0 to 1, in pixelmatch's perceptual measure.
THRESHOLD = 0.15
#: Of a block of 32 x 32 pixels, how many may differ: less than the smallest word that changes.
BLOCK_PX = 32
MOST_IN_A_BLOCK = 40
#: Of all pixels, how many may differ: a thin shadow that a new Chromium draws along every edge.
MOST_SHARE = 0.002
MASK = "#808080"

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How two pictures differ; ``picture`` shows where, in red over the kept one in grey."""

    words: str
    picture: Image.Image | None = None


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Compares a page with its kept picture.

    Attributes:
        update: write what is seen instead of comparing it.
        results: where a difference is shown.
    """

    update: bool
    results: Path
    kept: Path = KEPT

    def match(self, page: Page, name: str, *, mask: Sequence[Locator] = (), full_page: bool = False) -> None:
        """AssertionError when the page does not look as it did; ``mask`` hides what shows times and ids."""
        page.evaluate("document.fonts.ready")
        seen = page.screenshot(
            animations="disabled", caret="hide", mask=list(mask), mask_color=MASK, full_page=full_page, scale="css"
        )
        self.compare(seen, name)

    def compare(self, seen: bytes, name: str) -> None:
        """AssertionError when the PNG differs from the kept one of that name."""
        kept = self.kept / f"{name}.png"
        if self.update:
            kept.parent.mkdir(exist_ok=True)
            Image.open(io.BytesIO(seen)).convert("RGB").save(kept, optimize=True)
            return
        assert kept.is_file(), f"no kept picture {kept.name}; look at the page, then run with --update-screenshots"
        old, new = Image.open(kept), Image.open(io.BytesIO(seen))
        difference = differ(old, new)
        if difference:
            raise AssertionError(f"{name}: {difference.words}; {self._show(name, old, new, difference)}")

    def _show(self, name: str, old: Image.Image, new: Image.Image, difference: Difference) -> str:
        self.results.mkdir(parents=True, exist_ok=True)
        pictures = {"kept": old, "actual": new, "diff": difference.picture}
        for kind, picture in pictures.items():
            if picture:
                picture.save(self.results / f"{name}-{kind}.png")
        return f"see {self.results}/{name}-diff.png; if it is meant to look so, run with --update-screenshots"


def differ(old: Image.Image, new: Image.Image) -> Difference | None:
    """What an eye would notice between two pictures; None = nothing."""
    if old.size != new.size:
        return Difference(words=f"its size was {old.size[0]} x {old.size[1]} and is {new.size[0]} x {new.size[1]}")
    before, after = (np.asarray(each.convert("RGBA")) for each in (old, new))
    mask = _mismatch(before, after)
    total, densest = int(mask.sum()), _densest_block(mask)
    if densest <= MOST_IN_A_BLOCK and total <= MOST_SHARE * mask.size:
        return None
    words = (
        f"{total} pixels differ ({total / mask.size:.2%}, allowed {MOST_SHARE:.2%}), "
        f"{densest} of them in one block of {BLOCK_PX} x {BLOCK_PX} (allowed {MOST_IN_A_BLOCK})"
    )
    return Difference(words=words, picture=_picture(old, mask))


def _mismatch(before: Pixels, after: Pixels) -> NDArray[np.bool_]:
    """Where pixelmatch sees a difference. It is slow, so it is shown only the bands that are not equal."""
    mask = np.zeros(before.shape[:2], dtype=np.bool_)
    for rows, columns in _bands((before != after).any(axis=2)):
        one, two = before[rows, columns], after[rows, columns]
        height, width = one.shape[:2]
        drawn: Any = bytearray(width * height * 4)
        pixelmatch(one.tobytes(), two.tobytes(), width, height, drawn, THRESHOLD, diff_mask=True)
        shown = np.frombuffer(bytes(drawn), dtype=np.uint8).reshape(height, width, 4)
        mask[rows, columns] |= (shown[..., 0] == 255) & (shown[..., 1] == 0)
    return mask


def _bands(unequal: NDArray[np.bool_], margin: int = 4) -> Iterator[tuple[slice, slice]]:
    """Groups of rows that differ, each with the columns concerned; a margin for anti-aliasing to be seen."""
    rows = np.flatnonzero(unequal.any(axis=1))
    if not rows.size:
        return
    for group in np.split(rows, np.flatnonzero(np.diff(rows) > 2 * margin) + 1):
        top, bottom = max(0, int(group[0]) - margin), int(group[-1]) + 1 + margin
        columns = np.flatnonzero(unequal[top:bottom].any(axis=0))
        yield slice(top, bottom), slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin)


def _densest_block(mask: NDArray[np.bool_]) -> int:
    height, width = (-(-side // BLOCK_PX) * BLOCK_PX for side in mask.shape)
    padded = np.zeros((height, width), dtype=np.int64)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    blocks = padded.reshape(height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX).sum(axis=(1, 3))
    return int(blocks.max(initial=0))


def _picture(old: Image.Image, mask: NDArray[np.bool_]) -> Image.Image:
    pale = np.asarray(Image.blend(old.convert("L").convert("RGB"), Image.new("RGB", old.size, "white"), 0.7)).copy()
    pale[mask] = (220, 0, 0)
    return Image.fromarray(pale)
