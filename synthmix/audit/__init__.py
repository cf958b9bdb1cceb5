"""May I use this synthetic table: fidelity, inference, prediction, privacy, each with its null."""
