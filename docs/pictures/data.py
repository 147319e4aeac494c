"""Data sets, and augmentation."""

import numpy as np
from canvas import new_figure, save_figure, show_image
from PIL import Image
from written import ink_of

from skhcr import ImageAugmenter, InkNormalizer, datasets


def data_sets():
    """Draw the first image of eight classes of every data set, as published."""
    sets = {
        "ahcd": datasets.fetch_ahcd(),
        "hijja": datasets.fetch_hijja(forms="isolated"),
        "russian": datasets.fetch_russian_letters(color=True),
        "english": datasets.fetch_english_handwritten(),
        "unipen": datasets.fetch_unipen(size=48),
        "az": datasets.fetch_az_letters(subset="sample"),
        "mnist": datasets.fetch_mnist(subset="test"),
        "omniglot": datasets.fetch_omniglot(),
    }
    n = 8
    figure, axes = new_figure(6.4, len(sets), n)
    for row, (name, data) in zip(axes, sets.items(), strict=True):
        classes = np.unique(data.target)
        chosen = classes[np.linspace(0, len(classes) - 1, n).astype(int)]
        images = data.get("images", data.get("filenames"))
        for ax, label in zip(row, chosen, strict=True):
            image = images[np.flatnonzero(data.target == label)[0]]
            show_image(ax, np.asarray(Image.open(image)) if isinstance(image, str) else image)
        row[0].set_ylabel(name, fontsize=13, rotation=0, ha="right", va="center")
    save_figure(figure, "data-sets")


def augmentation():
    """Draw letters of three writers, and their variants."""
    nothing = {"rotation": 0, "translation": 0, "zoom": 0, "shear": 0}
    augmenters = {
        "defaults": {},
        "rotation=30": nothing | {"rotation": 30},
        "zoom=0.3": nothing | {"zoom": 0.3},
        "shear=0.4": nothing | {"shear": 0.4},
        "elastic=2": nothing | {"elastic": 2},
        "noise=0.2": nothing | {"noise": 0.2},
    }
    n = 6
    figure, axes = new_figure(6.2, len(augmenters), n + 1)
    for place, (row, (name, parameters)) in enumerate(zip(axes, augmenters.items(), strict=True)):
        image = InkNormalizer(size=(32, 32)).transform([ink_of("Rhg42k"[place], 100)])
        augmenter = ImageAugmenter(**parameters, random_state=0)
        for ax, shown in zip(row, (image[0], *augmenter.preview(image, n=n)[0]), strict=True):
            show_image(ax, shown)
        row[0].set_ylabel(name, fontsize=13, rotation=0, ha="right", va="center")
    axes[0, 0].set_title("original")
    save_figure(figure, "augmentation")
