"""``python -m attachment_lab.preview image|pdf PAGE PIXELS``: renders a file from standard input as a PNG or JPEG.

A process of its own, with limits on memory, time and file size: the file is not trusted. On standard output
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
    """The file is not rendered; the message says why."""


def main(kind: str, page: int, pixels: int) -> int:
    """0 with a picture, 1 with a reason."""
    _limit()
    try:
        result, picture = (_image if kind == "image" else _pdf)(sys.stdin.buffer, page, pixels)
    except RenderingRefused as exc:
        result, picture = {"error": str(exc)}, b""
    except MemoryError:
        result, picture = {"error": "it takes too much memory to draw"}, b""
    except Exception as exc:  # noqa: BLE001 - a damaged file can raise anything in a decoder
        result, picture = {"error": f"it cannot be read ({type(exc).__name__})"}, b""
    sys.stdout.buffer.write(json.dumps(result).encode() + b"\n" + picture)
    return 1 if "error" in result else 0


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _image(stream: IO[bytes], _page: int, pixels: int) -> tuple[dict[str, Any], bytes]:
    from PIL import Image, ImageOps  # noqa: PLC0415 - only the decoder that is needed is loaded

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


def _written(image: Any, facts: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """PNG for transparency or few colours, else JPEG; no byte of the file itself remains."""
    out = io.BytesIO()
    if image.mode in {"RGBA", "LA", "P", "1", "PA"}:
        image.convert("RGBA").save(out, "PNG")
        return facts | {"mime": "image/png"}, out.getvalue()
    image.convert("RGB").save(out, "JPEG", quality=88)
    return facts | {"mime": "image/jpeg"}, out.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
