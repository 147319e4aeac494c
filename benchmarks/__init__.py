"""Measurements, side by side with what others report or offer; ``python -m benchmarks`` lists them.

They take minutes to hours, keep every finished piece at once, and go on from there when started
again.
"""
