"""How fast synthmix is, beside the machine's own limits, careful numpy and other programs.

Run ``python -m benchmarks.speed`` from the repository's root.
"""
