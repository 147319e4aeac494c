"""OpenCV, which an extra installs."""

from types import ModuleType


def opencv() -> ModuleType:
    """Return OpenCV's module, or raise an error that says how to install it."""
    try:
        import cv2
    except ImportError as error:
        raise ImportError("Sheets need further packages: pip install 'skhcr[sheets]'.") from error
    return cv2
