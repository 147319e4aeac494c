"""InkNormalizer on pages as people have them: a letter comes out as from a clean page, or none."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from skhcr.datasets import draw_strokes
from skhcr.images import InkNormalizer
from skhcr.images._lines import find_lines

PAPER, INK = 235, 40
SHAPE = 480, 400


def clean(shape=SHAPE, paper=PAPER, ink=INK, letter=True):
    """Return a page with a letter of two curved strokes and a dot."""
    page = Image.new("L", shape[::-1], paper)
    draw = ImageDraw.Draw(page)
    if letter:
        draw.arc((120, 150, 280, 330), 20, 290, fill=ink, width=18)
        draw.line((205, 245, 275, 340), fill=ink, width=18)
        draw.ellipse((188, 96, 214, 122), fill=ink)
    return np.asarray(page.filter(ImageFilter.GaussianBlur(1)))


def drawn(page, draw_shapes):
    image = Image.fromarray(page)
    draw_shapes(ImageDraw.Draw(image))
    return np.asarray(image)


def on_a_table(page, level=70, margins=((60, 40), (30, 90)), angle=0.0, grain=4.0):
    table = np.pad(np.zeros_like(page), margins, constant_values=1) > 0
    noise = np.random.default_rng(0).normal(level, grain, table.shape)
    out = Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))
    sheet = Image.fromarray(page).rotate(angle, Image.Resampling.BICUBIC, expand=True)
    hole = Image.new("L", page.shape[::-1], 255).rotate(angle, expand=True)
    out.paste(sheet, (margins[1][0], margins[0][0]), hole)
    return np.asarray(out)


def shaded(page, mask_of, factor, blur):
    mask = Image.new("L", page.shape[::-1])
    mask_of(ImageDraw.Draw(mask))
    share = np.asarray(mask.filter(ImageFilter.GaussianBlur(blur))) / 255
    return np.rint(page * (1 - (1 - factor) * share)).astype(np.uint8)


def turned_and_cut_off(page, angle=7):
    sheet = Image.fromarray(page).rotate(angle, Image.Resampling.BICUBIC, fillcolor=70)
    return np.asarray(sheet)


def darker_in_the_corners(page, by=0.8):
    y, x = np.mgrid[-1 : 1 : page.shape[0] * 1j, -1 : 1 : page.shape[1] * 1j]
    return np.rint(page * (1 - by * ((x * x + y * y) / 2) ** 1.5)).astype(np.uint8)


def ruled(page, level, gap, width, squared=False):
    lines = [((0, y), (400, y + 4)) for y in range(20, 480, gap)]
    if squared:
        lines += [((x, 0), (x - 5, 480)) for x in range(15, 400, gap)]
    dark = drawn(np.full_like(page, 255), lambda d: [d.line(x, level, width) for x in lines])
    return np.minimum(page, dark)


def boxed(page, box, width):
    return drawn(page, lambda d: d.rectangle(box, outline=60, width=width))


def framed(page, width):
    out = page.copy()
    out[:width] = out[-width:] = 0
    out[:, :width] = out[:, -width:] = 0
    return out


PAGES = {
    "frame of a pixel": lambda page: framed(page, 1),
    "thick frame": lambda page: framed(page, 14),
    "strip of a scanner": lambda page: drawn(page, lambda d: d.rectangle((0, 0, 25, 480), fill=5)),
    "table": on_a_table,
    "light table": lambda page: on_a_table(page, 160),
    "table on one side": lambda page: on_a_table(page, 60, ((0, 150), (0, 0))),
    "turned on a table": lambda page: on_a_table(page, 90, angle=6),
    "turned and cut off": turned_and_cut_off,
    "vignette": darker_in_the_corners,
    "corner of a table": lambda page: drawn(
        page, lambda d: d.polygon([(0, 0), (150, 0), (0, 90)], fill=50)
    ),
    "shadow across": lambda page: shaded(
        page, lambda d: d.polygon([(0, 0), (180, 0), (230, 480), (0, 480)], fill=255), 0.5, 2
    ),
    "shadow beside": lambda page: shaded(
        page, lambda d: d.rectangle((0, 0, 70, 480), fill=255), 0.4, 2
    ),
    "shadow of a phone": lambda page: shaded(
        page, lambda d: d.rounded_rectangle((210, 250, 500, 600), 30, fill=255), 0.5, 3
    ),
    "shadow of fingers": lambda page: shaded(
        page,
        lambda d: [d.line((90 + 80 * i, 230, 150 + 60 * i, 700), 255, 60) for i in range(4)],
        0.55,
        4,
    ),
    "faint shadow": lambda page: shaded(
        page, lambda d: d.rectangle((0, 200, 400, 480), fill=255), 0.8, 3
    ),
    "light ruling": lambda page: ruled(page, 170, 60, 2),
    "dark ruling": lambda page: ruled(page, 80, 75, 2),
    "squares": lambda page: ruled(page, 150, 45, 1, squared=True),
    "dark squares": lambda page: ruled(page, 110, 60, 2, squared=True),
    "margin line": lambda page: drawn(page, lambda d: d.line((60, 0, 66, 480), 130, 3)),
    "box": lambda page: boxed(page, (80, 60, 330, 400), 4),
    "box, cut off": lambda page: boxed(page, (10, -20, 420, 470), 5),
    "underline": lambda page: drawn(page, lambda d: d.line((60, 385, 350, 388), 40, 4)),
    "piece of a neighbor": lambda page: drawn(
        page, lambda d: d.arc((-90, 180, 40, 330), 270, 90, 40, 16)
    ),
    "dust": lambda page: drawn(
        page, lambda d: d.point([(30, 40), (350, 50), (60, 440), (380, 380)], 60)
    ),
    "crumb": lambda page: drawn(page, lambda d: d.ellipse((350, 440, 356, 445), fill=80)),
    "crumbs beside": lambda page: drawn(
        page, lambda d: [d.rectangle((x, 230, x + 11, 236), fill=60) for x in (60, 325)]
    ),
    "dark squares, with a strip": lambda page: drawn(
        ruled(page, 70, 50, 2, squared=True), lambda d: d.rectangle((0, 0, 12, 480), fill=5)
    ),
    "box, in a shadow": lambda page: shaded(
        boxed(page, (80, 60, 330, 400), 4),
        lambda d: d.polygon([(0, 0), (150, 0), (250, 480), (0, 480)], fill=255),
        0.5,
        20,
    ),
}


def lit(page):
    y, x = np.mgrid[: page.shape[0], : page.shape[1]]
    spot = np.exp(-((y - 200) ** 2 + (x - 150) ** 2) / (2 * 60**2))
    return np.rint(page * 0.8 + (255 - page * 0.8) * 0.8 * spot).astype(np.uint8)


# What is on a page without a letter is no letter, either.
BLANK = {
    "small box": lambda page: boxed(page, (130, 150, 270, 310), 5),
    "small box, turned": lambda page: np.asarray(
        Image.fromarray(boxed(page, (130, 150, 270, 310), 5)).rotate(3, fillcolor=PAPER)
    ),
    "reflection": lit,
    "shadow of a finger": lambda page: shaded(
        page, lambda d: d.line((120, -80, 190, 260), 255, 70), 0.55, 3
    ),
    "far turned on a table": lambda page: on_a_table(page, 90, angle=12),
    "rest of a table": lambda page: drawn(
        page, lambda d: d.polygon([(0, 440), (330, 480), (0, 480)], fill=60)
    ),
}


@pytest.mark.parametrize("dark", [True, False], ids=["dark ink", "light ink"])
@pytest.mark.parametrize("kind", PAGES)
def test_a_letter_comes_out_as_from_a_clean_page(kind, dark):
    page = PAGES[kind](clean())
    expected, found = InkNormalizer(32).transform([clean(), page if dark else 255 - page])
    difference = np.abs(expected.astype(int) - found)
    # Turning moves edges, and a shadow lightens strokes; a line that is left moves the letter.
    assert difference.mean() < (20 if "turned" in kind else 7)


@pytest.mark.parametrize(
    "kind",
    ["table", "table on one side", "shadow beside", "light ruling", "squares", "box", *BLANK],
)
def test_pages_without_a_letter_are_blank(kind):
    page = {**PAGES, **BLANK}[kind](clean(letter=False))
    assert InkNormalizer(32, on_blank="ignore").transform([page]).max() == 0


def test_noise_ramps_and_transparency_are_blank():
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 255, 300).astype(np.uint8)
    pages = [
        rng.integers(0, 256, (300, 200)).astype(np.uint8),
        np.clip(rng.normal(128, 40, (300, 200)), 0, 255).astype(np.uint8),
        np.tile(ramp, (200, 1)),
        np.tile(ramp, (200, 1)).T,
        (np.tile(ramp, (300, 1)) // 2 + np.tile(ramp, (300, 1)).T // 2),
        np.zeros((300, 200, 4), np.uint8),
    ]
    assert InkNormalizer(32, on_blank="ignore").transform(pages).max() == 0


def test_dots_stay_with_a_fine_pen():
    page = drawn(
        np.full((600, 500), PAPER, np.uint8),
        lambda d: [
            d.arc((150, 200, 350, 420), 0, 180, INK, 4),
            d.ellipse((240, 250, 249, 259), fill=INK),
        ],
    )
    image = InkNormalizer(64).transform([page])[0, :, :, 0]
    rows = np.flatnonzero(image.max(axis=1) > 60)
    assert (np.diff(rows) > 5).any()  # between the dot and the arc


def thick(pen, blur):
    """Return a letter of thick strokes, paler in places, with much paper around."""
    share = Image.new("L", (700, 700))
    draw = ImageDraw.Draw(share)
    draw.line([(230, 230), (270, 470), (350, 300), (400, 460), (470, 430)], 255, pen, "curve")
    share = np.asarray(share.filter(ImageFilter.GaussianBlur(blur))) / 255
    pressure = np.linspace(1, 0.4, 700)
    return np.rint(PAPER - (PAPER - INK) * share * pressure).astype(np.uint8)


@pytest.mark.parametrize("dark", [True, False], ids=["dark ink", "light ink"])
@pytest.mark.parametrize(("pen", "blur"), [(30, 9), (62, 9), (62, 16), (75, 12)])
def test_thick_letters_that_are_cut_out_closely_stay_whole(dark, pen, blur):
    page = thick(pen, blur)
    rows, columns = (np.flatnonzero((page < 190).any(axis=axis)) for axis in (1, 0))
    cut = page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    pages = [page, cut] if dark else [255 - page, 255 - cut]
    whole, found = InkNormalizer(32).transform(pages).astype(int)
    assert np.abs(whole - found).mean() < 12


def test_faint_strokes_in_noise():
    page = clean(paper=200, ink=140)
    noise = np.random.default_rng(0).normal(0, 15, page.shape)
    noisy = np.clip(page + noise, 0, 255).astype(np.uint8)
    expected, found = InkNormalizer(32).transform([page, noisy]).astype(int)
    assert np.abs(expected - found).mean() < 12


def test_the_rest_of_a_line_at_the_edge_is_not_a_letter():
    page = drawn(clean(letter=False), lambda d: d.line((0, 478, 170, 481), 90, 2))
    assert InkNormalizer(32, on_blank="ignore").transform([page]).max() == 0


@pytest.mark.parametrize("letter", ["T", "k", "4", "l", "H"])
@pytest.mark.parametrize("margin", [6, 30])
def test_long_straight_strokes_are_not_lines(letter, margin):
    strokes = {
        "T": [[(0, 0), (90, 2)], [(44, 0), (46, 100)]],
        "k": [[(0, 0), (2, 100)], [(50, 40), (4, 70), (54, 100)]],
        "4": [[(10, 0), (0, 60), (70, 62)], [(55, 10), (54, 100)]],
        "l": [[(0, 0), (3, 100)]],
        "H": [[(0, 0), (1, 100)], [(60, 1), (61, 99)], [(0, 50), (60, 52)]],
    }
    picture = draw_strokes(strokes[letter], size=128, pen_width=0.03, margin=0)
    near, far = (
        InkNormalizer(32).transform([np.pad(picture, width)]).astype(int) for width in (margin, 100)
    )
    assert np.abs(near - far).max() <= 40


CROPS = {
    "a straight stroke at a side": (
        [(150, 0), (155, 240)],
        [(150, 10), (0, 240)],
        [(70, 130), (150, 132)],
    ),
    "a stem that ends at the edge": ([(0, 0), (70, 110)], [(140, 0), (70, 110), (70, 240)]),
    "a bar along the edge": ([(0, 0), (160, 0), (60, 120), (0, 240)], [(70, 120), (140, 150)]),
    "separate strokes": ([(0, 40), (70, 0), (160, 30)], [(80, 90), (70, 240)]),
    "dots at the edge": ([(0, 60), (90, 80), (20, 240), (160, 200)], [(80, 0), (80, 2)]),
}


@pytest.mark.parametrize("dark", [True, False], ids=["dark ink", "light ink"])
@pytest.mark.parametrize("pen", [5, 14])
@pytest.mark.parametrize("letter", CROPS)
def test_a_letter_stays_whole_where_the_image_is_cropped_to_it(letter, pen, dark):
    page = Image.new("L", (300, 400), PAPER)
    draw = ImageDraw.Draw(page)
    for stroke in CROPS[letter]:
        places = [(70 + x, 80 + y) for x, y in stroke]
        draw.line(places, INK, pen)
        for x, y in places:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), INK)
    page = np.asarray(page) if dark else 255 - np.asarray(page)
    rows, columns = (np.flatnonzero((page != page[0, 0]).any(axis=axis)) for axis in (1, 0))
    crop = page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    expected, found = InkNormalizer(32).transform([page, crop])
    assert np.abs(expected.astype(int) - found).mean() < 1


# A thick stroke, and the places and radius of round parts.
PARTS = {
    "a part within the body": ([(150, 0), (160, 170), (0, 190), (0, 110)], [(75, 60)], 38),
    "dots above": ([(0, 70), (20, 160), (150, 160), (170, 70)], [(60, 0), (110, 5)], 24),
    "a dot below": ([(0, 20), (80, 110), (160, 90), (170, 0)], [(70, 190)], 38),
}


@pytest.mark.parametrize("dark", [True, False], ids=["dark ink", "light ink"])
@pytest.mark.parametrize("pen", [26, 36])
@pytest.mark.parametrize("letter", PARTS)
def test_letters_with_pale_ends_and_parts_stay_whole_in_close_crops(letter, pen, dark):
    stroke, places, radius = PARTS[letter]
    page = Image.new("L", (330, 340), PAPER)
    draw = ImageDraw.Draw(page)
    draw.line([(80 + x, 80 + y) for x, y in stroke], INK, pen, "curve")
    for x, y in places:
        draw.ellipse((80 + x - radius, 80 + y - radius, 80 + x + radius, 80 + y + radius), INK)
    page = np.asarray(page.filter(ImageFilter.GaussianBlur(4)))
    rows, columns = (np.flatnonzero((page < PAPER).any(axis=axis)) for axis in (1, 0))
    crop = page[rows[0] : rows[-1] + 1, columns[0] + 10 : columns[-1] - 9]
    pages = [page, crop] if dark else [255 - page, 255 - crop]
    expected, found = InkNormalizer(32).transform(pages).astype(int)
    assert np.abs(expected - found).mean() < 8


def test_shadows_of_fingers_are_not_ink():
    def fingers(draw):
        for x in (130, 215):
            draw.line((x, 240, x + 40, 490), 255, 52)

    pages = [clean(), shaded(clean(), fingers, 0.6, 1)]
    expected, found = InkNormalizer(32).transform(pages).astype(int)
    assert np.abs(expected - found).mean() < 12


def punched(place):
    x, y = place
    return drawn(clean(), lambda d: d.ellipse((x - 22, y - 22, x + 22, y + 22), 50))


@pytest.mark.parametrize("place", [(60, 140), (75, 250), (345, 200), (50, 400)])
def test_a_hole_beside_the_letter_is_not_a_dot(place):
    expected, found = InkNormalizer(32).transform([clean(), punched(place)])
    np.testing.assert_array_equal(expected, found)


def test_a_disc_above_the_letter_is_a_dot():
    expected, found = InkNormalizer(32).transform([clean(), punched((190, 90))]).astype(int)
    assert np.abs(expected - found).max() > 100


def test_a_pale_broad_letter_that_meets_the_edge_is_not_a_shadow():
    page = Image.new("L", (240, 240), 200)
    ImageDraw.Draw(page).line(
        [(60, 190), (80, 60), (120, 180), (160, 60), (200, 180), (240, 170)], 130, 22
    )

    normalizer = InkNormalizer(32).fit()

    assert normalizer.transform([np.asarray(page)]).max() > 0


def test_an_underline_is_a_line_but_the_base_of_a_letter_is_not():
    page = Image.new("L", (300, 400), 235)
    draw = ImageDraw.Draw(page)
    draw.line([(65, 170), (65, 200), (230, 200), (230, 170)], fill=30, width=5)
    draw.ellipse([140, 160, 150, 170], fill=30)
    letter = InkNormalizer(32).transform([np.asarray(page)])[0, :, :, 0]
    assert (letter.max(axis=0)[6:-6] > 200).all()

    draw.rectangle([60, 100, 240, 215], fill=235)
    draw.line([(145, 130), (145, 185)], fill=30, width=7)
    plain = InkNormalizer(32).transform([np.asarray(page)])
    draw.line([(65, 200), (230, 200)], fill=30, width=5)
    underlined = InkNormalizer(32).transform([np.asarray(page)])
    assert np.abs(plain.astype(int) - underlined).max() < 20


def test_lines_of_equal_length_have_an_order():
    mask = np.zeros((300, 200), bool)
    mask[10:290:20] = True

    heights = [line.height for line in find_lines(mask)]

    np.testing.assert_allclose(heights, np.arange(270, 0, -20), atol=0.1)


def test_a_narrow_strip_has_no_lines():
    # A slope is not determined by three columns.
    ink = np.random.default_rng(0).random((50, 320, 3)) < 0.02
    assert [find_lines(mask) for mask in ink] == [[]] * 50
