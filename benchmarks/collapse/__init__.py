"""Benchmarks of synthmix.collapse."""
