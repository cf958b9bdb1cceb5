"""Losses of mixing methods, as small functions that a training step composes."""
