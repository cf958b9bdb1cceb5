"""Whether models learned from the synthetic table predict real rows as well as models learned from real ones."""
