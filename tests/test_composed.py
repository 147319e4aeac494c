import numpy as np
import pytest

from skhcr._composed import composed


def _kinds(images):
    return tuple(composed(np.asarray(images), np.random.default_rng(0)))


@pytest.mark.parametrize("shape", [(5, 8, 8, 1), (5, 7, 9, 3), (1, 2, 2, 1), (3, 1, 6, 1)])
def test_every_kind_has_the_shape_of_the_images(shape):
    kinds = _kinds(np.random.default_rng(0).integers(0, 256, shape, np.uint8))
    assert len(kinds) == 8
    for images in kinds:
        assert images.shape == shape
        assert images.dtype == np.float32


@pytest.mark.parametrize(("paper", "ink"), [(0, 255), (1.0, 0.0)])
def test_the_kinds_are_what_they_are_called(paper, ink):
    image = np.full((8, 8, 1), float(paper))
    image[1:3, 1:7] = ink  # a line in the upper half
    kinds = _kinds(np.stack([image] * 9))
    over, narrow, beside, quarters, halves, mirrored, turned, shuffled = kinds
    np.testing.assert_array_equal(over[0], image)
    line = np.full(8, float(paper))
    line[[1, 2, 5, 6]] = ink
    line[[0, 3, 4, 7]] = (paper + ink) / 2
    np.testing.assert_array_equal(narrow[0, 1], line[:, None])
    np.testing.assert_array_equal(narrow[0, 0], image[0])
    line = np.full((4, 4, 1), float(paper))
    line[0] = line[1] = (paper + ink) / 2  # two pixels high, of which each row has half
    line[:2, 0] = line[:2, 3] = (paper * 3 + ink) / 4
    np.testing.assert_array_equal(
        beside[0],
        np.pad(
            np.concatenate([line, line], axis=1), ((2, 2), (0, 0), (0, 0)), constant_values=paper
        ),
    )
    np.testing.assert_array_equal(quarters[0], image)
    is_ink = (halves == ink).sum(axis=(1, 2, 3))
    assert set(is_ink.tolist()) <= {0, 6, 12}
    assert len(set(is_ink.tolist())) > 1
    np.testing.assert_array_equal(mirrored[0], image[:, ::-1])
    np.testing.assert_array_equal(turned[0], np.rot90(image))
    np.testing.assert_array_equal(shuffled[0, 5:7], np.roll(image[1:3], 4, axis=1))


def test_two_letters_over_each_other_have_the_ink_of_both():
    dark, light = (np.full((2, 2, 1), 200, np.uint8) for _ in range(2))
    dark[0], light[1] = 0, 255
    images = np.stack([dark, light] + [np.full((2, 2, 1), 200, np.uint8)] * 3)
    rng = np.random.default_rng(2)
    over = next(composed(images, rng))
    others = np.random.default_rng(2).permutation(images).astype(float)
    is_first = abs(images.astype(float) - 200) >= abs(others - 200)
    np.testing.assert_array_equal(over, np.where(is_first, images, others))


def test_parts_beside_each_other_are_of_different_letters():
    images = np.broadcast_to(np.arange(9.0)[:, None, None, None], (9, 8, 8, 1))
    _, narrow, small, quarters, *_ = _kinds(images)
    for kind in (narrow, small, quarters):
        left, right = kind[:, 3, 3, 0], kind[:, 3, 4, 0]
        assert left.tolist() == list(range(9))
        assert sorted(right) == list(range(9))
        assert (left != right).sum() > 4
