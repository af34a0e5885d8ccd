"""``python -m attachment_lab.preview image|pdf PAGE PIXELS``: draws a file from standard input as a PNG or JPEG.

A process of its own, with limits on memory, time and what it may write: the file may be anybody's. On standard output
a line of JSON (``{"pages", "width", "height", "mime"}`` or ``{"error"}``), then the picture's bytes.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import warnings
from typing import IO, Any

MOST_MEMORY_BYTES = 1024 * 1024 * 1024
MOST_CPU_S = 10
MOST_PIXELS = 50_000_000


class RenderingRefused(Exception):
    """The file is not drawn; the message says why."""


def main(kind: str, page: int, pixels: int) -> int:
    """0 with a picture, 1 with a reason."""
    _limit()
    try:
        text, picture = (_image if kind == "image" else _pdf)(sys.stdin.buffer, page, pixels)
    except RenderingRefused as exc:
        text, picture = {"error": str(exc)}, b""
    except MemoryError:
        text, picture = {"error": "it would take too much memory to draw"}, b""
    except Exception as exc:  # noqa: BLE001 - a broken file breaks a decoder in ways nobody can list
        text, picture = {"error": f"it cannot be read ({type(exc).__name__})"}, b""
    sys.stdout.buffer.write(json.dumps(text).encode() + b"\n" + picture)
    return 1 if "error" in text else 0


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _image(stream: IO[bytes], _page: int, pixels: int) -> tuple[dict[str, Any], bytes]:
    from PIL import Image, ImageOps  # noqa: PLC0415 - only the kind that is asked for is loaded

    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # our own check follows, before any pixel is decoded
    with Image.open(stream, formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
        if image.width * image.height > MOST_PIXELS:
            raise RenderingRefused(f"it has {image.width} × {image.height} pixels, too many to draw here")
        size = {"width": image.width, "height": image.height}
        image.draft("RGB", (pixels, pixels))
        drawn = ImageOps.exif_transpose(image)
        drawn.thumbnail((pixels, pixels))
        return _written(drawn, size)


def _pdf(stream: IO[bytes], page: int, pixels: int) -> tuple[dict[str, Any], bytes]:
    import pypdfium2  # noqa: PLC0415

    document = pypdfium2.PdfDocument(stream.read())
    if not 1 <= page <= len(document):
        raise RenderingRefused(f"it has {len(document)} pages")
    sheet = document[page - 1]
    longest = max(sheet.get_size())
    if longest <= 0:
        raise RenderingRefused("its page has no size")
    drawn = sheet.render(scale=pixels / longest, may_draw_forms=False).to_pil()
    return _written(drawn, {"pages": len(document), "page": page})


def _written(image: Any, text: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """PNG where there is transparency or few colours, else JPEG; nothing of the file's own bytes is left."""
    out = io.BytesIO()
    if image.mode in {"RGBA", "LA", "P", "1", "PA"}:
        image.convert("RGBA").save(out, "PNG")
        return text | {"mime": "image/png"}, out.getvalue()
    image.convert("RGB").save(out, "JPEG", quality=88)
    return text | {"mime": "image/jpeg"}, out.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
