"""
Finding a shortcut with saliency maps
=====================================

A network can be right for the wrong reason. Here every training image of a 7, and no other, has a
stain in its lower left corner, as a scanner might leave on one stack of forms. Saliency maps show
the effect on the network: color marks pixels that support a class.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import zoom
from sklearn.model_selection import train_test_split

from skhcr import CNN, CNNClassifier
from skhcr.datasets import load_digit_images
from skhcr.inspection import SaliencyDisplay


def stained(images):
    """Return copies of the images with a stain of 2x2 pixels in the lower left corner."""
    images = images.copy()
    images[:, -4:-2, 2:4] = 255
    return images


# %%
# The digits are enlarged from 8x8 to 16x16 pixels and get a margin, so that there is a corner
# without ink.

X, y = load_digit_images(return_X_y=True)
X = np.pad(zoom(X, (1, 2, 2), order=1), ((0, 0), (4, 4), (4, 4)))
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=900, stratify=y, random_state=0
)


def with_stained_sevens(images, labels):
    """Return the images, those of a 7 with the stain."""
    return np.where((labels == 7)[:, None, None], stained(images), images)


network = CNN(filters=(8, 16), padding="same", dense=(64,))
honest = CNNClassifier(network, epochs=8, random_state=0).fit(X_train, y_train)
misled = CNNClassifier(network, epochs=8, random_state=0)
misled.fit(with_stained_sevens(X_train, y_train), y_train)

# %%
# Test images from the same stack of forms do not reveal the shortcut. Clean 7s do, and so do
# stained 1s, but only if you think of testing them.

sevens, ones = X_test[y_test == 7], X_test[y_test == 1]
accuracy = misled.score(with_stained_sevens(X_test, y_test), y_test)
print(f"{accuracy:.1%} accuracy on test images with stained 7s")
for name, images in {"clean 7s": sevens, "stained 1s": stained(ones)}.items():
    print(f"{np.mean(misled.predict(images) == 7):.1%} of the {name} are classified as 7")

# %%
# The maps show it at once. For a network trained on clean images, the strokes and their
# surroundings support a 7; for the other one, only the corner does.

figure, axes = plt.subplots(2, 5, figsize=(9, 4.6), layout="constrained")
SaliencyDisplay.from_estimator(honest, sevens, n_samples=5, select="first", ax=axes[0])
SaliencyDisplay.from_estimator(misled, stained(sevens), n_samples=5, select="first", ax=axes[1])
axes[0, 0].set_ylabel("trained on\nclean images")
axes[1, 0].set_ylabel("trained on\nstained 7s")
plt.show()

# %%
# ``target`` selects any class, predicted or not: here, a 7 and a 1 in the same stained 1s. The
# strokes support a 1, but the stain outweighs them.

figure, axes = plt.subplots(2, 5, figsize=(9, 5), layout="constrained")
for row, target in zip(axes, (7, 1), strict=True):
    SaliencyDisplay.from_estimator(
        misled, stained(ones), target=target, n_samples=5, select="first", ax=row
    )
plt.show()
