"""The peak performance of the machine, and the operations of a network."""

from collections.abc import Callable
from math import prod

SIDE = 2048
_PRODUCTS = 8


def matrix_products() -> tuple[Callable[[], object], float]:
    """Return a function that multiplies float32 matrices on all cores, and its GFLOP."""
    import tensorflow as tf

    a, b = (tf.random.stateless_normal((SIDE, SIDE), seed=(0, i)) for i in range(2))

    def multiply():
        for _ in range(_PRODUCTS):
            product = tf.linalg.matmul(a, b)
        return product.numpy()

    return multiply, _PRODUCTS * 2 * SIDE**3 / 1e9


def gflop_per_image(model) -> float:
    """Return the GFLOP of a Keras model's answer to one image: its convolutions and products."""
    products = 0
    for layer in model.layers:
        if type(layer).__name__ in ("Conv2D", "Dense"):
            places = prod(layer.output.shape[1:-1])  # 1 for a dense layer
            products += places * prod(layer.kernel.shape)
    return 2 * products / 1e9
