"""
Which digits are mistaken for which?
====================================

A :class:`~skhcr.CNNClassifier` is a scikit-learn classifier, so scikit-learn's own reports and
displays work on it. Here every digit of the data set is read by a network that was not trained on
it, in a cross-validation with three folds.
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
# Nearly all of the matrix lies on its diagonal, which would leave the rest without color. Colors
# that end at a few mistakes bring them out; every number stands in its cell as ever.

display = ConfusionMatrixDisplay.from_predictions(
    y, y_pred, cmap="Blues", colorbar=False, im_kw={"vmin": 0, "vmax": 12}
)
display.ax_.set_title("Each row: the digits of a class")
plt.show()

# %%
# The data set holds digits of 43 writers, but not who wrote which. Digits of one writer lie in
# several folds, so that those of a new writer would be read less well than this report says.
