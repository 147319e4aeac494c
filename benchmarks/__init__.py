"""``python -m benchmarks``: measurements compared with published results and other libraries."""
