"""
Different pages, the same letter
================================

The same letter on different pages, and the images that a network gets. ``InkNormalizer`` finds the
ink, crops the page to it and centers it, light on dark. ``ImageLoader`` only reduces the page.
"""

# %%
# One letter, drawn from pen strokes, on six synthetic pages:

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from skhcr import ImageLoader, InkNormalizer
from skhcr.datasets import draw_strokes

strokes = [[(0, 100), (0, 0), (50, 2), (65, 22), (50, 45), (0, 52)], [(25, 52), (70, 100)]]


def page_of(*, size=200, left=120, top=120, pen_width=0.08, paper=235.0, ink=40.0):
    """Return a page of 400 x 400 pixels with the letter on it."""
    cover = np.zeros((400, 400))
    letter = draw_strokes(strokes, size=size, pen_width=pen_width)
    cover[top : top + size, left : left + size] = letter / 255
    return paper * (1 - cover) + ink * cover


noise = np.random.default_rng(0).normal(0, 4, (400, 400))
shadow = np.linspace(1, 0.45, 400)
ruled = page_of()
ruled[np.arange(400) % 70 < 3] = np.minimum(ruled[np.arange(400) % 70 < 3], 150)
framed = page_of(size=160, left=60, top=180)
framed[:12] = framed[-12:] = framed[:, :12] = framed[:, -12:] = 30
pages = {
    "scan": page_of(),
    "small, in a corner": page_of(size=70, left=300, top=30),
    "chalk": page_of(paper=40, ink=230),
    "shadow": page_of() * shadow + noise,
    "ruled": ruled,
    "dark frame": framed,
}
images = [Image.fromarray(page.clip(0, 255).astype(np.uint8)) for page in pages.values()]

# %%
# The pages, the output of ``ImageLoader`` and the output of ``InkNormalizer``:

reduced = ImageLoader(size=(32, 32)).transform(images)
centered = InkNormalizer(size=(32, 32)).transform(images)

figure, axes = plt.subplots(3, 6, figsize=(9, 5), layout="constrained")
rows = {"page": images, "ImageLoader": reduced, "InkNormalizer": centered}
for row, (name, row_images) in zip(axes, rows.items(), strict=True):
    row[0].set_ylabel(name, fontsize=12)
    for ax, image in zip(row, row_images, strict=True):
        ax.imshow(np.asarray(image), cmap="gray", vmin=0, vmax=255)
        ax.set(xticks=[], yticks=[])
for ax, name in zip(axes[0], pages, strict=True):
    ax.set_title(name, fontsize=12)
plt.show()

# %%
# Without this step, the network needs to learn from examples that the position, the size and the
# color are irrelevant.
