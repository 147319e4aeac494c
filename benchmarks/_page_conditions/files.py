"""What files can hold besides eight bits of red, green and blue."""

import io

import numpy as np
from PIL import Image

from ._page import Page, condition


def _file(image, *, form="PNG", **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _gray(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    return np.asarray(Image.fromarray(pixels).convert("L"))


def _strokes(letter, rng, color):
    ink = np.rint(255 * Page(letter, rng).ink).astype(np.uint8)
    colors = np.broadcast_to(np.array(color, np.uint8), (*ink.shape, 3))
    return np.dstack([colors, ink])


@condition("files")
def white_strokes_on_transparency(letter, rng):
    return _file(Image.fromarray(_strokes(letter, rng, (255, 255, 255))))


@condition("files")
def dark_strokes_on_transparency(letter, rng):
    return _file(Image.fromarray(_strokes(letter, rng, rng.integers(0, 90, 3))))


@condition("files")
def uint16_with_eight_bits(letter, rng):
    return _gray(letter, rng).astype(np.uint16)


@condition("files")
def ten_bits_in_sixteen(letter, rng):
    return _file(Image.fromarray(_gray(letter, rng).astype(np.uint16) * 4), form="TIFF")


@condition("files")
def twelve_bits_in_sixteen(letter, rng):
    return _file(Image.fromarray(_gray(letter, rng).astype(np.uint16) * 16))


@condition("files")
def sixteen_bits(letter, rng):
    return _file(Image.fromarray(_gray(letter, rng).astype(np.uint16) * 257))


@condition("files")
def one_bit(letter, rng):
    return _file(Image.fromarray(_gray(letter, rng)).convert("1"), form="TIFF")


@condition("files")
def palette(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    return _file(Image.fromarray(pixels).quantize(16))


@condition("files")
def cmyk(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    return _file(Image.fromarray(pixels).convert("CMYK"), form="JPEG")


@condition("files")
def turned_by_exif(letter, rng):
    image = Image.fromarray(Page(letter, rng).write().as_array(rng))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees to the right when it is shown
    return _file(image.transpose(Image.Transpose.ROTATE_90), form="JPEG", exif=exif)
