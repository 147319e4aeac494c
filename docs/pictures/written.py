"""Real characters: those of UNIPEN's writers on whom no pretrained model was trained."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from skhcr.datasets import draw_strokes, fetch_unipen

_PAPER, _INK = 238, 35


@cache
def _unipen():
    from benchmarks._splits import is_held_out

    unipen = fetch_unipen(size=None)
    return unipen, is_held_out(unipen.groups)


def ink_of(label, size, n=0):
    """Return the ink of the nth of these characters with a label: size x size pixels."""
    unipen, is_held_out_row = _unipen()
    row = np.flatnonzero(is_held_out_row & (unipen.target == label))[n]
    return draw_strokes(unipen.strokes[row], size=size, pen_width=0.09)


def form(lines, n_boxes=6, side=72, gap=34):
    """Return a form: a row of boxes for each line, with a character in each box."""
    width, height = 2 * gap + n_boxes * side, gap + len(lines) * (side + gap)
    page = Image.new("L", (width, height), _PAPER)
    pen = ImageDraw.Draw(page)
    n_used = {}
    for row, line in enumerate(lines):
        for place in range(n_boxes):
            left, top = gap + place * side, gap + row * (side + gap)
            pen.rectangle((left, top, left + side, top + side), outline=130, width=2)
            if place < len(line):
                n_used[line[place]] = n_used.get(line[place], -1) + 1
                ink = ink_of(line[place], side - 22, n_used[line[place]])
                page.paste(_INK, (left + 11, top + 11), Image.fromarray(ink))
    return page
