"""Other programs that compare tables, in an environment of their own."""
