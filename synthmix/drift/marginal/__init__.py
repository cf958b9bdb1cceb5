"""One column of one table against the same column of another."""
