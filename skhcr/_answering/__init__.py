"""Networks as plain data: what is kept of them, and their answers without TensorFlow.

What needs no more than NumPy and ONNX Runtime: importing this package imports neither.
"""
