"""Networks that have learned a script already, and come with the package."""

from ._ready import list_pretrained, load_pretrained

__all__ = ["list_pretrained", "load_pretrained"]
