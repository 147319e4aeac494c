"""What all pictures share: their width, their text sizes, and the limits of their files."""

import io
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))  # benchmarks have the real letters

_STATIC = ROOT / "docs" / "_static"
_LARGEST, _LARGEST_IN_MOTION = 150_000, 700_000  # bytes
_DPI = 160
BLUE, RED, GREEN, GRAY = "#1f5fa8", "#be1e1e", "#1b7a3d", "#6e6e6e"

# A picture is 1,024 pixels wide; on a phone, a third of them remain.
plt.rcParams.update({"font.size": 13, "axes.titlesize": 13, "savefig.dpi": _DPI})


def new_figure(height, *shape, **options):
    """Return a figure of the common width, and its axes."""
    return plt.subplots(
        *shape, figsize=(6.4, height), layout="constrained", squeeze=False, **options
    )


def save_figure(figure, name, **options):
    """Save a figure."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    plt.close(figure)
    save_image(Image.open(file).convert("RGB"), name, **options)


def save_image(image, name, quality=88):
    """Save an image as a WebP file, unless the file would be large."""
    file = io.BytesIO()
    image.save(file, "WEBP", quality=quality, method=6)
    if file.tell() > _LARGEST:
        raise ValueError(f"{name} would have {file.tell()} bytes, more than {_LARGEST}.")
    (_STATIC / f"{name}.webp").write_bytes(file.getvalue())


def show_image(ax, image, title="", color="black"):
    """Show an image without axes, with sharp pixels if it has few."""
    interpolation = "nearest" if max(image.shape[:2]) < 100 else "antialiased"
    ax.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation=interpolation)
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, color=color)


def save_frames(frames, durations, name, quality=60):
    """Save frames and their durations in milliseconds as a WebP file that loops."""
    file = io.BytesIO()
    options = {"duration": durations, "loop": 0, "quality": quality, "method": 6}
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], **options)
    if file.tell() > _LARGEST_IN_MOTION:
        raise ValueError(f"{name} would have {file.tell()} bytes, more than {_LARGEST_IN_MOTION}.")
    (_STATIC / f"{name}.webp").write_bytes(file.getvalue())
