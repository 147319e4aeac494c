"""Measurements, side by side with what others report or offer: ``python -m benchmarks``."""
