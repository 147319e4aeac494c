"""Batches readers mutated images, and say what came of it: ``python tests/images/fuzz.py 20000``.

Anything but an image or an entry in ``failed_`` ends it with an error; so does one batch that takes
longer than a minute.
"""

import collections
import faulthandler
import io
import json
import resource
import struct
import sys
import time
import warnings
import zlib

import numpy as np
from PIL import Image, features

from skhcr.images import ImageLoader, ImageLoadError, InkNormalizer

MEMORY = 4 * 2**30
BATCH = 20


def seeds():
    """Return valid files of every format, in the kinds of pixels and compressions it has."""
    rng = np.random.default_rng(0)
    gray = np.clip(rng.normal(200, 20, (24, 20)), 0, 255).astype(np.uint8)
    gray[6:18, 8:12] = 10
    color = np.stack([gray, gray.T[:20, :20].repeat(2, 0)[:24], 255 - gray], axis=2)
    alpha = np.dstack([color, gray])
    images = {
        "1": Image.fromarray(gray > 128),
        "L": Image.fromarray(gray),
        "P": Image.fromarray(color).quantize(16),
        "RGB": Image.fromarray(color),
        "RGBA": Image.fromarray(alpha),
        "LA": Image.fromarray(alpha).convert("LA"),
        "CMYK": Image.fromarray(color).convert("CMYK"),
        "I;16": Image.fromarray(gray.astype(np.uint16) * 257),
        "F": Image.fromarray(gray.astype(np.float32)),
    }
    exif = Image.Exif()
    exif[0x0112] = 6
    kinds = [
        *(("PNG", mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16")),
        ("PNG", "P", {"transparency": 3}),
        *(("JPEG", mode, {"quality": 80}) for mode in ("L", "RGB", "CMYK")),
        ("JPEG", "RGB", {"progressive": True, "exif": exif}),
        *(("BMP", mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA")),
        *(("TIFF", mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F")),
        *(
            ("TIFF", "RGB", {"compression": compression})
            for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits")
        ),
        ("TIFF", "1", {"compression": "group4"}),
        ("TIFF", "L", {"save_all": True, "append_images": [images["L"]] * 3}),
        *(("GIF", mode, {}) for mode in ("L", "P")),
        ("GIF", "P", {"save_all": True, "append_images": [images["P"].rotate(90)]}),
        ("WEBP", "RGB", {}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGB", {"save_all": True, "append_images": [images["RGB"].rotate(9)]}),
        *(("PPM", mode, {}) for mode in ("1", "L", "RGB", "I;16")),
        *(("TGA", mode, {}) for mode in ("L", "P", "RGB", "RGBA")),
        ("TGA", "RGB", {"compression": "tga_rle"}),
    ]
    if features.check("jpg_2000"):
        kinds += [("JPEG2000", mode, {}) for mode in ("L", "RGB", "RGBA", "I;16")]
        kinds += [
            ("JPEG2000", "RGB", {"irreversible": True, "quality_layers": [20, 5]}),
            ("JPEG2000", "RGB", {"tile_size": (16, 16), "no_jp2": True}),
        ]
    if "avif" in features.modules and features.check("avif"):
        kinds += [("AVIF", mode, {}) for mode in ("L", "RGB", "RGBA")]
        kinds.append(("AVIF", "RGB", {"exif": exif}))
    files = []
    for format, mode, options in kinds:
        buffer = io.BytesIO()
        images[mode].save(buffer, format, **options)
        files.append((format, buffer.getvalue()))
    return files


def mutated(data, other, rng):
    """Return the data with a few changes of the kinds that break readers."""
    data = bytearray(data)
    for _ in range(1 + rng.geometric(0.5)):
        if not data:
            break
        place = int(rng.integers(len(data)) * (rng.random() if rng.random() < 0.7 else 1))
        kind = rng.integers(7)
        if kind == 0:  # a flipped bit
            data[place] ^= 1 << rng.integers(8)
        elif kind == 1:  # a random byte
            data[place] = rng.integers(256)
        elif kind == 2:  # a number at the edge of its range, in two or four bytes
            number = [0, 1, 0x7F, 0x80, 0xFF][rng.integers(5)]
            width = [2, 4][rng.integers(2)]
            fill = bytes([number]) + bytes([[0, 0xFF][rng.integers(2)]]) * (width - 1)
            data[place : place + width] = fill if rng.random() < 0.5 else fill[::-1]
        elif kind == 3:  # the end is missing
            del data[place:]
        elif kind == 4:  # a part is missing
            del data[place : place + int(rng.integers(1, 30))]
        elif kind == 5:  # a part stands there twice
            part = data[place : place + int(rng.integers(1, 200))]
            data[place:place] = part * int(rng.integers(1, 20))
        else:  # a part of another file
            start = int(rng.integers(len(other)))
            data[place:place] = other[start : start + int(rng.integers(1, 100))]
    return bytes(data)


def with_checksums(data):
    """Return a PNG file whose checksums fit, or it would be refused before anything is read."""
    out, place = bytearray(data), 8
    while place + 12 <= len(out):
        (length,) = struct.unpack_from(">I", out, place)
        end = place + 8 + length
        if end + 4 > len(out):
            break
        struct.pack_into(">I", out, end, zlib.crc32(out[place + 4 : end]))
        place = end + 4
    return bytes(out)


def main(n_cases):
    """Run the cases and print what came of them as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    readers = [
        ImageLoader(32, on_error="blank", n_jobs=1),
        ImageLoader(None, mode="RGB", on_error="blank", n_jobs=1),
        ImageLoader((20, 24), keep_aspect=False, on_error="blank", n_jobs=1),
        InkNormalizer(32, on_error="blank", on_blank="ignore", n_jobs=1),
    ]
    files = seeds()
    for reader in readers:
        reader.transform([data for _, data in files])
        assert not len(reader.failed_), reader.failed_
    rng = np.random.default_rng(1)
    n_of, n_refused = collections.Counter(), collections.Counter()
    slowest = 0.0
    begin = time.perf_counter()
    for start in range(0, n_cases, BATCH):
        batch = []
        for number in range(start, min(start + BATCH, n_cases)):
            format, data = files[number % len(files)]
            data = mutated(data, files[rng.integers(len(files))][1], rng)
            batch.append((format, with_checksums(data) if format == "PNG" else data))
        reader = readers[start // BATCH % len(readers)]
        faulthandler.dump_traceback_later(60, exit=True)
        since = time.perf_counter()
        images = reader.transform([data for _, data in batch])
        slowest = max(slowest, time.perf_counter() - since)
        assert len(images) == len(batch)
        for image in images:
            assert image.dtype == np.uint8, image.dtype
            assert image.ndim == 3, image.shape
        for index in reader.failed_:
            try:
                type(reader)(32, n_jobs=1).transform([batch[index][1]])
            except ImageLoadError as error:
                if isinstance(error.failures[0].cause, MemoryError):
                    raise
        n_of.update(format for format, _ in batch)
        n_refused.update(batch[index][0] for index in reader.failed_)
    faulthandler.cancel_dump_traceback_later()
    result = {
        "cases": dict(n_of),
        "refused": dict(n_refused),
        "seconds": round(time.perf_counter() - begin, 1),
        "slowest_batch_seconds": round(slowest, 2),
        "most_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
