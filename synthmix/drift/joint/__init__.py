"""Whole rows compared: distances, kernels, radii and neighbours, with nulls that permute or resample."""
