"""Pictures for which networks are trained: a few minutes in all."""

import re

import numpy as np
from canvas import BLUE, GRAY, GREEN, RED, ROOT, new_figure, save_figure, show_image

from skhcr import CNN, CNNClassifier, InkNormalizer, WriterAdapter, load_pretrained
from skhcr.datasets import fetch_ahcd, load_digit_images


def seeds():
    """Draw the training curves of four seeds, and one of them again."""
    images, labels = load_digit_images(return_X_y=True)
    figure, axes = new_figure(3.8)
    ax = axes[0, 0]
    classifier = CNNClassifier(CNN(filters=(8,)), epochs=12)
    for seed in range(4):
        fitted = classifier.set_params(random_state=seed).fit(images[:600], labels[:600])
        color, width = (BLUE, 2.5) if seed == 0 else ("#b5b5b5", 1.5)
        ax.plot(range(1, 13), fitted.loss_curve_, color=color, lw=width)
        ax.plot([], [], color=color, lw=width, label=f"random_state={seed}" if seed == 0 else None)
    again = classifier.set_params(random_state=0).fit(images[:600], labels[:600])
    ax.plot(range(1, 13), again.loss_curve_, "o", color=RED, mfc="none", label="the same again")
    ax.plot([], [], color="#b5b5b5", lw=1.5, label="other seeds")
    ax.set(xlabel="epoch", ylabel="training loss", xlim=(2.5, 12.5), ylim=(0.56, 0.8))
    ax.legend()
    save_figure(figure, "seeds")


def features():
    """Draw what the layers of a pretrained network compute, with Keras."""
    import keras

    model = load_pretrained("digits")
    image = model[:-1].transform([255 - load_digit_images().images[3]])
    whole = model[-1].model_
    (place,) = (i for i, layer in enumerate(whole.layers) if isinstance(layer, keras.Model))
    network = whole.layers[place]
    standardizing = keras.Model(whole.inputs, whole.layers[place - 1].output)
    by_size = {}  # the last output of each size that still shows the digit
    for layer in network.layers:
        if len(layer.output.shape) == 4 and layer.output.shape[1] >= 8:
            by_size[layer.output.shape[1]] = layer.output
    features_of = keras.Model(network.inputs, list(by_size.values()))
    maps = features_of.predict(standardizing.predict(image, verbose=0), verbose=0)
    n = 7
    figure, axes = new_figure(0.95 * len(maps) + 0.4, len(maps), n + 1)
    for row, output in zip(axes, maps, strict=True):
        show_image(row[0], image[0])
        for ax, channel in zip(row[1:], range(n), strict=True):
            values = output[0, :, :, channel]
            show_image(ax, 255 * (values - values.min()) / max(np.ptp(values), 1e-6))
        side = output.shape[1]
        row[0].set_ylabel(f"{side} x {side}", fontsize=13)
    axes[0, 0].set_title("input")
    save_figure(figure, "features")


def networks():
    """Draw the accuracy of the networks by the time for training, from the table of accuracy."""
    lines = (ROOT / "docs" / "benchmarks" / "accuracy.md").read_text(encoding="utf-8").splitlines()
    figure, axes = new_figure(4.4)
    ax = axes[0, 0]
    for cells in ([cell.strip() for cell in line.split("|")] for line in lines if "AHCD" in line):
        _, network, recipe, data, accuracy, *_, seconds, _, _ = cells
        if data != "AHCD, published split" or recipe not in ("ours", "defaults") or "," in network:
            continue
        mean, spread = (float(number) for number in re.findall(r"[\d.]+", accuracy))
        ax.errorbar(float(seconds) / 60, mean, spread, fmt="o", color=BLUE, capsize=3)
        above = -26 if network == "bn_cnn" else 14  # points; another network is just above it
        place = {"xytext": (0, above), "textcoords": "offset points", "ha": "center"}
        ax.annotate(network, (float(seconds) / 60, mean), **place)
    ax.set(
        xlabel="minutes of one core for training",
        ylabel="accuracy, %",
        xlim=(0, 30),
        ylim=(92.5, 99.4),
    )
    ax.grid(alpha=0.3)
    save_figure(figure, "networks")


def writer():
    """Draw the letters of an unseen writer that get other labels when classified together."""
    letters = fetch_ahcd()
    rows = InkNormalizer(size=(20, 20), on_blank="ignore").transform(letters.images)
    is_held_out = letters.groups < 12
    is_new = letters.groups == 11  # with the median gain
    network = CNN(filters=(16, 32), padding="same", dense=(64,))
    classifier = CNNClassifier(network, epochs=6, random_state=0, verbose=1)
    classifier.fit(rows[~is_held_out], letters.target[~is_held_out])
    alone = classifier.predict(rows[is_new])
    together = WriterAdapter(classifier).predict(rows[is_new])
    truth, images = letters.target[is_new], letters.images[is_new]
    print(f"alone {np.mean(alone == truth):.1%}, together {np.mean(together == truth):.1%}")
    all_alone, all_together = (
        model.score(rows[is_held_out], letters.target[is_held_out], **groups)
        for model, groups in (
            (classifier, {}),
            (WriterAdapter(classifier), {"groups": letters.groups[is_held_out]}),
        )
    )
    print(f"all writers: alone {all_alone:.1%}, together {all_together:.1%}")
    changed = np.flatnonzero(alone != together)
    n_columns = 5
    n_rows = -(-len(changed) // n_columns)
    figure, axes = new_figure(1.6 * n_rows, n_rows, n_columns)
    figure.get_layout_engine().set(wspace=0.3)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, row in zip(axes.flat, changed, strict=False):
        show_image(ax, 255 - images[row])
        is_right = together[row] == truth[row]
        color = GREEN if is_right else RED
        # One by one: Arabic letters in one text would run from right to left.
        titles = (("left", alone[row], GRAY), ("center", "\N{RIGHTWARDS ARROW}", GRAY))
        for place, text, its_color in (*titles, ("right", together[row], color)):
            ax.set_title(text, loc=place, color=its_color, fontsize=17)
    save_figure(figure, "one-writer")
