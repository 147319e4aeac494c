"""
Reading a form
==============

A form has a box for every character, and empty boxes after them. ``read_page`` finds the boxes and
returns the label and the probability of each character. The digits are those of scikit-learn; the
model was trained on other writers.
"""

import numpy as np
from PIL import Image, ImageDraw

from skhcr import load_pretrained
from skhcr.datasets import load_digit_images
from skhcr.inspection import PageDisplay
from skhcr.pages import read_page

# %%
# Three fields of eight boxes, with this many digits in each. The scan is slightly rotated.

digits = load_digit_images()
page = Image.new("L", (640, 340), 240)
pen = ImageDraw.Draw(page)
written = iter(range(100, 120))
for row, n_digits in enumerate((8, 5, 3)):
    for place in range(8):
        left, top = 70 + 62 * place, 40 + 95 * row
        pen.rectangle((left, top, left + 62, top + 70), outline=120, width=3)
        if place < n_digits:
            digit = Image.fromarray(digits.images[next(written)]).resize((44, 52))
            page.paste(30, (left + 10, top + 10), digit)
page = page.rotate(1, Image.Resampling.BICUBIC, fillcolor=240)

# %%
# The result, with red boxes for probabilities below 90 %:

reading = read_page(load_pretrained("digits", exported=True), page)
print(reading.text)
print("written:", *digits.target[100:116])
PageDisplay(image=np.asarray(page), reading=reading).plot()

# %%
# Every character has alternatives, and the result includes empty boxes:

unsure = min(reading.characters, key=lambda character: character.probability)
print([(label, round(probability, 3)) for label, probability in unsure.alternatives[:3]])
print(len(reading.cells) - len(reading.characters), "empty boxes")
