"""
Wrong labels
============

A cross-validation classifies every image with a network that was not trained on it. If the network
is confident about another class than the label, the label may be wrong. Here, 20 of 600 labels are
replaced by wrong ones, and the images with the most suspicious labels are shown.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from skhcr import CNN, CNNClassifier
from skhcr.datasets import load_digit_images

images, labels = load_digit_images(return_X_y=True)
images, labels = images[:600], labels[:600]
rng = np.random.default_rng(0)
wrong = rng.choice(len(labels), 20, replace=False)
given = labels.copy()
given[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10

# %%
# Wrong labels have a low probability. ``label_smoothing=0`` lets confident predictions have
# probabilities near 1.

classifier = CNNClassifier(
    CNN(filters=(16, 32), padding="same", dense=(64,)),
    epochs=4,
    batch_size=16,
    label_smoothing=0,
    random_state=0,
)
folds = StratifiedKFold(3, shuffle=True, random_state=0)
probabilities = cross_val_predict(classifier, images, given, cv=folds, method="predict_proba")
order = probabilities[np.arange(len(given)), given].argsort()
for n in (10, 20, 30, 40):
    print(f"{np.isin(wrong, order[:n]).sum()} of the 20 wrong labels are among the first {n}")

# %%
# The 24 images with the least probable labels. Titles of wrong labels are red:

figure, axes = plt.subplots(3, 8, figsize=(9, 4.4), layout="constrained")
for ax, row in zip(axes.flat, order, strict=False):
    ax.imshow(images[row].squeeze(), cmap="gray")
    title = f"label {given[row]}\npredicted {probabilities[row].argmax()}"
    ax.set_title(title, fontsize=9, color="tab:red" if row in wrong else "black")
    ax.set_axis_off()
plt.show()

# %%
# Look at each suspicious image before you change its label: some are correct and only hard to
# classify. :func:`~skhcr.inspection.evaluation_report` also lists probable label errors.
