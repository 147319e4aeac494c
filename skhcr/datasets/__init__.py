"""Data sets: embedded ones, image folders, and where downloads are kept.

Nothing here knows an estimator, and nothing is written to disk by reading.
"""

from ._data_home import get_data_home
from ._digits import load_digit_images
from ._folders import load_image_folder

__all__ = ["get_data_home", "load_digit_images", "load_image_folder"]
