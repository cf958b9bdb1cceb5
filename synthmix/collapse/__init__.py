"""What becomes of a table when a generator is fitted to its own output, generation after generation."""
