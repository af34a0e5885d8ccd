"""Pictures for the demo's customers: drawn, with the light and noise of a phone's snapshot; the same bytes on each run.

They are drawings, so that no photograph of a real home is needed.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from attachment_lab.demo.files_images import font

WIDTH, HEIGHT = 1200, 1600
Draw = ImageDraw.ImageDraw
Colour = str | tuple[int, int, int]


def snapshot(scene: Callable[[Draw], None], *, wall: Colour, seed: int) -> bytes:
    """A JPEG of a scene like a phone's picture: slightly soft, darker at the edges, with noise."""
    image = Image.new("RGB", (WIDTH, HEIGHT), wall)
    scene(ImageDraw.Draw(image))
    image = image.filter(ImageFilter.GaussianBlur(1.2)).rotate(seed % 5 - 2, Image.Resampling.BICUBIC, fillcolor=wall)
    pixels = np.asarray(image, dtype=np.float32)
    down, across = np.mgrid[-1.0 : 1.0 : HEIGHT * 1j, -1.0 : 1.0 : WIDTH * 1j]
    light = 1.05 - 0.2 * ((across - 0.25) ** 2 + (down + 0.3) ** 2)
    noise = np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32) * np.float32(5.0)
    lit = np.clip(pixels * light[..., None] + noise, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(lit).save(out, "JPEG", quality=80)
    return out.getvalue()


def _words(draw: Draw, left: int, top: int, lines: Sequence[str], size_px: int, colour: Colour) -> None:
    for number, line in enumerate(lines):
        draw.text((left, top + number * int(size_px * 1.45)), line, font=font(size_px), fill=colour)


def boiler_display(draw: Draw) -> None:
    """A gas boiler whose display shows F.28."""
    draw.rounded_rectangle((180, 60, 1020, 1700), 44, fill="#f4f4f1", outline="#c9c9c4", width=5)
    draw.rounded_rectangle((300, 820, 900, 1180), 26, fill="#22282c")
    draw.rounded_rectangle((340, 860, 860, 1060), 12, fill="#b8d8a8")
    draw.text((400, 875), "F.28", font=font(150), fill="#1d3a16")
    for place in range(4):
        draw.ellipse((360 + place * 130, 1090, 420 + place * 130, 1150), fill="#3c464c", outline="#5a666d", width=3)
    draw.ellipse((820, 760, 856, 796), fill="#e4372b")
    _words(draw, 420, 220, ["NORDWARM", "Kompakt 24"], 72, "#8a8f92")


def rating_plate(draw: Draw) -> None:
    """A device's rating plate with its serial number."""
    draw.rounded_rectangle((110, 420, 1090, 1180), 18, fill="#d9dcde", outline="#8d9499", width=6)
    for x, y in ((150, 460), (1050, 460), (150, 1140), (1050, 1140)):
        draw.ellipse((x - 16, y - 16, x + 16, y + 16), fill="#9aa1a6", outline="#6d757a", width=3)
    lines = [
        "NORDWARM Kompakt 24",
        "Serial  NW24-118-40771",
        "230 V ~ 50 Hz   110 W",
        "Gas 2E  G20-20 mbar",
        "2021-04   CE 0085",
    ]
    _words(draw, 200, 520, lines, 66, "#2b3033")
    for stripe in range(60):
        width = 4 + (stripe * 7) % 9
        draw.rectangle((200 + stripe * 13, 1010, 200 + stripe * 13 + width, 1110), fill="#22272a")


def puddle(draw: Draw) -> None:
    """Water on the tiles below a dishwasher."""
    draw.rectangle((0, 900, WIDTH, HEIGHT), fill="#b9a88f")
    for line in range(0, WIDTH + 1, 240):
        draw.line((line, 900, int((line - 600) * 1.9 + 600), HEIGHT), fill="#98876f", width=6)
    for line in (1010, 1180, 1420):
        draw.line((0, line, WIDTH, line), fill="#98876f", width=6)
    draw.rectangle((200, 80, 1000, 900), fill="#e6e8ea", outline="#aab0b4", width=6)
    draw.rounded_rectangle((300, 150, 900, 200), 20, fill="#c5cacd")
    for box, colour in (
        ((240, 960, 980, 1260), "#8fa3ab"),
        ((330, 990, 900, 1200), "#a9bcc4"),
        ((430, 1020, 640, 1090), "#d7e4ea"),
    ):
        draw.ellipse(box, fill=colour)


def electricity_reading(reading: str, colour: Colour) -> Callable[[Draw], None]:
    """An electricity meter that shows this reading."""

    def scene(draw: Draw) -> None:
        draw.rounded_rectangle((240, 300, 960, 1320), 60, fill="#ebebe6", outline="#b5b5ae", width=6)
        draw.rounded_rectangle((330, 460, 870, 700), 16, fill=colour)
        draw.text((360, 515), reading, font=font(118), fill="#14201a")
        draw.text((740, 710), "kWh", font=font(56), fill="#555b55")
        draw.ellipse((480, 860, 720, 1100), fill="#d2d5cf", outline="#8b918b", width=8)
        draw.line((600, 980, 680, 910), fill="#b3261e", width=10)

    return scene


def install_site(draw: Draw) -> None:
    """A house wall with the place where a heat pump will hang."""
    for row in range(0, HEIGHT, 80):
        for column in range(-120, WIDTH, 200):
            left = column + (row // 80 % 2) * 100
            draw.rectangle((left, row, left + 192, row + 72), fill="#a4553f" if (row + column) % 3 else "#98492f")
    draw.rectangle((120, 200, 560, 760), fill="#2f3f4f", outline="#f2efe9", width=26)
    draw.line((340, 200, 340, 760), fill="#f2efe9", width=18)
    draw.rectangle((640, 860, 1080, 1240), outline="#ffe14d", width=12)
    _words(draw, 690, 1270, ["90 x 60 cm"], 70, "#ffe14d")


def damaged_parcel(draw: Draw) -> None:
    """A parcel with a crushed corner."""
    draw.rectangle((0, 1150, WIDTH, HEIGHT), fill="#6d6258")
    draw.polygon([(180, 520), (940, 460), (1060, 640), (1020, 1280), (200, 1330)], fill="#c49a66", outline="#8d6a3f")
    draw.polygon([(940, 460), (1060, 640), (900, 700), (820, 560)], fill="#8a6437")
    draw.polygon([(820, 560), (900, 700), (780, 640)], fill="#5f4424")
    draw.polygon([(520, 492), (640, 482), (640, 1304), (520, 1310)], fill="#d8bb8d")
    _words(draw, 250, 900, ["FRAGILE", "THIS SIDE UP"], 92, "#a8261c")


def wrong_plug(draw: Draw) -> None:
    """A round two-pin plug beside a square socket."""
    draw.rounded_rectangle((140, 220, 700, 780), 40, fill="#fafaf8", outline="#c2c2bd", width=6)
    for box in ((395, 320, 445, 440), (270, 540, 370, 585), (470, 540, 570, 585)):
        draw.rectangle(box, fill="#3b3b3b")
    draw.ellipse((520, 820, 1060, 1360), fill="#26282a", outline="#111", width=8)
    for x in (680, 860):
        draw.ellipse((x, 1050, x + 52, 1102), fill="#d9dadb")
    draw.line((790, 1350, 760, HEIGHT), fill="#1a1b1c", width=70)


def bank_screenshot() -> bytes:
    """A PNG of a bank's app with the same debit twice."""
    image = Image.new("RGB", (1080, 1920), "#f3f5f7")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1080, 220), fill="#00574b")
    _words(draw, 60, 110, ["Tilitapahtumat"], 64, "#ffffff")
    rows = [("12.11.", "Pohjolan Huolto Oy", "-189,00"), ("12.11.", "Pohjolan Huolto Oy", "-189,00")]
    rows += [("10.11.", "Ruokakauppa", "-42,15"), ("09.11.", "Palkka", "+2 950,00"), ("07.11.", "Vesilasku", "-88,40")]
    for number, (day, name, amount) in enumerate(rows):
        top = 300 + number * 190
        edge: Colour = "#b3261e" if number < 2 else "#d9dee3"
        draw.rounded_rectangle((50, top, 1030, top + 160), 24, fill="#ffffff", outline=edge, width=4)
        _words(draw, 90, top + 24, [name, day], 44, "#1a2a27")
        _words(draw, 770, top + 52, [amount], 48, "#1a2a27")
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()
