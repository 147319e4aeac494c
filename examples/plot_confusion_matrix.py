"""
Which digits are mistaken for which?
====================================

A :class:`~skhcr.CNNClassifier` is a scikit-learn classifier, so scikit-learn's own reports and
displays work on it. Here, in a cross-validation with three folds, every digit of the data set is
classified by a network that was not trained on it.
"""

import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from skhcr import CNN, CNNClassifier
from skhcr.datasets import load_digit_images

X, y = load_digit_images(return_X_y=True)
classifier = CNNClassifier(
    CNN(filters=(16, 32), padding="same", dense=(64,)), epochs=8, random_state=0
)
folds = StratifiedKFold(3, shuffle=True, random_state=0)
y_pred = cross_val_predict(classifier, X, y, cv=folds)
print(classification_report(y, y_pred, digits=3))

# %%
# Nearly all counts are on the diagonal, which would leave the rest without color. A color scale
# that ends at a few mistakes makes them visible; every cell still shows its number.

display = ConfusionMatrixDisplay.from_predictions(
    y, y_pred, cmap="Blues", colorbar=False, im_kw={"vmin": 0, "vmax": 12}
)
display.ax_.set_title("Each row: the digits of a class")
plt.show()

# %%
# The data set contains digits of 43 writers, but does not identify them. Digits of one writer are
# in several folds, so the accuracy on new writers would be lower than in this report.
