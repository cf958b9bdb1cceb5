"""Mixing in the latent space of an autoencoder: VarMixup, its controls, and maps for the encoding of tables."""
