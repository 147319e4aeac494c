"""InkNormalizer: polarity, box, specks, center, and pages without ink."""

import copy
import io
import pickle

import joblib
import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from skhcr.images import ImageLoader, ImageLoadError, ImageLoadWarning, InkNormalizer
from skhcr.images._crop import crop_to_ink
from skhcr.images._ink_version import VERSION, LaterVersionError


def page_with(*boxes, shape=(300, 200), paper=255, ink=0):
    page = np.full(shape, paper, dtype=np.uint8)
    for top, bottom, left, right in boxes:
        page[top:bottom, left:right] = ink
    return page


def box_of(image):
    """Return (top, bottom, left, right) of what is not black."""
    rows, columns = np.nonzero(image.squeeze())
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def ring(shape=(60, 60)):
    y, x = np.indices(shape)
    radius = np.hypot(y - 30, x - 26)
    return (255 * ((radius > 12) & (radius < 18))).astype(np.uint8)


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (200, 90), (60, 130)])
def test_light_on_dark_at_full_strength(paper, ink):
    page = page_with((100, 160, 20, 50), paper=paper, ink=ink)
    image = InkNormalizer(32).transform([page])
    assert image.shape == (1, 32, 32, 1)
    assert image.dtype == np.uint8
    # 60 x 30 pixels become 24 x 12, in the middle of 32 x 32.
    assert box_of(image) == (4, 28, 10, 22)
    assert (image[0, 4:28, 10:22] == 255).all()


def test_both_polarities_give_the_same():
    light = ring()
    both = InkNormalizer(28).transform([light, 255 - light])
    np.testing.assert_array_equal(both[0], both[1])
    assert both[0].max() == 255


def test_polarity_can_be_set():
    page = page_with((100, 200, 60, 140), paper=0, ink=255)
    assert (
        InkNormalizer(8, polarity="dark-on-light", on_blank="ignore").transform([page]).max() == 0
    )
    told = InkNormalizer(8, polarity="light-on-dark", margin=0).transform([page])
    np.testing.assert_array_equal(told, InkNormalizer(8, margin=0).transform([page]))


def test_place_and_scale_of_the_ink_do_not_matter():
    small = page_with((20, 40, 10, 20))
    large = page_with((100, 260, 60, 140))
    images = InkNormalizer(16).transform([small, large])
    np.testing.assert_array_equal(images[0], images[1])


@pytest.mark.parametrize(
    ("size", "margin", "expected"),
    [
        (28, 0.125, (4, 24, 4, 24)),
        (32, 0.125, (4, 28, 4, 28)),
        (20, 0, (0, 20, 0, 20)),
        (20, 0.25, (5, 15, 5, 15)),
        ((20, 40), 0.1, (2, 18, 12, 28)),
    ],
)
def test_margin(size, margin, expected):
    page = page_with((50, 150, 50, 150))
    assert box_of(InkNormalizer(size, margin=margin).transform([page])) == expected


def test_center_of_mass():
    # An L of two strokes: the center of mass lies lower left of the box's middle.
    page = page_with((50, 150, 50, 60), (140, 150, 50, 100))
    boxed = InkNormalizer(28).transform([page])[0, :, :, 0].astype(float)
    massed = InkNormalizer(28, center="mass").transform([page])[0, :, :, 0].astype(float)
    y, x = np.indices(boxed.shape)
    center = [(massed * axis).sum() / massed.sum() for axis in (y, x)]
    np.testing.assert_allclose(center, [14, 14], atol=0.5)
    off = [(boxed * axis).sum() / boxed.sum() for axis in (y, x)]
    assert off[0] > 16
    assert off[1] < 13
    assert massed.sum() == boxed.sum()


def test_center_of_mass_pushes_no_ink_out():
    page = page_with((10, 290, 50, 60), (280, 290, 50, 100))
    image = InkNormalizer(16, margin=0, center="mass").transform([page])
    assert box_of(image)[:2] == (0, 16)


def test_dots_stay_and_specks_do_not_count():
    stroke, dot = (150, 170, 40, 160), (120, 130, 95, 105)  # dot: 100 of 2400 pixels
    clean = page_with(stroke, dot)
    dirty = clean.copy()
    for y, x in ((5, 5), (280, 190), (20, 170)):
        dirty[y : y + 3, x : x + 3] = 0
    dirty[295:300, 0:10] = 0  # cut off at the edge: 50 of 2400 pixels
    images = InkNormalizer(32).transform([clean, dirty])
    np.testing.assert_array_equal(images[0], images[1])
    # 50 x 120 pixels from the dot's top to the stroke's bottom become 10 x 24.
    assert box_of(images[0]) == (11, 21, 4, 28)


@pytest.mark.parametrize("sigma", [2, 6])
@pytest.mark.parametrize("dark", [True, False])
def test_paper_noise(sigma, dark):
    rng = np.random.default_rng(0)
    page = page_with((400, 440, 500, 530), shape=(900, 1200), paper=225, ink=60).astype(float)
    page += rng.normal(0, sigma, page.shape)
    page = np.clip(page if dark else 255 - page, 0, 255).astype(np.uint8)
    image = InkNormalizer(32).transform([page])[0, :, :, 0]
    assert (image[5:27, 8:24] > 220).all()
    assert image[:3].max() == image[-3:].max() == image[:, :5].max() == 0


@pytest.mark.parametrize("level", [0, 127, 255])
@pytest.mark.parametrize("sigma", [0, 1, 8])
@pytest.mark.parametrize("polarity", ["auto", "dark-on-light", "light-on-dark"])
def test_blank_stays_blank(level, sigma, polarity):
    noise = np.random.default_rng(0).normal(0, sigma, (300, 400))
    page = np.clip(level + noise, 0, 255).astype(np.uint8)
    assert InkNormalizer(32, polarity=polarity, on_blank="ignore").transform([page]).max() == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 2), (3, 1)])
@pytest.mark.parametrize("center", ["box", "mass"])
def test_tiny_images(shape, center):
    page = np.zeros(shape, np.uint8)
    normalizer = InkNormalizer(8, center=center, on_blank="ignore")
    assert normalizer.transform([page]).max() == 0
    page[0, -1] = 255
    assert normalizer.transform([page]).shape == (1, 8, 8, 1)
    assert normalizer.set_params(size=1).transform([page]).shape == (1, 1, 1, 1)


def test_crop_comes_before_reduction():
    page = page_with((400, 430, 500, 520), shape=(900, 1200))
    straight = InkNormalizer(32).transform([page])
    in_pipeline = InkNormalizer(32).transform(ImageLoader(size=None).transform([page]))
    np.testing.assert_array_equal(straight, in_pipeline)
    assert box_of(straight) == (4, 28, 8, 24)


def test_all_kinds_of_input_agree(tmp_path):
    page = page_with((100, 160, 20, 50))
    path = tmp_path / "page.png"
    Image.fromarray(page).save(path)
    rgba = np.zeros((*page.shape, 4), np.uint8)
    rgba[..., 3] = 255 - page  # black ink, elsewhere transparent
    expected = InkNormalizer(32).transform([page])[0]
    sources = [str(path), path, path.read_bytes(), io.BytesIO(path.read_bytes())]
    sources += [Image.fromarray(page), page[:, :, None], np.repeat(page[:, :, None], 3, 2)]
    sources += [page / 255, page.astype(np.uint16) * 257, page > 0, rgba]
    for image in InkNormalizer(32).transform(sources):
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize(
    ("paper", "ink"),
    [((235, 235, 235), (250, 240, 60)), ((60, 90, 200), (230, 40, 40)), ((0, 0, 0), (90, 0, 0))],
    ids=["yellow on white", "red on blue, of the same gray", "dark red on black"],
)
def test_ink_of_any_color(paper, ink):
    is_ink = page_with((100, 160, 20, 50)) == 0
    page = np.where(is_ink[..., np.newaxis], ink, paper).astype(np.uint8)
    expected = InkNormalizer(32).transform([np.where(is_ink, np.uint8(0), np.uint8(255))])
    np.testing.assert_array_equal(InkNormalizer(32).transform([page]), expected)


def test_colors_that_help_little_do_not_count():
    rng = np.random.default_rng(0)
    gray = page_with((100, 160, 20, 50), paper=220, ink=40).astype(int)
    tinted = np.clip(gray[..., np.newaxis] + rng.integers(-8, 9, (300, 200, 3)), 0, 255)
    page = Image.fromarray(tinted.astype(np.uint8))
    np.testing.assert_array_equal(
        InkNormalizer(32).transform([page]), InkNormalizer(32).transform([page.convert("L")])
    )


def lit(page, darkest, where="right"):
    """Return a page beside a lamp, or below one: its lower right or its corners are darker."""
    x, y = np.linspace(0, 1, page.shape[1]), np.linspace(0, 1, page.shape[0])[:, np.newaxis]
    shade = 0.7 * x + 0.3 * y if where == "right" else 2 * (x - 0.5) ** 2 + 2 * (y - 0.5) ** 2
    return np.rint(page * (1 - (1 - darkest) * shade)).astype(np.uint8)


@pytest.mark.parametrize("where", ["right", "corners"])
@pytest.mark.parametrize("darkest", [0.65, 0.4])
@pytest.mark.parametrize(("paper", "ink"), [(235, 60), (120, 250)], ids=["dark ink", "light ink"])
def test_uneven_light(paper, ink, darkest, where):
    letter = [(100, 160, 40, 50), (100, 110, 40, 90), (150, 160, 40, 90)]
    page = page_with(*letter, paper=paper, ink=ink)
    rng = np.random.default_rng(0)
    noisy = np.clip(page + rng.normal(scale=2, size=page.shape), 0, 255)
    even, uneven = InkNormalizer(32).transform([page, lit(noisy, darkest, where)]).astype(int)
    assert box_of(even) == (4, 28, 6, 26)
    assert np.abs(even - uneven).max() < (40 if paper > ink else 70)


def test_strokes_that_leave_the_page_do_not_hide_how_it_is_lit():
    page = page_with((100, 160, 40, 50), (100, 110, 40, 200), paper=235, ink=60)
    even, uneven = InkNormalizer(32).transform([page, lit(page, 0.5)]).astype(int)
    assert np.abs(even - uneven).max() < 40


def test_letters_that_fill_their_image_are_not_mistaken_for_light():
    cut = ring()[12:49, 8:45]
    images = InkNormalizer(32).transform([cut, 255 - cut, ring()])
    assert np.abs(images[0].astype(int) - images[1]).max() < 20
    assert np.abs(images[0].astype(int) - images[2]).max() < 40


def test_native_sizes():
    pages = [page_with((5, 15, 5, 15), shape=(40, 30)), page_with((5, 15, 5, 15), shape=(24, 60))]
    images = InkNormalizer().transform(pages)
    assert images.dtype == object
    assert [image.shape for image in images] == [(40, 30, 1), (24, 60, 1)]
    # 30 - 2 * 4 and 24 - 2 * 3 pixels remain within the margins.
    assert box_of(images[0]) == (9, 31, 4, 26)
    assert box_of(images[1]) == (3, 21, 21, 39)
    assert InkNormalizer().transform(np.stack([pages[0]] * 2)).shape == (2, 40, 30, 1)


def test_crop_to_ink_keeps_gray_levels_relative_to_the_paper():
    page = np.full((6, 6), 250, np.uint8)
    page[2:4, 1:4] = [[50, 100, 50], [0, 50, 100]]
    ink, _ = crop_to_ink(page)
    assert ink.tolist() == [[204, 153, 204], [255, 204, 153]]
    assert crop_to_ink(np.full((6, 6), 250, np.uint8)) is None


def test_errors_and_blanks():
    page = page_with((100, 160, 20, 50))
    with pytest.raises(ImageLoadError, match=r"1 of 2 images.*\n.*\[1\] 'none.png': No such file"):
        InkNormalizer(8).transform([page, "none.png"])
    normalizer = InkNormalizer(8, on_error="blank")
    with pytest.warns(ImageLoadWarning):
        images = normalizer.transform([page, "none.png"])
    assert images[1].max() == 0
    assert normalizer.failed_.tolist() == [1]


def test_earlier_files_warn_until_they_are_saved_again():
    state = InkNormalizer(8, margin=0.2).__getstate__()
    assert state.pop("_ink_version") == VERSION
    old = InkNormalizer()
    with pytest.warns(
        UserWarning, match="finds ink differently .* save or export it again"
    ) as told:
        old.__setstate__(state)
    assert len(told) == 1
    assert told[0].filename == __file__
    again = pickle.loads(pickle.dumps(old))  # warnings are errors here
    assert vars(again) == vars(InkNormalizer(8, margin=0.2))


def test_a_later_version_is_an_error():
    state = InkNormalizer().__getstate__() | {"_ink_version": VERSION + 1}
    with pytest.raises(LaterVersionError, match=r"later version of skhcr .* Update skhcr"):
        InkNormalizer().__setstate__(state)


def test_copies_do_not_warn_and_the_version_is_not_a_parameter(tmp_path):
    normalizer = InkNormalizer((8, 9), cache_folder=tmp_path)
    (path,) = joblib.dump(normalizer, tmp_path / "normalizer.joblib")
    for one in clone(normalizer), copy.deepcopy(normalizer), joblib.load(path):
        assert one.get_params() == normalizer.get_params()
        assert vars(one) == vars(normalizer)
