"""Estimators that were saved when their parameters had other names."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skhcr import AugmentingSampler, ImageAugmenter, ImageLoader, InkNormalizer, load_pretrained
from skhcr.images import BlankImageWarning
from skhcr.images._augmentation import Augmentation


class Saved:
    """Pickles as an object of a class with a state of earlier days."""

    def __init__(self, kind, state):
        self.reduced = object.__new__, (kind,), state

    def __reduce__(self):
        return self.reduced


def pickled(kind, *, without, **state):
    """Load what `kind()` would have pickled, without one parameter and with others."""
    present = {name: value for name, value in vars(kind()).items() if name != without}
    return pickle.loads(pickle.dumps(Saved(kind, present | state)))


@pytest.mark.filterwarnings("ignore:This InkNormalizer finds ink differently")
@pytest.mark.parametrize("kind", [ImageLoader, InkNormalizer])
def test_the_folder_of_readers_was_called_cache(kind, tmp_path):
    reader = pickled(kind, without="cache_folder", cache=tmp_path, size=(8, 8))

    assert reader.cache_folder == tmp_path
    assert clone(reader).get_params() == kind(size=(8, 8), cache_folder=tmp_path).get_params()
    assert not hasattr(reader, "cache")


def test_the_translation_of_augmenters_was_called_shift():
    augmenter = pickled(ImageAugmenter, without="translation", shift=(0.3, 0.2), zoom=0)

    assert augmenter.get_params() == ImageAugmenter(translation=(0.3, 0.2), zoom=0).get_params()
    assert not hasattr(augmenter, "shift")


def test_augmenters_with_copies_were_samplers():
    old = {"shift": 0.3, "copies": 2, "random_state": 3}

    sampler = pickled(ImageAugmenter, without="translation", **old)

    assert type(sampler) is AugmentingSampler
    expected = AugmentingSampler(translation=0.3, copies=2, random_state=3)
    assert sampler.get_params() == expected.get_params()
    assert vars(pickled(ImageAugmenter, without="translation", **old | {"copies": 0})) == vars(
        ImageAugmenter(translation=0.3, random_state=3)
    )


def test_so_it_was_in_recipes():
    recipe = pickled(Augmentation, without="translation", shift=(0.3, 0.2), seed=3)

    assert recipe == Augmentation(translation=(0.3, 0.2), seed=3)


def test_subclasses_of_others_keep_their_parameters():
    class Mine(ImageLoader):
        def __init__(self, size=8, cache_folder=None, shift=0):
            super().__init__(size, cache_folder=cache_folder)
            self.shift = shift

    loader = Mine.__new__(Mine)
    loader.__setstate__({"size": 4, "cache": "there", "shift": 5})

    assert vars(loader) == {"size": 4, "cache_folder": "there", "shift": 5}


def test_files_with_the_old_names_are_loaded():
    loaded = load_pretrained("digits")

    reader, augmenter = loaded[0], loaded[1]
    assert augmenter.get_params() == ImageAugmenter().get_params()
    assert reader.get_params() == InkNormalizer(size=(32, 32)).get_params()
    assert vars(clone(loaded)[1]) == vars(augmenter)
    bar = np.zeros((1, 32, 32), np.uint8)
    bar[0, 6:26, 14:18] = 255
    assert len(loaded.predict(bar)) == 1


@pytest.mark.filterwarnings("ignore:This InkNormalizer finds ink differently")
def test_normalizers_of_earlier_days_warn_of_blank_pages():
    normalizer = pickled(InkNormalizer, without="on_blank", size=(8, 8))

    assert normalizer.get_params() == InkNormalizer(size=(8, 8)).get_params()
    with pytest.warns(BlankImageWarning):
        normalizer.transform(np.zeros((1, 8, 8), np.uint8))
