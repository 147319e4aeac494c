"""Lines that are printed or drawn: ruled and squared paper, margins, boxes of forms."""

import numpy as np

from ._page import BLUE, GRAY_BLUE, RED, Page, condition, ruled


@condition("lines")
def blue_ruling(letter, rng):
    return ruled(Page(letter, rng), rng, BLUE, squared=False).write().as_array(rng)


@condition("lines")
def blue_pen_on_blue_ruling(letter, rng):
    page = Page(letter, rng, pen=(35, 60, 170))
    return ruled(page, rng, BLUE, squared=False).write().as_array(rng)


@condition("lines")
def dark_ruling(letter, rng):
    color = np.full(3, rng.uniform(40, 110))
    return ruled(Page(letter, rng), rng, color, squared=False).write().as_array(rng)


@condition("lines")
def narrow_ruling(letter, rng):
    page = Page(letter, rng)
    gap = rng.uniform(0.12, 0.2) * page.side
    return ruled(page, rng, BLUE, squared=False, gap=gap).write().as_array(rng)


@condition("lines")
def squared_paper(letter, rng):
    return ruled(Page(letter, rng), rng, GRAY_BLUE, squared=True).write().as_array(rng)


@condition("lines")
def dark_squared_paper(letter, rng):
    color = np.full(3, rng.uniform(90, 140))
    return ruled(Page(letter, rng), rng, color, squared=True).write().as_array(rng)


@condition("lines")
def pencil_on_squared_paper(letter, rng):
    page = Page(letter, rng, pen=np.full(3, rng.uniform(95, 130)))
    return ruled(page, rng, GRAY_BLUE, squared=True).write().as_array(rng)


@condition("lines")
def margin_line(letter, rng):
    page = Page(letter, rng)
    h, w = page.shape
    left, _, right, _ = page.box
    x = rng.choice([rng.uniform(0.2, 0.9) * left, w - rng.uniform(0.2, 0.9) * (w - right)])
    lean = rng.uniform(-0.02, 0.02) * h
    page.draw(lambda d: d.line((x, 0, x + lean, h), 255, round(rng.uniform(2, 5))), RED)
    return page.write().as_array(rng)


@condition("lines")
def margin_and_ruling(letter, rng):
    page = ruled(Page(letter, rng), rng, BLUE, squared=False)
    h = page.shape[0]
    x = rng.uniform(0.3, 0.9) * page.box[0]
    page.draw(lambda d: d.line((x, 0, x, h), 255, 3), RED)
    return page.write().as_array(rng)


def _boxed(letter, rng, pad, *, width=None, **options):
    page = Page(letter, rng, **options)
    left, top, right, bottom = page.box
    p = pad * page.side
    width = max(1, round(rng.uniform(2, 6))) if width is None else width
    cx, cy, half = (left + right) / 2, (top + bottom) / 2, page.side / 2 + p
    box = (cx - half, cy - half, cx + half, cy + half)
    color = np.full(3, rng.uniform(0, 130)) if rng.random() < 0.7 else RED
    page.draw(lambda d: d.rectangle(box, outline=255, width=width), color)
    return page.write().as_array(rng)


@condition("lines")
def box_of_a_form(letter, rng):
    return _boxed(letter, rng, rng.uniform(0.08, 0.3), room=(2, 2.8))


@condition("lines")
def box_of_a_form_cut_off(letter, rng):
    return _boxed(letter, rng, rng.uniform(0.25, 0.5), room=(1.4, 1.7))


@condition("lines")
def row_of_boxes(letter, rng):
    page = Page(letter, rng, room=(1.6, 2.4))
    _h, w = page.shape
    left, top, right, bottom = page.box
    half = page.side * rng.uniform(0.58, 0.75)
    cx, cy = (left + right) / 2, (top + bottom) / 2
    color, t = np.full(3, rng.uniform(0, 140)), round(rng.uniform(2, 5))

    def boxes(d):
        for y in (cy - half, cy + half):
            d.line((0, y, w, y), 255, t)
        for n in range(-3, 4):
            x = cx + (2 * n + 1) * half
            d.line((x, cy - half, x, cy + half), 255, t)

    return page.draw(boxes, color).write().as_array(rng)


@condition("lines")
def underline(letter, rng):
    page = Page(letter, rng)
    left, _, right, bottom = page.box
    y = bottom + rng.uniform(0.06, 0.2) * page.side
    extra = rng.uniform(0.2, 0.6) * page.side
    t = round(rng.uniform(2, 5))
    color = page.pen if rng.random() < 0.5 else RED
    tilt = rng.uniform(-3, 3)
    page.draw(lambda d: d.line((left - extra, y, right + extra, y + tilt), 255, t), color)
    return page.write().as_array(rng)


@condition("lines")
def written_on_a_line(letter, rng):
    page = Page(letter, rng)
    w = page.shape[1]
    y = page.box[3] - rng.uniform(0, 0.06) * page.side
    t, color = round(rng.uniform(2, 5)), np.full(3, rng.uniform(20, 140))
    page.draw(lambda d: d.line((0, y, w, y + rng.uniform(-4, 4)), 255, t), color)
    return page.write().as_array(rng)


@condition("lines")
def written_between_two_lines(letter, rng):
    page = Page(letter, rng)
    w = page.shape[1]
    _, top, _, bottom = page.box
    t, color = round(rng.uniform(1, 4)), np.full(3, rng.uniform(20, 150))
    ys = top + rng.uniform(-0.1, 0.2) * page.side, bottom + rng.uniform(-0.05, 0.1) * page.side
    page.draw(lambda d: [d.line((0, y, w, y), 255, t) for y in ys], color)
    return page.write().as_array(rng)


@condition("lines")
def comb_of_a_form(letter, rng):
    page = Page(letter, rng, room=(1.6, 2.4))
    _h, w = page.shape
    left, _top, right, bottom = page.box
    y, half = bottom + rng.uniform(0.05, 0.15) * page.side, page.side * rng.uniform(0.6, 0.75)
    x, t = (left + right) / 2, round(rng.uniform(2, 4))

    def comb(d):
        d.line((0, y, w, y), 255, t)
        for n in range(-3, 4):
            tooth = x + (2 * n + 1) * half
            d.line((tooth, y - 0.25 * page.side, tooth, y), 255, t)

    return page.draw(comb, np.full(3, rng.uniform(0, 140))).write().as_array(rng)
