"""What one reading of a table that does not fit into memory leaves behind: sums, quantiles, levels."""
