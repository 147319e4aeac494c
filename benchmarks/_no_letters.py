"""Images that are none of a model's letters, kind by kind, on pages like those of letters."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from skhcr.datasets import draw_strokes, fetch_omniglot

from ._known_letters import inks

_SIDE = 64  # pixels, of a drawing
_PENS = 0.023, 0.125  # widths, as parts of the longer side
# Alphabets that share most letters with a model's.
_OWN_ALPHABETS = {
    "english": ("Latin",),
    "russian-letters": ("Cyrillic", "Old_Church_Slavonic_(Cyrillic)"),
}
_SUBSETS = {"test": "evaluation", "train": "background"}

Draw = Callable[[str, str, np.random.Generator], np.ndarray]


def on_page(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a page of any gray, with grain, on which there is ink of 0 to 255."""
    height, width = ink.shape
    side = max(ink.shape)
    rows, columns = (length + round(side * rng.uniform(0.2, 1.2)) for length in (height, width))
    top, left = rng.integers(rows - height + 1), rng.integers(columns - width + 1)
    paper, pen = rng.uniform(190, 250), rng.uniform(10, 90)
    page = np.full((rows, columns), paper)
    page[top : top + height, left : left + width] -= (paper - pen) * (ink / 255)
    page += rng.normal(scale=rng.uniform(0, 6), size=page.shape)
    return np.clip(page, 0, 255).astype(np.uint8)


def pages(kind: str, model: str, part: str, seed: int, n: int) -> list[np.ndarray]:
    """Return `n` pages of a kind, made of what is for "train" or "test"; always the same ones."""
    place = list(KINDS).index(kind)
    rng = np.random.default_rng([seed, place, part == "test"])
    return [KINDS[kind](model, part, rng) for _ in range(n)]


def letter(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    """Return a page with a character of the model's own set."""
    return on_page(_letter(model, part, rng), rng)


def _letter(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    pictures = inks(model, part)
    return _cut(pictures[rng.integers(len(pictures))])


def _cut(picture: np.ndarray) -> np.ndarray:
    is_ink = picture > 40
    if not is_ink.any():
        return picture
    rows, columns = (np.flatnonzero(is_ink.any(axis)) for axis in (1, 0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


# ------------------------------------------------------------------ kinds


def _stain(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    """Return paper with soft spots, or with noise that is stronger in places."""
    side = int(rng.integers(60, 120))
    y, x = np.mgrid[:side, :side] / side
    page = np.full((side, side), rng.uniform(190, 250))
    page += rng.normal(scale=rng.uniform(0.5, 4), size=page.shape)
    if rng.random() < 0.5:
        for _ in range(rng.integers(1, 4)):
            center, sizes = rng.uniform(0.15, 0.85, 2), np.exp(rng.uniform(-3.5, -1.5, 2))
            spot = np.exp(-(((x - center[0]) / sizes[0]) ** 2) - ((y - center[1]) / sizes[1]) ** 2)
            page -= rng.uniform(15, 90) * spot
    else:
        smooth = ndimage.gaussian_filter(rng.normal(size=page.shape), rng.uniform(0.7, 6))
        page += rng.uniform(4, 25) * smooth / smooth.std()
    return np.clip(page, 0, 255).astype(np.uint8)


def _scribble(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    strokes = [_curve(rng) for _ in range(rng.integers(1, 4))]
    return on_page(_drawn(strokes, rng), rng)


def _curve(rng: np.random.Generator) -> np.ndarray:
    """Return a smooth random line of several turns, closed or open."""
    t = np.linspace(0, 1, 200)
    if rng.random() < 0.5:
        n = rng.integers(3, 7)
        phases, sizes = rng.uniform(0, 2 * np.pi, (2, n)), rng.normal(size=(2, n))
        waves = np.cos(2 * np.pi * np.arange(1, n + 1)[:, None] * t + phases[..., None])
        line = (sizes[..., None] * waves).sum(axis=1).T
    else:
        knots = rng.normal(size=(2, rng.integers(5, 12)))
        places = np.linspace(0, 1, knots.shape[1])
        line = np.stack([ndimage.gaussian_filter1d(np.interp(t, places, k), 6) for k in knots], 1)
    return line * np.exp(rng.uniform(-0.5, 0.5)) + rng.normal(scale=0.8, size=2)


def _drawn(strokes: list, rng: np.random.Generator) -> np.ndarray:
    pen = np.exp(rng.uniform(*np.log(_PENS)))
    return draw_strokes(strokes, size=_SIDE, pen_width=pen, margin=0)


def _beside(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    return _two(model, part, rng, rng.uniform(4, 16))


def _touching(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    return _two(model, part, rng, -rng.uniform(2, 10))


def _two(model: str, part: str, rng: np.random.Generator, gap: float) -> np.ndarray:
    left, right = _letter(model, part, rng), _letter(model, part, rng)
    height, start = max(len(left), len(right)), max(0, left.shape[1] + round(gap))
    ink = np.zeros((height, max(left.shape[1], start + right.shape[1])), np.uint8)
    for part_ink, x in ((left, 0), (right, start)):
        top = (height - len(part_ink)) // 2
        place = ink[top : top + len(part_ink), x : x + part_ink.shape[1]]
        np.maximum(place, part_ink, out=place)
    return on_page(ink, rng)


def _over(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    """Return two letters that were written over each other."""
    ink = np.zeros((_SIDE + 16, _SIDE + 16), np.uint8)
    for one in (_letter(model, part, rng), _letter(model, part, rng)):
        shift = rng.integers(-8, 9, 2)
        top, left = ((len(ink) - side) // 2 + by for side, by in zip(one.shape, shift, strict=True))
        place = ink[top : top + one.shape[0], left : left + one.shape[1]]
        np.maximum(place, one, out=place)
    return on_page(_cut(ink), rng)


def _other_script(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    images, alphabets = _omniglot(_SUBSETS[part])
    rows = np.flatnonzero(~np.isin(alphabets, _OWN_ALPHABETS.get(model, ())))
    return on_page(_cut(images[rng.choice(rows)]), rng)


@cache
def _omniglot(subset: str) -> tuple[np.ndarray, np.ndarray]:
    drawings = fetch_omniglot(subset=subset)
    rows = np.random.default_rng(0).permutation(len(drawings.target))[:4_000]
    return drawings.images[rows], drawings.alphabet[rows]


def _arc(x, y, width, height, start, stop):
    angles = np.radians(np.linspace(start, stop, 40))
    return np.stack([x + width * np.cos(angles), y + height * np.sin(angles)], axis=1)


_DOT = _arc(0.5, 0.95, 0.03, 0.03, 0, 360)
_CROSS = [[(0, 0.5), (1, 0.5)], [(0.5, 0), (0.5, 1)]]
_BRACE = [(0.6, 0), (0.45, 0.05), (0.4, 0.4), (0.25, 0.5), (0.4, 0.6), (0.45, 0.95), (0.6, 1)]
# Marks that no model's letters look like, in a square of 1, y downwards.
_MARKS = {
    "?": [[*_arc(0.5, 0.25, 0.25, 0.25, 180, 430), (0.5, 0.5), (0.5, 0.75)], _DOT],
    ":": [_DOT, _DOT - (0, 0.5)],
    ";": [_DOT - (0, 0.5), [(0.52, 0.85), (0.5, 0.95), (0.4, 1.1)]],
    '"': [[(0.4, 0), (0.38, 0.3)], [(0.6, 0), (0.58, 0.3)]],
    "#": [
        [(0.35, 0), (0.25, 1)],
        [(0.7, 0), (0.6, 1)],
        [(0.1, 0.35), (0.9, 0.35)],
        [(0.05, 0.68), (0.85, 0.68)],
    ],
    "%": [
        [(0.85, 0), (0.15, 1)],
        _arc(0.22, 0.22, 0.16, 0.2, 0, 360),
        _arc(0.78, 0.78, 0.16, 0.2, 0, 360),
    ],
    "&": [
        [
            (0.9, 1),
            (0.25, 0.3),
            (0.3, 0.08),
            (0.5, 0.05),
            (0.55, 0.25),
            (0.2, 0.6),
            (0.2, 0.9),
            (0.45, 1),
            (0.85, 0.55),
        ]
    ],
    "@": [
        _arc(0.5, 0.5, 0.2, 0.2, 0, 360),
        [*_arc(0.5, 0.5, 0.5, 0.5, 50, 360), (0.95, 0.7), (0.75, 0.7), (0.7, 0.4)],
    ],
    "*": [*_CROSS, [(0.15, 0.15), (0.85, 0.85)], [(0.15, 0.85), (0.85, 0.15)]],
    "=": [[(0, 0.35), (1, 0.35)], [(0, 0.65), (1, 0.65)]],
    "~": [[(t, 0.5 - 0.15 * np.sin(2 * np.pi * t)) for t in np.linspace(0, 1, 30)]],
    "{": [_BRACE],
    "}": [[(1 - x, y) for x, y in _BRACE]],
    "[": [[(0.7, 0), (0.4, 0), (0.4, 1), (0.7, 1)]],
    "]": [[(0.3, 0), (0.6, 0), (0.6, 1), (0.3, 1)]],
    "<": [[(0.8, 0.1), (0.1, 0.5), (0.8, 0.9)]],
    ">": [[(0.2, 0.1), (0.9, 0.5), (0.2, 0.9)]],
    "...": [_DOT - (0.3, 0), _DOT, _DOT - (-0.3, 0)],
    "±": [*_CROSS, [(0, 1.15), (1, 1.15)]],
    "÷": [[(0, 0.5), (1, 0.5)], _DOT, _DOT - (0, 0.9)],
    "→": [[(0, 0.5), (1, 0.5)], [(0.7, 0.25), (1, 0.5), (0.7, 0.75)]],
}


def _mark(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    """Return a mark by a hand that slants, stretches and trembles."""
    strokes = list(_MARKS.values())[rng.integers(len(_MARKS))]
    change = np.array([[np.exp(rng.uniform(-0.2, 0.2)), 0], [rng.uniform(-0.3, 0.3), 1]])
    moved = [_finer(np.asarray(stroke, float)) @ change for stroke in strokes]
    shaken = [
        line + ndimage.gaussian_filter1d(rng.normal(scale=0.06, size=line.shape), 4, axis=0)
        for line in moved
    ]
    return on_page(_drawn(shaken, rng), rng)


def _finer(line: np.ndarray) -> np.ndarray:
    places = np.linspace(0, len(line) - 1, 60)
    return np.stack([np.interp(places, np.arange(len(line)), values) for values in line.T], axis=1)


def _piece(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    """Return a half or a quarter of a letter, with a share of its ink at least."""
    while True:
        ink = _letter(model, part, rng)
        rows, columns = (
            slice(side // 2) if rng.random() < 0.5 else slice(side // 2, None) for side in ink.shape
        )
        way = rng.integers(3)
        cut = ink[rows, columns] if way == 0 else ink[rows] if way == 1 else ink[:, columns]
        if cut.size and cut.sum() > 0.15 * ink.sum():
            return on_page(_cut(cut), rng)


_SYMBOLS = "♠♣♥★☎✂§¶€£¥©®∞∑∏√∫≈≠±÷½¼†‡♪♫☀☂☺⚓✈✓✗→↔↻⌘⌛■▲●◆"
_GEORGIAN_ARMENIAN = "აბგდევზთიკლმნოპჟრსტფქღყშჩცძწჭხჯჰԱԲԳԴԵԶԷԸԹԺԻԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՎՏՐՑՓՔ"
_FONTS = ("DejaVuSans", "DejaVuSans-Bold")


@cache
def _font(name: str) -> ImageFont.FreeTypeFont:
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
    return ImageFont.truetype(str(path), _SIDE)


def _printed(model: str, part: str, rng: np.random.Generator) -> np.ndarray:
    """Return a symbol, or a Georgian or Armenian letter, as it is printed."""
    characters = _SYMBOLS if rng.random() < 0.5 else _GEORGIAN_ARMENIAN
    return on_page(_glyph(str(rng.choice(list(characters))), rng), rng)


def _glyph(character: str, rng: np.random.Generator) -> np.ndarray:
    picture = Image.new("L", (3 * _SIDE, 3 * _SIDE))
    font = _font(str(rng.choice(_FONTS)))
    ImageDraw.Draw(picture).text((_SIDE, _SIDE), character, fill=255, font=font)
    return _cut(np.asarray(picture))


def printed_letter(labels: list[str], rng: np.random.Generator) -> np.ndarray:
    """Return one of a model's own letters, as it is printed."""
    return on_page(_glyph(str(rng.choice(labels)), rng), rng)


KINDS: dict[str, Draw] = {
    "stains and noise": _stain,
    "scribbles": _scribble,
    "two letters, side by side": _beside,
    "two letters, touching": _touching,
    "two letters, one over the other": _over,
    "other scripts": _other_script,
    "marks": _mark,
    "pieces of letters": _piece,
    "printed symbols and letters of other scripts": _printed,
}
# The same pages for all models.
SHARED = (
    "stains and noise",
    "scribbles",
    "marks",
    "printed symbols and letters of other scripts",
)
