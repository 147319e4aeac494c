"""
The most confused pairs, with examples
======================================

A confusion matrix of ten digits is easy to read, one of 62 letters and digits is not. A list of the
most confused pairs is readable for any number of classes, with example images beside each pair. To
have some mistakes to show, the network is trained on only 150 digits.
"""

import matplotlib.pyplot as plt

from skhcr import CNN, CNNClassifier
from skhcr.datasets import load_digit_images
from skhcr.inspection import ConfusedPairsDisplay

X, y = load_digit_images(return_X_y=True)
classifier = CNNClassifier(
    CNN(filters=(16, 32), padding="same", dense=(64,)), epochs=20, batch_size=32, random_state=0
)
classifier.fit(X[:150], y[:150])
y_pred = classifier.predict(X[150:])

display = ConfusedPairsDisplay.from_predictions(
    y[150:], y_pred, X=X[150:], n_pairs=8, random_state=0
)
plt.show()

# %%
# The percentage is the share of the true class: of all test images of this digit, the share
# classified as the other one.
#
# If two classes are confused in both directions, they look alike to the network. If almost all
# confusions have one direction, the network prefers a class, for example the one with more training
# images. With both directions merged into one pair, the two colors of a bar show the direction.

ConfusedPairsDisplay.from_predictions(
    y[150:], y_pred, X=X[150:], n_pairs=6, n_examples=4, merge_directions=True, random_state=0
)
plt.show()

# %%
# 5 and 9 are confused in both directions. Nearly all confusions of 1 and 8, or of 3 and 9, have one
# direction, which suggests a lack of training images: 150 digits hardly show every way to write a
# 1.
