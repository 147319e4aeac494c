"""
Inspecting predictions
======================

An accuracy does not show whether a mistake was the network's or the writer's; the images do. A
gallery shows images with their true and their predicted labels, and there are three ways to select
them.
"""

import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skhcr import CNN, CNNClassifier, ImageAugmenter
from skhcr.datasets import load_digit_images
from skhcr.inspection import PredictionGalleryDisplay

X, y = load_digit_images(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=500, stratify=y, random_state=0
)
pipeline = make_pipeline(
    ImageAugmenter(rotation=8, shear=0, random_state=0),
    CNNClassifier(CNN(filters=(16, 32), padding="same", dense=(64,)), epochs=15, random_state=0),
)
pipeline.fit(X_train, y_train)
print(f"{pipeline.score(X_test, y_test):.1%} accuracy on {len(X_test)} test images")

# %%
# Random images show typical results.

PredictionGalleryDisplay.from_estimator(pipeline, X_test, y_test, n_samples=12, random_state=0)
plt.show()

# %%
# Here, the most confident mistakes come first. Label errors in a data set also appear here.

PredictionGalleryDisplay.from_estimator(pipeline, X_test, y_test, select="wrong", n_samples=12)
plt.show()

# %%
# A row for each class shows its variation. Rare classes are as visible as frequent ones.

display = PredictionGalleryDisplay.from_estimator(
    pipeline, X_test, y_test, select="per_class", n_samples=6, random_state=0
)
display.figure_.suptitle("Six test images of each digit")
plt.show()
