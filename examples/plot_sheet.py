"""
A data set from a printed sheet
===============================

``draw_sheets`` makes a PDF document with a box for every character. You print it, fill it in and
photograph it; ``cut_sheets`` finds the boxes in the photograph and writes a folder of images for
each class. Here, scikit-learn's digits fill the boxes, and the photograph is synthetic.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pypdfium2
from PIL import Image

from skhcr.datasets import load_digit_images, load_image_folder
from skhcr.sheets import cut_sheets, draw_sheets

# %%
# Ten digits, five times each, for a writer called Anna. The page contains everything needed for
# cutting: four markers, and a code with the labels, the writer and the positions of the boxes.

folder = Path(tempfile.mkdtemp())
(page,) = draw_sheets("0123456789", folder / "sheet.pdf", copies=5, writers=["Anna"])
sheet = pypdfium2.PdfDocument(folder / "sheet.pdf")[0].render(scale=2).to_pil().convert("L")

# %%
# Fill in most of the boxes, and simulate a photograph:

digits = load_digit_images()
pixels_per_millimeter = sheet.width / 210
for index, (label, box) in enumerate(zip(page.cell_labels(), page.grid.boxes(50), strict=True)):
    if index % 9 == 8:
        continue  # forgotten
    left, top, right, _ = pixels_per_millimeter * box
    side = round(0.7 * (right - left))
    ink = Image.fromarray(digits.images[np.flatnonzero(digits.target.astype(str) == label)[index]])
    corner = round(left + 0.15 * (right - left)), round(top + 0.15 * (right - left))
    sheet.paste(50, corner, ink.resize((side, side), Image.BICUBIC))
photograph = Image.new("L", (1340, 1820), 90)
photograph.paste(sheet.rotate(3, Image.BICUBIC, expand=True, fillcolor=90), (40, 40))
light = np.linspace(1, 0.6, photograph.width)
photograph = Image.fromarray((photograph * light).astype(np.uint8))
photograph.save(folder / "photograph.jpg")

# %%
# From the photograph to the letters:

cut = cut_sheets(folder / "photograph.jpg", folder / "digits")
print(len(cut.cells), "cut,", cut.sheets[0].n_empty, "empty,", len(cut.doubtful), "doubtful")

figure, ax = plt.subplots(figsize=(6, 8), layout="constrained")
ax.imshow(photograph, cmap="gray", vmin=0, vmax=255)
for cell in cut.cells:
    ax.add_patch(plt.Polygon(cell.corners - 0.5, fill=False, color="tab:blue"))
ax.set_axis_off()

# %%
# The result is a data set with classes and writers:

images = load_image_folder(folder / "digits", group_pattern=r"^([^_]+)_")
print(Path(images.filenames[0]).relative_to(folder), images.target[0], images.groups[0])
