"""Other programs that make tables, each in an environment of its own; job.py is what they share."""
