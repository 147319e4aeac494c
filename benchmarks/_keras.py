"""The networks of skhcr in bare Keras."""


def compiled(network, shape, n_classes):
    """Return a Keras model for images of a shape, ready to be trained on the numbers of classes."""
    model = network.build(shape, n_classes)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
