"""One module for each thing that is measured; each has ``measure(settings)``, which returns a JSON object."""
