"""What `benchmarks/images.py` is made of."""
