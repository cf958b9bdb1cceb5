"""Generators of a collapse study: anything that can be fitted to a table and asked for rows."""
