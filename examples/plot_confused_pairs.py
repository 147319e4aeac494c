"""
The worst confusions, with examples
===================================

A confusion matrix of ten digits can be read, one of 62 letters and digits hardly. The list of the
pairs that are confused most often can, however many classes there are; and beside each pair stand
images of it. To have some mistakes to look at, the network is trained on no more than 150 digits.
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
# The percentage is the share of the true class: of all test images of that digit, so many were
# taken for the other one.
#
# If two classes are confused both ways, they look alike to the network. If almost all goes one
# way, it rather has a preference, such as for the class that it has seen more of. With both
# directions merged into one pair, the two colors of a bar tell which it is.

ConfusedPairsDisplay.from_predictions(
    y[150:], y_pred, X=X[150:], n_pairs=6, n_examples=4, merge_directions=True, random_state=0
)
plt.show()

# %%
# 5 and 9 are taken for each other either way. That nearly all confusions of 1 and 8, or of 3 and 9,
# go one way hints at the training images instead: 150 digits hardly show every way to write a 1.
