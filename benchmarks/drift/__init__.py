"""Benchmarks of synthmix.drift."""
