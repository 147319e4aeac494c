"""The fast network, for figures in minutes, with the parameters that were chosen for it."""

from skhcr import CNNClassifier
from skhcr.networks import ResNet

# A sixth of the default's products and sums.
FAST = ResNet(depth=0, stem_stride=2, stem_kernel_size=5)


def fast_classifier(seed: int, epochs: int = 7, **parameters) -> CNNClassifier:
    """Return a classifier with the fast network, not fitted."""
    return CNNClassifier(
        FAST, epochs=epochs, batch_size=128, learning_rate=0.03, random_state=seed, **parameters
    )
