"""Pages and pictures of results: building blocks that compute nothing and know no result."""
