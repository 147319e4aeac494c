"""Searches that tune networks, recipes and augmentation."""

from ._search import OptunaSearchCV
from ._spaces import search_space

__all__ = ["OptunaSearchCV", "search_space"]
