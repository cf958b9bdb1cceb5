"""Where rows go: one file for each format, all of which grow by whole parts."""
