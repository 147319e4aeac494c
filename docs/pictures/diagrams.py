"""Diagrams."""

from canvas import BLUE, GRAY, new_figure, save_figure

_FILES = {
    ".skhcr": "load: predict, train further",
    ".onnx": "ONNX Runtime: servers, any language",
    ".tflite": "LiteRT: phones and small devices",
    ".html": "a browser, without a server",
    ".keras, .h5": "Keras: the network alone",
}


def files():
    """Draw the files that a fitted pipeline can be written to, and their uses."""
    figure, axes = new_figure(3.6)
    ax = axes[0, 0]
    ax.set(xlim=(0, 10), ylim=(len(_FILES) - 0.4, -0.6))
    ax.set_axis_off()
    middle = (len(_FILES) - 1) / 2
    box = {"boxstyle": "round,pad=0.5", "fc": BLUE, "ec": "none"}
    ax.text(1.1, middle, "fitted\npipeline", ha="center", va="center", color="white", bbox=box)
    for place, (name, use) in enumerate(_FILES.items()):
        arrow = {"arrowstyle": "->", "color": GRAY, "lw": 1.5}
        ax.annotate("", (3.0, place), xytext=(1.95, middle), arrowprops=arrow)
        ax.text(3.1, place - 0.02, name, va="center", weight="bold")
        ax.text(5.15, place, use, va="center", fontsize=11)
    save_figure(figure, "files")
