"""
Every kind of augmentation
==========================

``ImageAugmenter`` varies training images at random. Each row shows one of its parameters, for three
letters, with the others turned off. The last row shows the default, which combines rotations,
shifts, stretching and slants.
"""

# %%
# The letters are drawn from pen strokes:

import matplotlib.pyplot as plt
import numpy as np

from skhcr import ImageAugmenter
from skhcr.datasets import draw_strokes

beh = [[(0, 0), (4, 32), (25, 45), (50, 48), (75, 45), (96, 32), (100, 0)], [(47, 75), (53, 75)]]
zhe = [
    [(50, 0), (50, 100)],
    [(0, 0), (25, 40), (50, 50), (25, 60), (0, 100)],
    [(100, 0), (75, 40), (50, 50), (75, 60), (100, 100)],
]
r = [[(0, 100), (0, 0), (50, 2), (65, 22), (50, 45), (0, 52)], [(25, 52), (70, 100)]]
letters = np.array(
    [draw_strokes(strokes, size=32, pen_width=0.1, margin=0.2) for strokes in (beh, zhe, r)]
)

# %%
# ``preview`` returns augmented images. During training, the classifier makes new ones in every
# epoch.

off = {"rotation": 0, "translation": 0, "zoom": 0, "shear": 0}
rows = {
    "off": off,
    "rotation=15": off | {"rotation": 15},
    "translation=0.1": off | {"translation": 0.1},
    "zoom=0.15": off | {"zoom": 0.15},
    "shear=0.2": off | {"shear": 0.2},
    "elastic=1": off | {"elastic": 1},
    "erase=1": off | {"erase": 1},
    "noise=0.15": off | {"noise": 0.15},
    "default": {},
}
figure, axes = plt.subplots(
    len(rows), 1, figsize=(9, 7.4), gridspec_kw={"hspace": 0.06, "left": 0.19, "right": 0.99}
)
figure.subplots_adjust(top=0.99, bottom=0.01)
for ax, (name, parameters) in zip(axes, rows.items(), strict=True):
    varied = ImageAugmenter(**parameters, random_state=0).preview(letters, n=3)
    ax.imshow(np.hstack(varied.reshape(9, 32, 32)), cmap="gray")
    ax.set(xticks=[], yticks=[])
    ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=13)
plt.show()

# %%
# A rectangle of ``erase`` may cover a dot, which changes ب into another letter. Use small values
# for scripts in which letters differ by their dots.
