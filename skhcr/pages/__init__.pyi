from ._find import Cell, Character, find_characters
from ._read import PageReading, ReadCharacter, read_page

__all__ = [
    "Cell",
    "Character",
    "PageReading",
    "ReadCharacter",
    "find_characters",
    "read_page",
]
