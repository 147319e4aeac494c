"""
From digits to new letters
==========================

A pretrained model as the base for other characters, with three training images for each class. The
four characters are drawn from pen strokes, which are slightly different in every image.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from skhcr import CNNClassifier, ImageAugmenter, InkNormalizer, Transfer, load_pretrained
from skhcr.datasets import draw_strokes

shapes = {
    "Γ": [[(0, 100), (0, 0), (60, 0)]],
    "Λ": [[(0, 100), (35, 0), (70, 100)]],
    "Ξ": [[(0, 0), (70, 0)], [(10, 50), (60, 50)], [(0, 100), (70, 100)]],
    "Π": [[(0, 100), (0, 0), (70, 0), (70, 100)]],
}
rng = np.random.default_rng(0)


def letters(n):
    """Return n images of each character, and their labels."""
    labels = np.repeat(list(shapes), n)
    drawn = [
        draw_strokes([stroke + rng.normal(0, 12, (len(stroke), 2)) for stroke in shapes[label]])
        for label in labels
    ]
    return InkNormalizer(size=(32, 32)).transform(drawn), labels


X_train, y_train = letters(3)
X_test, y_test = letters(50)

# %%
# ``Transfer`` copies the convolutional part of the network and adds a new output layer. By
# default, only this layer is trained.

network = Transfer(load_pretrained("digits"))
classifier = CNNClassifier(network, epochs=60, random_state=0)
classifier.fit(ImageAugmenter().fit_transform(X_train), y_train)
predicted = classifier.predict(X_test)
print(f"accuracy {np.mean(predicted == y_test):.2f}")

# %%
# The training images, and one test image in ten with the predicted label, which is red if it is
# wrong:

figure, axes = plt.subplots(4, 8, figsize=(9, 5), layout="constrained")
for row, label in zip(axes, shapes, strict=True):
    test = np.flatnonzero(y_test == label)[::10]
    for ax, image in zip(row[:3], X_train[y_train == label], strict=True):
        ax.imshow(image.squeeze(), cmap="gray")
        ax.set_title(f"training: {label}", fontsize=9)
        ax.set_axis_off()
    for ax, index in zip(row[3:], test, strict=True):
        ax.imshow(X_test[index].squeeze(), cmap="gray")
        color = "black" if predicted[index] == label else "tab:red"
        ax.set_title(predicted[index], fontsize=9, color=color)
        ax.set_axis_off()
plt.show()
