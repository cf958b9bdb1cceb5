"""Benchmarks of synthmix.audit."""
