"""
Images in a CSV file, labels in file names
==========================================

Data sets list their images in a CSV file, or have the labels in the file names. Both result in
paths and labels. The images are opened when the pipeline needs them.
"""

# %%
# 300 of scikit-learn's digits, written to such files:

import csv
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skhcr import ImageLoader
from skhcr.datasets import load_digit_images, load_image_csv, load_image_folder

folder = Path(tempfile.mkdtemp())
(folder / "scans").mkdir()
digits = load_digit_images()
with open(folder / "digits.csv", "w", newline="", encoding="utf-8") as file:
    table = csv.writer(file)
    table.writerow(["image", "label"])
    for row, (image, label) in enumerate(zip(digits.images[:300], digits.target, strict=False)):
        name = f"scans/id_{row:03}_label_{label}.png"
        Image.fromarray(image.squeeze()).save(folder / name)
        table.writerow([name, label])
print(*(folder / "digits.csv").read_text(encoding="utf-8").splitlines()[:4], sep="\n")

# %%
# The columns are found by their names; ``image_column`` and ``label_column`` name other ones:

listed = load_image_csv(folder / "digits.csv")
print(len(listed.filenames), "images,", Path(listed.filenames[0]).name, listed.target[0])

# %%
# The same labels from the file names. The pattern has one group, which is the label:

named = load_image_folder(folder / "scans", label_pattern=r"label_(\d+)")
print(
    dict(zip(listed.filenames, listed.target, strict=True))
    == dict(zip(named.filenames, named.target, strict=True))
)

# %%
# The paths are the input of a pipeline, here with a support vector machine, and of a
# cross-validation. A :class:`~skhcr.CNNClassifier` does not need the flattening.

flatten = FunctionTransformer(lambda images: images.reshape(len(images), -1) / 255)
model = make_pipeline(ImageLoader(size=(16, 16)), flatten, PCA(40, random_state=0), SVC(C=10))
scores = cross_val_score(model, listed.filenames, listed.target, cv=3)
print(f"accuracy {scores.mean():.3f} ± {scores.std():.3f}")

# %%
# A few of the files, with their labels:

figure, axes = plt.subplots(2, 6, figsize=(8, 3.2), layout="constrained")
for ax, file, label in zip(axes.flat, listed.filenames, listed.target, strict=False):
    ax.imshow(Image.open(file), cmap="gray")
    ax.set_title(f"{Path(file).name}\n{label}", fontsize=7)
    ax.set_axis_off()
plt.show()
