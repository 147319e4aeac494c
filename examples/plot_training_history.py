"""
More epochs, or more images?
============================

Training curves answer the first question about a network with a low accuracy. The same small
network is trained twice on scikit-learn's digits: on 100 images and on 1,000. Both times, the other
797 digits of the data set are scored after every epoch. They are passed to ``fit`` as ``X_val``
only for this purpose: they are not used for early stopping or any choice.
"""

import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split

from skhcr import CNN, CNNClassifier
from skhcr.datasets import load_digit_images
from skhcr.inspection import TrainingHistoryDisplay

X, y = load_digit_images(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X, y, train_size=1000, stratify=y, random_state=0)

network = CNN(filters=(16, 32), padding="same", dense=(64,))
classifiers = {}
for n in (100, 1000):
    classifier = CNNClassifier(network, epochs=20, batch_size=32, random_state=0)
    classifiers[n] = classifier.fit(X_train[:n], y_train[:n], X_val=X_val, y_val=y_val)

# %%
# Each row of the figure is one training run. The display draws on given axes, so that both rows can
# share their scales.

figure, axes = plt.subplots(2, 2, figsize=(9, 6.5), sharex=True, sharey="col", layout="constrained")
for row, (n, classifier) in zip(axes, classifiers.items(), strict=True):
    TrainingHistoryDisplay.from_estimator(
        classifier, ax=row, train_kw={"linestyle": "--", "color": "gray"}
    )
    row[0].set_title(f"{n} training images", loc="left")

for n, classifier in classifiers.items():
    print(f"{n:5d} images: {classifier.validation_scores_[-1]:.1%} accuracy on the other digits")
plt.show()

# %%
# The gap is informative. With 100 images, the final accuracy on the training images is higher than
# on other digits, so more images would help; with 1,000 images, both curves end together. The flat
# ends of all curves are less informative: in the default one-cycle schedule, the learning rate
# falls to 0 there for any number of epochs. (The training curves are lower at first because they
# are measured while the network learns, and with dropout, which makes its task harder.)
