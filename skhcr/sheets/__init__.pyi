from ._code import SheetPage
from ._cut import CutCell, CutSheet, CutSheets, cut_sheets
from ._draw import draw_sheets
from ._errors import SheetError, SheetWarning

__all__ = [
    "CutCell",
    "CutSheet",
    "CutSheets",
    "SheetError",
    "SheetPage",
    "SheetWarning",
    "cut_sheets",
    "draw_sheets",
]
