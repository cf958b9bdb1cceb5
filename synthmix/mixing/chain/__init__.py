"""Chained mixing: the parents of a row are chosen anew for each column, by trees on the other columns."""
