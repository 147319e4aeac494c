"""A page with its predicted characters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..images import ImageLoader
from ..pages import PageReading, read_page
from ._axes import text_style
from ._fonts import LabelFonts
from ._image_grid import draw_image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle
    from matplotlib.text import Text

_SURE, _UNSURE, _EMPTY = "tab:blue", "crimson", "tab:gray"
_WIDTH = 8.0  # inches
_PER_INCH = 72  # points


class PageDisplay:
    """A page with a box and the predicted label for every character.

    Use :meth:`from_estimator` to create one. All parameters are stored as attributes.

    Parameters
    ----------
    image : path, array or any other input of :class:`skhcr.ImageLoader`
        The page.
    reading : PageReading
        The result of :func:`skhcr.pages.read_page`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the page.
    figure_ : matplotlib Figure
        The figure.
    boxes_ : list of matplotlib Rectangle
        The box of every character, in reading order.
    text_ : list of matplotlib Text
        The label above every box.

    See Also
    --------
    skhcr.pages.read_page : Read a page.
    PredictionGalleryDisplay : Images of single characters, with their predicted labels.

    Examples
    --------
    >>> from PIL import Image, ImageDraw
    >>> from skhcr import load_pretrained
    >>> from skhcr.inspection import PageDisplay
    >>> page = Image.new("L", (200, 150), 255)
    >>> pen = ImageDraw.Draw(page)
    >>> pen.line([(60, 40), (110, 40), (80, 110)], fill=30, width=8, joint="curve")
    >>> display = PageDisplay.from_estimator(load_pretrained("digits", exported=True), page)
    >>> [text.get_text() for text in display.text_]
    ['7']
    >>> display.figure_.savefig("page.png")  # doctest: +SKIP
    """

    def __init__(self, *, image: Any, reading: PageReading) -> None:
        self.image = image
        self.reading = reading

    def plot(
        self,
        ax: Axes | None = None,
        *,
        least: float = 0.9,
        im_kw: Mapping[str, Any] | None = None,
        box_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> PageDisplay:
        """Draw the page.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is made.
        least : float, default=0.9
            Characters with a smaller probability are red. Those that look like none of the model's
            letters have dashed boxes.
        im_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.imshow`.
        box_kw : dict, default=None
            Keywords for :class:`matplotlib.patches.Rectangle`.
        text_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.text`.

        Returns
        -------
        PageDisplay
            The display itself.

        Raises
        ------
        skhcr.images.ImageLoadError
            If the image cannot be read.
        """
        from matplotlib.patches import Rectangle

        page = ImageLoader(size=None, mode="RGB").transform([self.image])[0]
        height, width = page.shape[:2]
        if ax is None:
            import matplotlib.pyplot as plt

            size = _WIDTH, max(1.0, _WIDTH * height / width)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        draw_image(ax, page, (0, 255), im_kw)
        for cell in self.reading.cells:
            ax.add_patch(_rectangle(Rectangle, cell.box, {"edgecolor": _EMPTY, "linestyle": ":"}))
        characters = self.reading.characters
        texts = [self.reading.text_of(character) for character in characters]
        fonts = LabelFonts(texts)
        high = np.median([one.box[3] - one.box[1] for one in characters]) if characters else 1
        points = float(np.clip(0.5 * high / width * _WIDTH * _PER_INCH, 5, 14))
        self.boxes_: list[Rectangle] = []
        self.text_: list[Text] = []
        for character, label in zip(characters, texts, strict=True):
            color = _SURE if character.probability >= least else _UNSURE
            line = "--" if character.unknown else "-"
            style = {"edgecolor": color, "linestyle": line, **(box_kw or {})}
            box = _rectangle(Rectangle, character.box, style)
            ax.add_patch(box)
            self.boxes_.append(box)
            left, top, right, _ = character.box
            of_text = {
                "fontsize": points,
                "fontfamily": fonts.families,
                "color": color,
                "ha": "center",
                "va": "bottom",
            }
            self.text_.append(
                ax.text(
                    (left + right) / 2,
                    top,
                    fonts.drawable(label),
                    parse_math=False,
                    **text_style(of_text, text_kw),
                )
            )
        self.ax_: Axes = ax
        self.figure_: Figure = ax.figure  # type: ignore[assignment]
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        image: Any,
        *,
        ax: Axes | None = None,
        least: float = 0.9,
        im_kw: Mapping[str, Any] | None = None,
        box_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
        **reading_params: Any,
    ) -> PageDisplay:
        """Read a page with a model, and show it.

        Parameters
        ----------
        estimator : estimator, ExportedClassifier or str
            The model, see :func:`skhcr.pages.read_page`.
        image : path, array or any other input of :class:`skhcr.ImageLoader`
            The page.
        ax, least, im_kw, box_kw, text_kw
            See :meth:`plot`.
        **reading_params : dict
            Further parameters of :func:`skhcr.pages.read_page`.

        Returns
        -------
        PageDisplay
            The display, drawn.
        """
        reading = read_page(estimator, image, **reading_params)
        display = cls(image=image, reading=reading)
        return display.plot(ax, least=least, im_kw=im_kw, box_kw=box_kw, text_kw=text_kw)


def _rectangle(
    kind: type[Rectangle], box: tuple[int, int, int, int], style: Mapping[str, Any]
) -> Rectangle:
    left, top, right, bottom = box
    corner = left - 0.5, top - 0.5  # the middle of a pixel is at a whole number
    return kind(corner, right - left, bottom - top, **{"fill": False, "linewidth": 1, **style})
