"""Programs that measure synthmix. Not part of the package; run them from the repository's root."""
