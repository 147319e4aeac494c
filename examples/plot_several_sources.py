"""
Training on several sources
===========================

No collection has all writers, pens and labels, so a general model needs several collections. This
example uses scikit-learn's scanned digits, and synthetic digits, plus and minus signs as if written
on a tablet, drawn by a few slightly bent strokes. Three points need attention: images of all
sources must look alike to the network, a large source must not dominate a small one, and some
labels are only in one source.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from skhcr import CNN, CNNClassifier, InkNormalizer
from skhcr.datasets import draw_strokes, load_digit_images

ANGLES = np.linspace(0, 2 * np.pi, 24)
RING = np.column_stack([np.sin(ANGLES), -np.cos(ANGLES)])  # clockwise from the top
STROKES = {
    "0": [RING * (0.7, 1)],
    "1": [[(-0.4, -0.5), (0, -1), (0, 1)]],
    "2": [[*(RING[-6:] * 0.5 - (0, 0.5)), *(RING[:10] * 0.5 - (0, 0.5)), (-0.5, 1), (0.6, 1)]],
    "3": [[*(RING[:12] * (0.6, 0.5) - (0, 0.5)), *(RING[:14] * (0.6, 0.5) + (0, 0.5))]],
    "4": [[(0.1, -1), (-0.6, 0.3), (0.6, 0.3)], [(0.2, -0.2), (0.2, 1)]],
    "5": [[(-0.4, -1), (-0.4, -0.1), *(RING[:16] * 0.55 + (0, 0.4))], [(-0.4, -1), (0.5, -1)]],
    "6": [[(0.3, -1), (-0.3, -0.3), *(RING[::-1] * 0.5 + (0, 0.5))]],
    "7": [[(-0.6, -1), (0.6, -1), (-0.2, 1)]],
    "8": [RING * 0.45 - (0, 0.5), RING * 0.55 + (0, 0.5)],
    "9": [[*(RING[::-1] * 0.5 - (0, 0.5)), (0.45, -0.5), (0.3, 1)]],
    "+": [[(-1, 0), (1, 0)], [(0, -1), (0, 1)]],
    "-": [[(-1, 0), (1, 0)]],
}


def write(label, generator):
    """Return a picture of a character, slanted, stretched and bent, in dark ink on paper."""
    slanted = np.eye(2) + generator.normal(scale=0.15, size=(2, 2))
    strokes = [
        np.asarray(stroke) @ slanted + generator.normal(scale=0.04, size=(len(stroke), 2))
        for stroke in STROKES[label]
    ]
    return 255 - draw_strokes(strokes, size=48, pen_width=generator.uniform(0.05, 0.15))


scans, digits = load_digit_images(return_X_y=True)
digits = digits.astype(str)
generator = np.random.default_rng(0)
signs = np.repeat(list(STROKES), 60)
generator.shuffle(signs)
tablet = np.stack([write(label, generator) for label in signs])

# %%
# Uniform images
# ----------------
#
# The scans are 8 pixels wide, light on dark, and fill their images; the pages of the tablet are 48
# pixels wide, and dark on light. Without normalization, the network would recognize the source
# before the character. :class:`~skhcr.InkNormalizer` gives all the same frame.

ink = InkNormalizer(16)
X_scans, X_tablet = ink.transform(scans), ink.transform(tablet)
figure, axes = plt.subplots(2, 12, figsize=(9, 1.8), subplot_kw={"xticks": [], "yticks": []})
for row, images in zip(axes, (X_scans, X_tablet), strict=True):
    for ax, image in zip(row, images[:12], strict=True):
        ax.imshow(image[..., 0], cmap="gray")
plt.show()

# %%
# Weights of the sources
# ---------------------------------------
#
# The training set has 150 scans and 540 characters from the tablet. The network trained on both is
# more accurate on scans than those trained on one source. ``sample_weight`` gives the sources equal
# weight, or favors the one that is most similar to future images. If the characters look the same
# in all sources, as here, this changes little; it matters if they differ, or if one source is many
# times as large.

n_scans, n_tablet = 150, 540
train = {
    "scans": (X_scans[:n_scans], digits[:n_scans]),
    "tablet": (X_tablet[:n_tablet], signs[:n_tablet]),
}
train["both"] = tuple(map(np.concatenate, zip(train["scans"], train["tablet"], strict=True)))
evenly = np.repeat([1 / n_scans, 1 / n_tablet], [n_scans, n_tablet])
evenly *= len(evenly) / evenly.sum()
tests = {
    "scans": (X_scans[n_scans:900], digits[n_scans:900]),
    "tablet": (X_tablet[n_tablet:], signs[n_tablet:]),
}

network = CNN((16, 32), padding="same", dense=(32,))
accuracy = {}
for name, weights in (("scans", None), ("tablet", None), ("both", None), ("both", evenly)):
    model = CNNClassifier(network, epochs=20, batch_size=32, random_state=0)
    model.fit(*train[name], sample_weight=weights)
    title = name if weights is None else f"{name}, evenly"
    accuracy[title] = [model.score(*test) for test in tests.values()]

places = np.arange(len(accuracy))
for offset, test in enumerate(tests):
    shares = [row[offset] for row in accuracy.values()]
    bars = plt.bar(places + 0.4 * offset, shares, width=0.38, label=f"read: {test}")
    plt.bar_label(bars, [f"{share:.0%}" for share in shares])
plt.xticks(places + 0.2, [*accuracy])
plt.xlabel("trained on")
plt.ylim(0, 1.15)
plt.legend(ncols=2)
plt.show()

# %%
# Labels missing from a source
# ----------------------------
#
# The model has all labels of all sources, including the plus sign, although there are no scans of
# it. Does it classify scans as signs? Here, hardly ever. But if sources look different, the model
# can recognize a label of a single source by the look of the source. Therefore check this part of
# the confusion matrix before you rely on it.

predicted = model.predict(tests["scans"][0])
print(f"{np.isin(predicted, ['+', '-']).mean():.1%} of the scans are classified as signs.")

# %%
# With real collections it is the same: Hijja has a letter that AHCD lacks, and writers that AHCD
# lacks, too.
#
# .. code-block:: python
#
#     ahcd = fetch_ahcd(subset="all")
#     hijja = fetch_hijja(forms="isolated", subset="all")
#     X = np.concatenate([ink.transform(ahcd.images), ink.transform(hijja.images)])
#     y = np.concatenate([ahcd.target, hijja.target])
#     groups = np.concatenate([ahcd.groups, 60 + hijja.groups])  # no writer is in both
#
# `The benchmark of other people's handwriting <../benchmarks/foreign.html>`_ shows the benefit.
