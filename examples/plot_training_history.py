"""
More epochs, or more images?
============================

The curves of a training answer the first question that one has when a network does not read well
enough. The same small network is trained twice on scikit-learn's digits: on 100 images and on
1,000. Both times the other digits of the data set, 797 of them, are scored after every epoch; they
are passed to ``fit`` as ``X_val`` for that alone, since nothing is stopped or chosen by them.
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
# Each row of the figure is one training: the display draws on axes that we give it, and with them
# we can let both rows share their scales.

figure, axes = plt.subplots(2, 2, figsize=(9, 6.5), sharex=True, sharey="col", layout="constrained")
for row, (n, classifier) in zip(axes, classifiers.items(), strict=True):
    TrainingHistoryDisplay.from_estimator(
        classifier, ax=row, train_kw={"linestyle": "--", "color": "gray"}
    )
    row[0].set_title(f"{n} training images", loc="left")

for n, classifier in classifiers.items():
    print(f"{n:5d} images: {classifier.validation_scores_[-1]:.1%} of the other digits are read")
plt.show()

# %%
# The gap tells. With 100 images the network ends up reading its own images better than other
# digits: it has more to learn from more images, and with 1,000 both curves end together. That all
# curves are flat at the end tells less: in the default one-cycle schedule the learning rate falls
# to 0 there, however many epochs there are. (And that the training curves lie lower at first is no
# error: they are taken while the network learns, and with dropout, which makes its task harder.)
