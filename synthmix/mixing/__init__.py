"""The plan, a rule that says which rows make which, and its execution by ranges of rows."""
