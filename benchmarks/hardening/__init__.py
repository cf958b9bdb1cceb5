"""Generated tables, changed files and many cycles: what the library does with what nobody thought of."""
