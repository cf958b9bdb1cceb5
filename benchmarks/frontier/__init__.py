"""Fidelity, privacy, utility and speed of synthesizers on real tables: ours, controls, and other programs."""
