"""Pictures of a study of collapse, and the curves that they show."""
