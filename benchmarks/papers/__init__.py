"""Reproductions of the papers' experiments with the losses of ``synthmix.torch``, and their controls."""
