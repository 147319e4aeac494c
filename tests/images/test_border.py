import numpy as np

from skhcr.images import ImageAugmenter, ImageLoader
from skhcr.images._border import border_median, paper_of


def test_border_median_does_not_look_inside():
    pixels = np.full((1, 4, 5), 30)
    pixels[0, 1:3, 1:4] = 200
    pixels[0, 0, 0] = 99

    assert border_median(pixels) == [30]


def test_border_median_of_a_single_pixel_is_that_pixel():
    assert border_median(np.array([[[8]]])) == [8]


def test_border_median_is_that_of_every_channel_and_image():
    images = np.zeros((2, 5, 5, 2), np.uint8)
    images[0, ..., 0] = 30
    images[1, ..., 1] = 60
    images[:, 1:-1, 1:-1] = 255
    images[:, 0, :3] = 255

    np.testing.assert_array_equal(border_median(images), [[30, 0], [0, 60]])


def test_paper_is_the_border_without_a_frame():
    rng = np.random.default_rng(0)
    images = np.full((3, 32, 32, 1), 235, np.uint8)
    images[0, 6:26, 6:26] = 20
    images[1, :, 10:14] = 20
    images[2] = rng.integers(0, 256, (32, 32, 1))
    np.testing.assert_array_equal(paper_of(images), border_median(images))


def test_paper_lies_within_a_frame():
    images = np.full((2, 32, 32, 3), 235, np.uint8)
    images[:, 10:20, 12:16] = 30
    images[1, [0, 1, -1]] = images[1, :, [0, -1, -2]] = 5
    np.testing.assert_array_equal(paper_of(images), [[235] * 3] * 2)
    large = np.full((1, 400, 300), -0.5)
    large[:, 8:-8, 8:-8] = 1.0
    np.testing.assert_array_equal(paper_of(large), [1.0])
    tiny = np.zeros((1, 8, 8))
    tiny[:, 1:-1, 1:-1] = 9
    np.testing.assert_array_equal(paper_of(tiny), [0])


def test_framed_images_are_padded_and_turned_on_paper():
    page = np.full((60, 40), 240, np.uint8)
    page[0] = page[-1] = page[:, 0] = page[:, -1] = 0
    page[25:35, 15:25] = 60
    padded = ImageLoader((60, 60)).transform([page])
    assert (padded[0, :, :10] == 240).all()
    framed = page[10:50]
    framed[[0, -1]] = 0
    moves = {"rotation": 0, "zoom": 0, "shear": 0, "translation": 0.2, "random_state": 0}
    moved = ImageAugmenter(**moves).preview(framed[np.newaxis], n=20)[0]
    assert ((moved < 120).sum(axis=(1, 2, 3)) <= (framed < 120).sum() + 80).all()
