"""Images in which InkNormalizer finds no ink: named, counted, and told from unreadable ones."""

import io
import pickle

import numpy as np
import pytest
from PIL import Image

from skhcr.images import (
    BlankImageError,
    BlankImageWarning,
    ImageLoadError,
    ImageLoadWarning,
    InkNormalizer,
)

PAPER = np.full((60, 40), 255, np.uint8)
LETTER = PAPER.copy()
LETTER[20:40, 10:14] = LETTER[36:40, 10:30] = 0


@pytest.mark.parametrize("size", [8, None])
def test_blank_pages_are_named_and_counted(size, tmp_path):
    path = tmp_path / "empty.png"
    Image.fromarray(PAPER).save(path)
    normalizer = InkNormalizer(size)
    with pytest.warns(BlankImageWarning) as record:
        normalizer.transform([LETTER, path, PAPER])
    assert normalizer.blank_.tolist() == [1, 2]
    (warned,) = record
    assert str(warned.message).splitlines()[:3] == [
        "2 of 3 images without ink:",
        f"  [1] {str(path)!r}: no ink was found",
        "  [2] array of shape (60, 40), dtype uint8: no ink was found",
    ]
    assert warned.filename == __file__
    normalizer.transform([LETTER])
    assert normalizer.blank_.tolist() == []


def test_ten_blank_pages_are_named_and_the_others_counted():
    with pytest.warns(BlankImageWarning, match=r"\[9\] array.*\n  and 2 more\n"):
        InkNormalizer(8).transform([PAPER] * 12)


def test_blank_pages_can_be_refused():
    normalizer = InkNormalizer(8, on_blank="raise")
    with pytest.raises(
        BlankImageError, match=r"1 of 2 images without ink:\n  \[1\] array"
    ) as raised:
        normalizer.transform([LETTER, PAPER])
    assert isinstance(raised.value, ImageLoadError)
    assert [failure.index for failure in raised.value.failures] == [1]
    assert normalizer.blank_.tolist() == [1]
    again = pickle.loads(pickle.dumps(raised.value))
    assert (type(again), str(again)) == (BlankImageError, str(raised.value))


@pytest.mark.parametrize("size", [8, None])
def test_unreadable_images_are_not_blank(size):
    normalizer = InkNormalizer(size, on_error="blank", on_blank="ignore")
    with pytest.warns(ImageLoadWarning):
        normalizer.transform([b"no image", LETTER, PAPER])
    assert normalizer.failed_.tolist() == [0]
    assert normalizer.blank_.tolist() == [2]


def test_blank_pages_are_known_from_the_cache_whatever_is_to_be_done_about_them(
    tmp_path, monkeypatch
):
    files = [tmp_path / "letter.png", tmp_path / "empty.png"]
    for file, page in zip(files, (LETTER, PAPER), strict=True):
        Image.fromarray(page).save(file)
    InkNormalizer(8, cache_folder=tmp_path, on_blank="ignore").transform(files)
    monkeypatch.setattr(InkNormalizer, "_read", pytest.fail)
    with pytest.raises(BlankImageError):
        InkNormalizer(8, cache_folder=tmp_path, on_blank="raise").transform(files)
    again = InkNormalizer(8, cache_folder=tmp_path)
    with pytest.warns(BlankImageWarning):
        again.transform(files)
    assert again.blank_.tolist() == [1]


def test_the_first_page_of_a_file_is_the_one_that_is_read():
    file = io.BytesIO()
    Image.fromarray(PAPER).save(
        file, "TIFF", save_all=True, append_images=[Image.fromarray(LETTER)]
    )
    normalizer = InkNormalizer(8, on_blank="ignore")
    normalizer.transform([file.getvalue()])
    assert normalizer.blank_.tolist() == [0]


@pytest.mark.parametrize(("ink", "background"), [(255, 255), (0, 0)])
def test_strokes_of_the_color_of_the_background_are_found_on_transparency(ink, background):
    page = np.full((*LETTER.shape, 4), ink, np.uint8)
    page[..., 3] = 255 - LETTER
    file = io.BytesIO()
    Image.fromarray(page).save(file, "PNG")
    normalizer = InkNormalizer(16, background=background)
    expected, *found = normalizer.transform([LETTER, page, file.getvalue()])
    for image in found:
        np.testing.assert_array_equal(image, expected)


def test_a_white_sheet_with_transparent_margins_is_blank():
    sheet = np.full((60, 40, 4), 255, np.uint8)
    sheet[:5, :, 3] = sheet[-5:, :, 3] = sheet[:, :5, 3] = 0
    normalizer = InkNormalizer(16, on_blank="ignore")
    normalizer.transform([sheet, np.zeros_like(sheet)])
    assert normalizer.blank_.tolist() == [0, 1]


def test_a_file_of_several_pages_whose_first_is_empty(tmp_path):
    written = np.full((40, 40), 255, np.uint8)
    written[10:30, 18:22] = 0
    pages = [Image.fromarray(page) for page in (np.full_like(written, 255), written, written)]
    path = tmp_path / "pages.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    message = "no ink was found on the first of 3 pages; other pages are not read"
    with pytest.warns(BlankImageWarning, match=message):
        InkNormalizer(8).transform([path, written])
    with pytest.warns(BlankImageWarning, match=message):
        InkNormalizer(8).transform([path.read_bytes()])


@pytest.mark.parametrize("white", [255, 1023, 4095, 65535])
def test_pixels_of_few_bits_in_16(white):
    page = np.full((60, 60), white, np.uint16)
    page[10:50, 25:33] = white // 5
    expected = InkNormalizer(16).transform([np.rint(page * (255 / white)).astype(np.uint8)])
    np.testing.assert_array_equal(InkNormalizer(16).transform([page]), expected)
