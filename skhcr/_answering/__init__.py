"""Networks as plain data, and their predictions without TensorFlow.

The code needs only NumPy and ONNX Runtime; importing this package imports neither.
"""
