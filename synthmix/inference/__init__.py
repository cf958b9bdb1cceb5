"""Conclusions from synthetic tables: combined and adjusted standard errors, and how conclusions differ."""
