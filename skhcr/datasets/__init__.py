"""Data sets: embedded, downloaded, and your own images.

Nothing here depends on estimators. Only downloads are written to disk, and faster copies of files
that are slow to read.
"""

from ._ahcd import fetch_ahcd
from ._az import fetch_az_letters
from ._data_home import get_data_home
from ._digits import load_digit_images
from ._duplicates import deduplicate
from ._emnist import fetch_emnist
from ._english import fetch_english_handwritten
from ._folder_checks import DataPartsError
from ._folders import load_image_folder
from ._hijja import fetch_hijja
from ._image_csv import load_image_csv
from ._kmnist import fetch_kmnist
from ._labels import labels_from_filenames
from ._mnist import fetch_mnist
from ._omniglot import fetch_omniglot
from ._pixel_csv import load_pixel_csv
from ._russian import fetch_russian_letters
from ._strokes import draw_strokes
from ._unipen import fetch_unipen

__all__ = [
    "DataPartsError",
    "deduplicate",
    "draw_strokes",
    "fetch_ahcd",
    "fetch_az_letters",
    "fetch_emnist",
    "fetch_english_handwritten",
    "fetch_hijja",
    "fetch_kmnist",
    "fetch_mnist",
    "fetch_omniglot",
    "fetch_russian_letters",
    "fetch_unipen",
    "get_data_home",
    "labels_from_filenames",
    "load_digit_images",
    "load_image_csv",
    "load_image_folder",
    "load_pixel_csv",
]
