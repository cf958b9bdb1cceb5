"""Generations: covariance and detectability of tables that are made of made tables, for us and peers."""
