"""Letters of fonts: hands of many countries and schools, in addition to writers."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ._store import RESULTS, ROOT

FOLDER = RESULTS / "checkpoints" / "fonts"
LATIN, ARABIC, CYRILLIC = "latin", "arabic", "cyrillic"
_PACKAGES = {
    LATIN: ROOT / "benchmarks" / "handwriting_fonts.txt",
    ARABIC: ROOT / "benchmarks" / "arabic_fonts.txt",
    CYRILLIC: ROOT / "benchmarks" / "cyrillic_fonts.txt",
}
_SIZE, _PAGE = 100, 400  # of the letters and of the pages, in pixels


def letters_of_fonts(
    characters: str, script: str
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Return a page for each character and font, the characters, and the numbers of the fonts.

    Raises
    ------
    FileNotFoundError
        If a font is not installed in `FOLDER`.
    """
    packages = _PACKAGES[script].read_text().split()
    fonts = [_font(package, script) for package in packages]
    pages = [_page(font, character) for font in fonts for character in characters]
    return (
        pages,
        np.tile(list(characters), len(packages)),
        np.repeat(np.arange(len(packages)), len(characters)),
    )


def _font(package: str, script: str) -> ImageFont.FreeTypeFont:
    files = FOLDER / "node_modules" / package / "files"
    regular = list(files.glob(f"*-{script}-400-normal.woff"))
    others = sorted(files.glob(f"*-{script}-[0-9]*.woff"))
    if not others:
        raise FileNotFoundError(
            f"the font {package} is not in {FOLDER}: run npm install --prefix {FOLDER} "
            f"$(cat {_PACKAGES[script]})"
        )
    return ImageFont.truetype((regular or others)[0], _SIZE)


def _page(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    page = Image.new("L", (_PAGE, _PAGE), 255)
    middle = (_PAGE / 2, _PAGE / 2)
    ImageDraw.Draw(page).text(middle, character, font=font, fill=0, anchor="mm")
    return np.asarray(page)
