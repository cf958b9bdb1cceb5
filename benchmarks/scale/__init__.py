"""Tables beyond memory: rate, peak memory, and what kills do."""
