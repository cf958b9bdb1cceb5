"""Where real rows come from: files, folders of files, and whatever speaks Arrow's C stream."""
