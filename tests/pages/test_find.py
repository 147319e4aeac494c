"""Characters of drawn pages: where they stand, in which order, and what is none."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from skhcr.images import ImageLoadError
from skhcr.pages import find_characters

PAPER, INK, PEN = 235, 40, 6
SIZE = 40  # of a character


def new_page(width=600, height=300):
    page = Image.new("L", (width, height), PAPER)
    return page, ImageDraw.Draw(page)


def ring(pen, left, top, size=SIZE):
    pen.ellipse((left, top, left + size, top + size), outline=INK, width=PEN)
    return left, top, left + size + 1, top + size + 1


def stroke(pen, left, top):
    pen.rectangle((left, top, left + PEN, top + SIZE), fill=INK)
    return left, top, left + PEN + 1, top + SIZE + 1


def row(pen, top, left=40, n=8, pitch=60, slope=0.0):
    """Draw rings and strokes in turn; return their boxes."""
    shapes = [(ring, stroke)[i % 2] for i in range(n)]
    return [
        shape(pen, left + pitch * i, round(top + slope * pitch * i))
        for i, shape in enumerate(shapes)
    ]


def boxes_of(page, *arguments, **options):
    return [character.box for character in find_characters(page, *arguments, **options)]


def assert_near(found, wanted, tolerance=2):
    assert len(found) == len(wanted)
    assert np.abs(np.array(found) - np.array(wanted)).max() <= tolerance


def shaded(page):
    pixels = np.asarray(page).astype(float)
    pixels[:, :330] *= 0.6
    return pixels.astype(np.uint8)


def shaded_within(page):
    pixels = np.asarray(page).astype(float)
    pixels[70:270, 200:430] *= 0.6
    return pixels.astype(np.uint8)


def lit_in_a_band(page):
    pixels = np.asarray(page).astype(float)
    pixels[:170] *= 0.5
    pixels[260:] *= 0.5
    return pixels.astype(np.uint8)


def on_a_table(page):
    table = np.random.default_rng(0).normal(70, 4, (480, 800)).clip(0, 255).astype(np.uint8)
    table[90:390, 100:700] = np.asarray(page)
    return table


def ruled(page):
    pen = ImageDraw.Draw(page)
    for y in range(30, 300, 55):
        pen.line((0, y, 600, y + 3), fill=150, width=2)
    pen.line((18, 0, 16, 300), fill=130, width=3)
    return page


def test_rows_are_read_from_the_top_and_from_the_left():
    page, pen = new_page()
    wanted = row(pen, 40) + row(pen, 180)
    found = find_characters(page)
    assert_near([one.box for one in found], wanted)
    assert [one.line for one in found] == [0] * 8 + [1] * 8


def test_lines_may_be_read_from_the_right():
    page, pen = new_page()
    wanted = row(pen, 40)[::-1] + row(pen, 180)[::-1]
    assert_near(boxes_of(page, "rtl"), wanted)


@pytest.mark.parametrize("slope", [-0.12, 0.12])
def test_lines_that_slope_are_followed(slope):
    page, pen = new_page(height=400)
    top = 40 if slope > 0 else 110
    wanted = row(pen, top, slope=slope) + row(pen, top + 80, slope=slope)
    wanted += row(pen, top + 160, slope=slope)
    found = find_characters(page)
    assert_near([one.box for one in found], wanted)
    assert [one.line for one in found] == [0] * 8 + [1] * 8 + [2] * 8


def test_a_wide_gap_begins_a_word():
    page, pen = new_page()
    row(pen, 40, n=4, pitch=50)
    row(pen, 40, left=320, n=3, pitch=50)
    row(pen, 180, n=5, pitch=50)
    found = find_characters(page)
    assert [(one.line, one.word) for one in found] == [(0, 0)] * 4 + [(0, 1)] * 3 + [(1, 0)] * 5


def test_dots_and_broken_strokes_belong_to_their_letter():
    page, pen = new_page()
    row(pen, 60, n=3)
    pen.ellipse((160, 44, 168, 52), fill=INK)  # over the ring in the third place
    pen.ellipse((178, 44, 186, 52), fill=INK)
    pen.ellipse((100, 112, 108, 120), fill=INK)  # under the stroke
    pen.rectangle((240, 60, 280, 66), fill=INK)  # two bars
    pen.rectangle((240, 80, 280, 86), fill=INK)
    stroke(pen, 320, 60)
    pen.rectangle((320, 70, 330, 73), fill=PAPER)  # a gap in it
    found = boxes_of(page)
    wanted = [(40, 60, 81, 101), (100, 60, 109, 121), (160, 44, 201, 101)]
    assert_near(found, [*wanted, (240, 60, 281, 87), (320, 60, 327, 101)])


def test_a_mark_beside_the_end_of_an_upright_stroke_belongs_to_it():
    page, pen = new_page()
    row(pen, 60)
    stroke(pen, 540, 60)
    pen.rectangle((524, 34, 538, 56), fill=INK)
    assert (524, 34, 547, 101) in boxes_of(page)


def test_a_comma_stands_by_itself_and_stays_small_in_its_image():
    page, pen = new_page()
    row(pen, 60, n=2, pitch=90)
    pen.rectangle((100, 92, 107, 105), fill=INK)
    found = find_characters(page)
    assert_near([one.box for one in found][1:2], [(100, 92, 108, 106)])
    heights = [(one.image < 128).any(axis=1).sum() / len(one.image) for one in found]
    assert heights[1] == pytest.approx(heights[0] * 14 / 41, rel=0.15)


def test_an_image_shows_its_character_only_on_white():
    page, pen = new_page()
    ring(pen, 40, 40, 60)
    pen.rectangle((66, 62, 74, 78), fill=INK)  # within the ring: a part of it
    stroke(pen, 103, 60)
    found = find_characters(page)
    assert len(found) == 2
    image = found[1].image
    assert image.shape[0] == image.shape[1]
    assert image[0].min() == image[:, 0].min() == 255
    columns = np.flatnonzero((image < 128).any(axis=0))
    assert columns[-1] - columns[0] == PEN


@pytest.mark.parametrize("invert", [False, True])
def test_many_small_characters_on_a_large_page(invert):
    page, pen = new_page(1080, 1500)
    drawn = [ring(pen, 40 + 60 * i, 40 + 60 * line) for line in range(24) for i in range(17)]
    assert_near(boxes_of(255 - np.asarray(page) if invert else page), drawn)


@pytest.mark.parametrize("width", [3, 8, 14])
def test_few_large_letters_on_a_small_page(width):
    page, pen = new_page(200, 150)
    pen.line([(60, 40), (110, 40), (80, 110)], fill=INK, width=width)
    pen.ellipse((125, 45, 165, 110), outline=INK, width=width)
    for polarity in (page, 255 - np.asarray(page)):
        seven, ring = find_characters(polarity)
        assert_near([seven.box], [(60, 40 - width // 2, 112, 111)], tolerance=6)
        assert_near([ring.box], [(125, 45, 166, 111)])


@pytest.mark.parametrize("width", [9, 12, 16])
@pytest.mark.parametrize("n", [1, 2])
def test_paper_between_one_or_two_broad_letters_is_not_ink(n, width):
    page, pen = new_page(200, 150)
    boxes = [(64, 30, 122, 120)] if n == 1 else [(28, 30, 86, 120), (109, 30, 167, 120)]
    for box in boxes:
        pen.ellipse(box, outline=INK, width=width)
    wanted = [(left, top, right + 1, bottom + 1) for left, top, right, bottom in boxes]
    for polarity in (page, 255 - np.asarray(page)):
        assert_near(boxes_of(polarity), wanted)


@pytest.mark.parametrize(
    "happens",
    [
        shaded,
        shaded_within,
        lit_in_a_band,
        ruled,
        on_a_table,
        lambda page: 255 - np.array(page),
    ],
)
def test_objects_on_and_around_the_paper_are_not_characters(happens):
    page, pen = new_page()
    wanted = np.array(row(pen, 40) + row(pen, 180))
    if happens is on_a_table:
        wanted += [100, 90, 100, 90]
    assert_near(boxes_of(happens(page)), wanted.tolist(), tolerance=4)


def test_aligned_strokes_are_not_ruling():
    page, pen = new_page(600, 80)
    for left in range(40, 560, 70):
        pen.line((left, 20, left + 40, 20), fill=INK, width=PEN)
        pen.line((left + 40, 20, left + 15, 60), fill=INK, width=PEN)
    stroke(pen, 10, 20)  # half as high as the image
    assert len(boxes_of(page)) == 9


@pytest.mark.parametrize("n", [5, 40])
@pytest.mark.parametrize("margin", [3, 10, 30])
def test_characters_may_be_as_high_as_a_strip(margin, n):
    strip, pen = new_page(60 * n + 40, SIZE + 2 * margin)
    wanted = row(pen, margin, n=n)
    assert_near(boxes_of(strip), wanted)
    column = strip.transpose(Image.Transpose.ROTATE_270)
    assert len(boxes_of(column)) == n


@pytest.mark.parametrize("n", [8, 40, 80])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_line_through_all_characters_of_a_strip_is_removed(share, n):
    strip, pen = new_page(60 * n + 40, SIZE + 30)
    wanted = row(pen, 15, n=n)
    y = 15 + round(share * SIZE)
    pen.line((0, y, strip.width, y), fill=INK, width=2)
    assert_near(boxes_of(strip), wanted, tolerance=3)


def test_a_curve_that_joins_all_characters_gives_a_warning():
    page, pen = new_page()
    row(pen, 60)
    pen.line([(20 + 60 * i, 60 + 40 * (i % 2)) for i in range(10)], fill=INK, width=3)
    with pytest.warns(UserWarning, match="piece of ink spans 9[0-9]% of the page") as told:
        assert find_characters(page) == []
    assert told[0].filename == __file__


@pytest.mark.parametrize("noise", [0, 6])
def test_an_empty_page_has_no_characters(noise):
    pixels = np.random.default_rng(0).normal(PAPER, noise, (200, 300)).clip(0, 255)
    assert find_characters(pixels.astype(np.uint8)) == []


def test_photographs_are_turned_upright_first():
    page, pen = new_page()
    wanted = row(pen, 40)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    turned = page.transpose(Image.Transpose.ROTATE_90)
    turned.info["exif"] = exif.tobytes()
    turned.getexif().update(exif)
    assert_near(boxes_of(turned), wanted)


# ------------------------------------------------------------------ forms


def form(page_pen, n=6, left=40, top=50, side=50, between=0):
    """Draw a row of boxes; return their corners."""
    corners = [(left + i * (side + between), top) for i in range(n)]
    for x, y in corners:
        page_pen.rectangle((x, y, x + side, y + side), outline=60, width=3)
    return corners


@pytest.mark.parametrize("between", [0, 14])
def test_boxes_of_a_form_are_read_one_by_one(between):
    page, pen = new_page()
    first, second = form(pen, between=between), form(pen, top=180, between=between)
    for x, y in (*first[:3], second[1]):
        ring(pen, x + 12, y + 12, 26)
    found = find_characters(page)
    wanted = [(x + 12, y + 12, x + 39, y + 39) for x, y in (*first[:3], second[1])]
    assert_near([one.box for one in found], wanted)
    assert [one.line for one in found] == [0, 0, 0, 1]
    assert {one.word for one in found} == {0}
    x, y = second[1]
    assert_near([found[3].cell], [(x + 3, y + 3, x + 48, y + 48)])


def large_form():
    """Draw a page of rows of boxes, with a ring in the first three of each; return it and these."""
    page, pen = new_page(800, 1000)
    wanted = []
    for top in range(60, 940, 110):
        corners = form(pen, n=12, left=76, top=top, side=46)
        for x, y in corners[:3]:
            wanted.append(ring(pen, x + 10, y + 10, 26))
    return page, wanted


def beside_a_dark_strip(page):
    pixels = np.array(page)
    pixels[:20] = pixels[:, :20] = 15
    return pixels


def in_fading_light(page):
    light = 1 - 0.45 * np.linspace(1, 0, 1000)[:, np.newaxis]
    return (np.asarray(page) * light).astype(np.uint8)


def in_half_a_shadow(page):
    pixels = np.asarray(page).astype(float)
    pixels[:, :420] *= 0.5
    return pixels.astype(np.uint8)


def with_lines_through_boxes(page):
    pen = ImageDraw.Draw(page)
    for y in range(28, 1000, 57):  # some run along the sides of boxes
        pen.line((0, y, 800, y + 4), fill=150, width=2)
    return page


@pytest.mark.parametrize(
    "happens", [beside_a_dark_strip, in_fading_light, in_half_a_shadow, with_lines_through_boxes]
)
def test_forms_are_read_in_bad_light_and_on_ruled_paper(happens):
    page, wanted = large_form()
    assert_near(boxes_of(happens(page)), wanted, tolerance=4)


def test_a_crumb_leaves_its_box_empty():
    page, pen = new_page()
    first = form(pen)
    form(pen, top=180)
    wanted = [ring(pen, x + 12, y + 12, 26) for x, y in first[:2]]
    x, y = first[3]
    pen.rectangle((x + 20, y + 20, x + 24, y + 24), fill=INK)
    assert_near(boxes_of(page), wanted)


def test_letters_paler_than_a_frame_around_them_are_found():
    page, pen = new_page()
    wanted = row(pen, 60) + row(pen, 200)
    pixels = np.where(np.asarray(page) == INK, 170, PAPER).astype(np.uint8)
    pixels[20:280, 24:576][[0, 1, 2, 3, -1, -2, -3, -4]] = 10
    pixels[20:280, 24:576][:, [0, 1, 2, 3, -1, -2, -3, -4]] = 10
    assert_near(boxes_of(pixels), wanted)


def test_a_stroke_that_runs_over_its_box_stays_in_it():
    page, pen = new_page()
    (_, (x, y), *_) = form(pen)
    pen.line((x + 20, y + 12, x + 20, y + 40), fill=INK, width=PEN)
    pen.line((x + 20, y + 25, x + 58, y + 25), fill=INK, width=PEN)  # into the next box
    assert len(boxes_of(page)) == 1


def test_characters_outside_of_boxes_are_read_without_a_form():
    page, pen = new_page()
    form(pen, n=4)
    row(pen, 180)
    assert boxes_of(page) == []
    assert len(boxes_of(page, boxes=False)) >= 8


def test_square_letters_are_not_boxes():
    page, pen = new_page()
    wanted = row(pen, 60, n=6)
    for left in (420, 480):
        pen.rectangle((left, 60, left + 40, 100), outline=INK, width=PEN)
        wanted.append((left, 60, left + 41, 101))
    assert_near(boxes_of(page), wanted)
    one, pen = new_page()
    form(pen, n=1)
    ring(pen, 52, 62, 26)
    assert_near(boxes_of(one, boxes=True), [(52, 62, 79, 89)])


def test_squared_paper_is_not_a_form():
    page, pen = new_page()
    for x in range(0, 600, 24):
        pen.line((x, 0, x, 300), fill=110, width=1)
    for y in range(0, 300, 24):
        pen.line((0, y, 600, y), fill=110, width=1)
    wanted = row(pen, 100)
    assert_near(boxes_of(page), wanted, tolerance=4)


# ------------------------------------------------------------------ refusals


def test_unreadable_pages_and_wrong_parameters_are_refused_in_sentences(tmp_path):
    (tmp_path / "page.png").write_bytes(b"no image")
    with pytest.raises(ImageLoadError, match=r"page\.png"):
        find_characters(tmp_path / "page.png")
    page, _ = new_page()
    with pytest.raises(ValueError, match="direction must be 'ltr' or 'rtl', got 'up'"):
        find_characters(page, "up")
    with pytest.raises(ValueError, match="margin must be at least 0 and less than"):
        find_characters(page, margin=0.5)
