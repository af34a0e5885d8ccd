"""Pictures like those of a phone: a large photograph, a screenshot, two small pictures.

Every function returns the same bytes on each run on one machine: the noise is seeded, and
neither the clock nor the computer's name reaches the files.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.TiffImagePlugin import IFDRational

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

_EXIF_MAKE, _EXIF_MODEL, _EXIF_ORIENTATION, _EXIF_DATE = 0x010F, 0x0110, 0x0112, 0x0132
_EXIF_PHOTO_IFD, _EXIF_EXPOSURE, _EXIF_ORIGINAL = 0x8769, 0x829A, 0x9003
_TAKEN = "2026:11:18 14:22:33"


def photograph() -> bytes:
    """A 12 megapixel JPEG of 3 to 6 MB with camera EXIF: light falling on a grainy surface."""
    return _jpeg(_grainy_scene(4000, 3000, seed=20261118, grain=8.0), quality=88)


def small_picture(seed: int) -> bytes:
    """A 1280x960 JPEG as a messenger shrinks it; another seed gives another picture."""
    return _jpeg(_grainy_scene(1280, 960, seed=seed, grain=9.0), quality=82)


def screenshot() -> bytes:
    """A PNG of a phone's screen showing an error message of a shop, with text and flat colours."""
    image = Image.new("RGB", (1080, 2340), "#f4f5f7")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1080, 210), fill="#0b3d91")
    draw.text((60, 110), "Order 4711-0815", font=font(56), fill="white")
    draw.rounded_rectangle((60, 300, 1020, 720), radius=36, fill="#fdecea", outline="#b3261e", width=4)
    draw.text((110, 350), "Payment failed", font=font(52), fill="#b3261e")
    draw.text((110, 450), "Error E-2207: card was refused.", font=font(40), fill="#3c1f1d")
    for row in range(12):
        top = 800 + row * 115
        draw.rounded_rectangle((60, top, 1020, top + 90), radius=18, fill="white", outline="#d5d9e0", width=2)
        draw.text((100, top + 22), f"Item {row + 1:02d}   {(row * 37 % 90) + 9},90 EUR", font=font(36), fill="#222")
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()


def font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, so that no font of the machine decides about our bytes."""
    return ImageFont.load_default(size_px)


def _grainy_scene(width: int, height: int, *, seed: int, grain: float) -> Pixels:
    """Gradients (sky, ground, a bright spot) under sensor noise; built in strips to spare memory."""
    rng = np.random.default_rng(seed)
    shift = float(rng.uniform(0.1, 0.9))
    picture = np.empty((height, width, 3), dtype=np.uint8)
    across = np.linspace(0.0, 1.0, width, dtype=np.float32)
    for top in range(0, height, 250):
        rows = min(250, height - top)
        down = np.linspace(top / height, (top + rows) / height, rows, dtype=np.float32)[:, None]
        glow = np.exp(-(((across - shift) ** 2) + (down - 0.4) ** 2) * 9.0)
        ripple = 0.5 + 0.5 * np.sin(across * 70.0 + down * 40.0)
        base = np.stack((90 + 130 * glow + 18 * ripple, 70 + 110 * down + 60 * glow, 170 - 120 * down + 0 * across), 2)
        noise = rng.standard_normal((rows, width, 1), dtype=np.float32) * np.float32(grain)
        picture[top : top + rows] = np.clip(base + noise, 0, 255).astype(np.uint8)
    return picture


def _jpeg(pixels: Pixels, *, quality: int) -> bytes:
    exif = Image.Exif()
    exif[_EXIF_MAKE] = "Canon"
    exif[_EXIF_MODEL] = "Canon EOS R10"
    exif[_EXIF_ORIENTATION] = 1
    exif[_EXIF_DATE] = _TAKEN
    exif.get_ifd(_EXIF_PHOTO_IFD).update({_EXIF_EXPOSURE: IFDRational(1, 125), _EXIF_ORIGINAL: _TAKEN})
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()
