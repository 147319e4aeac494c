"""Characters as users have them: written with other pens, on pages of any kind."""

import numpy as np
from PIL import Image, ImageFilter

_ENLARGED = 4
_PART_OF_PAPER = 0.7  # of a row's pixels; letters cover less of it than the other part


def with_other_pens(images, seed):
    """Return letters, light on dark, a third of them with thinner or thicker strokes."""
    generator = np.random.default_rng(seed)
    return np.stack([_with_other_pen(image, generator) for image in images])


def _with_other_pen(image, generator):
    if generator.random() > 1 / 3:
        return image
    pen = generator.choice((-2, -1, 2, 3))  # in quarters of a pixel, to either side
    height, width = image.shape
    large = Image.fromarray(image).resize((_ENLARGED * width, _ENLARGED * height), Image.BICUBIC)
    change = ImageFilter.MaxFilter if pen > 0 else ImageFilter.MinFilter
    large = large.filter(change(2 * abs(int(pen)) + 1))
    return np.asarray(large.resize((width, height), Image.BOX))


def without_lines(photographs):
    """Return photographs of letters on squared or ruled paper without the lines.

    The darkness of a row or column that is darker than the paper nearly throughout is subtracted.
    Photographs have the shape (n, height, width, channels).
    """
    levels = photographs.astype(np.float32)
    paper, rows, columns = (
        np.quantile(levels, _PART_OF_PAPER, axis=axes, keepdims=True) for axes in ((1, 2), 2, 1)
    )
    levels -= np.minimum(rows - paper, 0) + np.minimum(columns - paper, 0)
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)


def as_scan(image, generator):
    """Return a letter, light on dark, somewhere on a page of its own.

    The page is 1.2 to 3 times as high and wide as the letter's image, which is enlarged 3 to 12
    times; paper and ink are of any gray, the paper grainy; a quarter of the pages is dark.
    """
    scale = generator.uniform(3, 12)
    height, width = (round(scale * side) for side in image.shape)
    ink = np.asarray(Image.fromarray(image).resize((width, height), Image.BICUBIC)) / 255
    rows, columns = (round(side * generator.uniform(1.2, 3)) for side in (height, width))
    top, left = generator.integers(rows - height + 1), generator.integers(columns - width + 1)
    paper, pen = generator.uniform(190, 250), generator.uniform(10, 90)
    page = np.full((rows, columns), paper)
    page[top : top + height, left : left + width] -= (paper - pen) * ink
    page += generator.normal(scale=generator.uniform(0, 6), size=page.shape)
    page = np.clip(page, 0, 255).astype(np.uint8)
    return 255 - page if generator.random() < 0.25 else page
