"""Convert images of characters to arrays: read, normalize, scale and augment them.

Nothing here needs Keras or TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
