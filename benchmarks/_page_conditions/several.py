"""Several characters in one picture: these conditions take a list of six letters."""

import numpy as np
from PIL import Image

from ._page import Page, condition


def _side_by_side(letters, rng, gap):
    """Return letters of one height in a row."""
    height = 64
    row = [np.zeros((height, 2), np.uint8)]
    for letter in letters:
        rows, columns = np.flatnonzero(letter.max(1)), np.flatnonzero(letter.max(0))
        letter = letter[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        high = round(height * rng.uniform(0.8, 1))
        wide = min(height, max(4, round(high * letter.shape[1] / letter.shape[0])))
        image = Image.fromarray(letter).resize((wide, high), Image.BICUBIC)
        space = np.zeros((height, wide + round(height * gap)), np.uint8)
        top = (height - high) // 2
        space[top : top + high, :wide] = np.asarray(image)
        row.append(space)
    return np.hstack(row)


def _written(row, rng):
    return Page(row, rng, scale=rng.uniform(1, 2), room=(1.15, 1.6)).write().as_array(rng)


@condition("several")
def two_letters(letters, rng):
    return _written(_side_by_side(letters[:2], rng, rng.uniform(0.2, 0.5)), rng)


@condition("several")
def five_letters(letters, rng):
    return _written(_side_by_side(letters[:5], rng, rng.uniform(0.15, 0.5)), rng)


@condition("several")
def three_letters_far_apart(letters, rng):
    return _written(_side_by_side(letters[:3], rng, rng.uniform(0.6, 1)), rng)


@condition("several")
def two_lines_of_three(letters, rng):
    rows = [_side_by_side(part, rng, 0.3) for part in (letters[:3], letters[3:])]
    width = max(row.shape[1] for row in rows)
    rows = [np.pad(row, ((10, 10), (0, width - row.shape[1]))) for row in rows]
    return _written(np.vstack(rows), rng)


@condition("several")
def five_circles(letters, rng):
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    circle = np.where(abs(np.hypot(x, y) - 0.85) < 0.13, 255, 0).astype(np.uint8)
    return _written(_side_by_side([circle] * 5, rng, rng.uniform(0.2, 0.6)), rng)
