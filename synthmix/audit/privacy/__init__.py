"""Privacy: screens by distance, attacks on membership and attributes, reconstruction of the parents of mixed rows."""
