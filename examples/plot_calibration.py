"""
Calibrated probabilities
========================

Label smoothing makes a network less confident. It improves the labels, but the probabilities are
too low: nearly all predictions with a probability of 80 % are correct. With ``calibrate=True``, the
classifier holds out a tenth of the training rows and fits a temperature to them. No label changes,
and the log loss on test images is about halved; only the least certain eighth is still
underconfident.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skhcr import CNN, CNNClassifier
from skhcr.datasets import load_digit_images

X, y = load_digit_images(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=0)

network = CNN((16, 32), padding="same", dense=(64,))
figure, axes = plt.subplots(figsize=(5, 5))
for name, calibrate in (("as trained", False), ("calibrated", True)):
    classifier = CNNClassifier(network, epochs=12, calibrate=calibrate, random_state=0)
    probabilities = classifier.fit(X_train, y_train).predict_proba(X_test)
    predicted = classifier.classes_[probabilities.argmax(axis=1)]
    CalibrationDisplay.from_predictions(
        predicted == y_test,
        probabilities.max(axis=1),
        n_bins=8,
        strategy="quantile",
        name=f"{name}, log loss {log_loss(y_test, probabilities):.3f}",
        ax=axes,
    )
axes.set(
    xlabel="Probability of the predicted label",
    ylabel="Share of correct predictions",
    xlim=(0.4, 1.02),
    ylim=(0.4, 1.02),
)
axes.legend(loc="lower right")
plt.show()
