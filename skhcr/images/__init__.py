"""Images in, arrays out: reading, normalizing, scaling and augmenting pictures of characters.

Nothing here needs Keras or TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
