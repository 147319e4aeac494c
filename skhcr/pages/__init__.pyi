from ._find import Cell, Character, find_characters
from ._read import read_page
from ._reading import PageReading, ReadCharacter

__all__ = [
    "Cell",
    "Character",
    "PageReading",
    "ReadCharacter",
    "find_characters",
    "read_page",
]
