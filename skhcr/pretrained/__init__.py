"""Pretrained networks that come with the package."""

from ._models import list_pretrained, load_pretrained, pretrained_card

__all__ = ["list_pretrained", "load_pretrained", "pretrained_card"]
