"""Compiled loops: arrays in, arrays out; no pandas, no classes, nothing random that is not a counter."""
