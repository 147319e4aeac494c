"""Pages, the network's input, and the prediction."""

import numpy as np
from canvas import BLUE, GRAY, RED, new_figure, save_figure, show_image

from skhcr import InkNormalizer, load_pretrained

# The first page of each condition is shown.
_PAGES = [
    ("english", "edge", "on a wooden table"),
    ("arabic-letters", "light", "shadow over the letter"),
    ("digits", "lines", "squared paper"),
    ("russian-letters", "as published", "test images"),
]


def pages_to_labels():
    """Draw four pages, the network's input and the best label, from top to bottom."""
    figure, axes = new_figure(4.1, 3, len(_PAGES), height_ratios=(1, 1, 0.4))
    for column, page in zip(axes.T, _PAGES, strict=True):
        pixels, label, seen, labels, probabilities = _read(*page)
        show_image(column[0], pixels)
        show_image(column[1], seen)
        color = BLUE if labels[0] == label else RED
        column[2].text(0.35, 0.5, labels[0], size=30, ha="center", va="center", color=color)
        column[2].text(0.5, 0.5, f"{probabilities[0]:.0%}", size=14, va="center", color=color)
        column[2].set_axis_off()
    for ax, name in zip(axes[:2, 0], ("page", "network input"), strict=True):
        ax.set_ylabel(name, fontsize=14)
    save_figure(figure, "pages-to-labels")


def probabilities():
    """Draw the same pages, with the three best labels of the pretrained models."""
    figure, axes = new_figure(6.6, len(_PAGES), 3, width_ratios=(1, 1, 1.3))
    for row, page in zip(axes, _PAGES, strict=True):
        pixels, label, seen, labels, values = _read(*page)
        show_image(row[0], pixels)
        row[0].set_ylabel(page[0], fontsize=12)
        show_image(row[1], seen)
        row[2].barh(range(3), values, color=[BLUE if best == label else GRAY for best in labels])
        row[2].set_yticks(range(3), labels, fontsize=17)
        for place, value in enumerate(values):
            row[2].text(value + 0.03, place, f"{value:.1%}", va="center", fontsize=12)
        row[2].set(xlim=(0, 1.35), xticks=[], ylim=(2.6, -0.6))
        row[2].tick_params(length=0)
        row[2].spines[:].set_visible(False)
    for ax, title in zip(axes[0], ("page", "network input", "probabilities"), strict=True):
        ax.set_title(title)
    save_figure(figure, "probabilities")


def unknown():
    """Draw letters and other images with their labels, or "unknown" for low scores."""
    from benchmarks._no_letters import letter, pages

    kinds = {
        "letters": None,
        "scribbles": "scribbles",
        "two letters": "two letters, side by side",
        "pieces": "pieces of letters",
        "other scripts": "other scripts",
    }
    model = load_pretrained("english", exported=True)
    rng = np.random.default_rng(0)
    n = 5
    figure, axes = new_figure(7.2, len(kinds), n)
    for row, (name, kind) in zip(axes, kinds.items(), strict=True):
        if kind is None:
            images = [letter("english", "test", rng) for _ in range(n)]
        else:
            images = pages(kind, "english", "test", 0, n)
        is_unknown = model.score_samples(images) < model.offset_
        answers = zip(row, images, model.predict(images), is_unknown, strict=True)
        for ax, image, label, is_marked in answers:
            show_image(ax, image, *(("unknown", RED) if is_marked else (str(label), BLUE)))
        row[0].set_ylabel(name, fontsize=12)
    save_figure(figure, "unknown")


def _read(name, kind, condition):
    """Return a page, its label, the network's input, and its three best labels."""
    from benchmarks._page_samples import samples

    page, label = next(samples(name, kind, condition, 0, 1))
    model = load_pretrained(name, exported=True)
    (probabilities,) = model.predict_proba([page])
    best = np.argsort(probabilities)[::-1][:3]
    seen = InkNormalizer(size=(32, 32)).transform([page])[0, :, :, 0]
    return page, label, seen, [str(known) for known in model.classes_[best]], probabilities[best]
