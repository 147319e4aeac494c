"""
Adapting to one writer
======================

A classifier trained on upright digits makes many mistakes on digits with a strong slant.
``WriterAdapter`` adapts it to the slant without labels: the mean of the probabilities of the
writer's digits of a class becomes the writer's prototype of the class. A few labeled digits of the
writer improve these prototypes.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import affine_transform
from sklearn.linear_model import LogisticRegression

from skhcr import WriterAdapter
from skhcr.datasets import load_digit_images


def slanted(image, slant):
    """Return an image slanted to the right."""
    matrix, center = np.array([[1, 0], [slant, 1]]), (np.array(image.shape) - 1) / 2
    return affine_transform(image, matrix, offset=center - matrix @ center, order=1)


images, labels = load_digit_images(return_X_y=True)
images = images / 255
rng = np.random.default_rng(0)
rows = rng.permutation(len(images))
train, test = rows[:900], rows[900:]

upright = [slanted(images[row], rng.uniform(-0.3, 0.3)).ravel() for row in train]
classifier = LogisticRegression(C=0.1, max_iter=500).fit(upright, labels[train])

X = np.array([slanted(images[row], 0.6).ravel() for row in test])
y = labels[test]

# %%
# The first 50 digits may be labeled; the accuracy is measured on the others.
adapter = WriterAdapter(classifier)
knowing = WriterAdapter(classifier).fit_writer(X[:50], y[:50])
numbers = (10, 30, 100, 300, 847)
curves = {"one by one": classifier, "together": adapter, "together, 50 labeled": knowing}
figure, axes = plt.subplots(figsize=(6, 4))
for name, model in curves.items():
    scores = [model.score(X[50 : 50 + n], y[50 : 50 + n]) for n in numbers]
    axes.plot(numbers, scores, "o-", label=name)
axes.set(xscale="log", xlabel="Digits of the writer, classified together", ylabel="Accuracy")
axes.set_xticks(numbers, [str(n) for n in numbers])
axes.minorticks_off()
axes.legend()
plt.show()
