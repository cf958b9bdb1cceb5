"""Variances, covariances and associations of one table against another."""
