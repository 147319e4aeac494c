"""OpenCV, an optional dependency."""

from types import ModuleType


def opencv() -> ModuleType:
    """Return the OpenCV module, or raise an error with installation advice."""
    try:
        import cv2
    except ImportError as error:
        raise ImportError(
            "Sheets need additional packages: pip install 'skhcr[sheets]'."
        ) from error
    return cv2
